"""Tests of the bus: what both adapters promise, and what each does in its own way."""
