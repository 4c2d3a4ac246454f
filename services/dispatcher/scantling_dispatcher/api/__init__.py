"""The dispatcher's part of the API: tasks, scans, lists."""
