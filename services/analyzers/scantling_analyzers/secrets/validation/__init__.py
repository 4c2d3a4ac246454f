"""Validation without a network: what a value's own form says about whether it is real."""
