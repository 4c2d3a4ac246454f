"""Rule files of users, in the format of gitleaks: what in them is taken, and what is refused."""
