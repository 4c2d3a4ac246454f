"""The reporter service: merge, life cycle, reports, exports."""
