"""Accounts and their passwords: of the system, and of software that keeps its own."""
