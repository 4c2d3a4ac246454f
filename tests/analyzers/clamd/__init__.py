"""Tests of the daemon of ClamAV as an engine."""
