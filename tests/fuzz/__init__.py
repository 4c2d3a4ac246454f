"""Coverage-guided fuzzing of everything that parses bytes of an image: ``python -m tests.fuzz``."""
