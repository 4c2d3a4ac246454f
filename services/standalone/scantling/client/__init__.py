"""Clients of the HTTP API."""
