"""The engine that finds secrets in text: pure, rules as data, nothing of a value in a log."""
