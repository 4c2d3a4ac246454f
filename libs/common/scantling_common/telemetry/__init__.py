"""Telemetry: traces, metrics and logs."""
