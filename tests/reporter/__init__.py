"""The reporter: merge, life cycle, reports, API."""
