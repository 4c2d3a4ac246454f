"""Tests of the events: codec and generated documents."""
