"""What the HTTP parts of all services share: problems, tokens, paging, health."""
