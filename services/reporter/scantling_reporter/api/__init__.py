"""The reporter's part of the HTTP API: reading, searching, tokens."""
