"""Types of arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from scantling_common.risks import RISKS, SEVERITIES, Risk, Severity


def risks(text: str) -> tuple[Risk, ...]:
    """Return the risk types of a comma-separated list, in their own order."""
    wanted = {part.strip() for part in text.split(",") if part.strip()}
    unknown = sorted(wanted.difference(RISKS))
    if unknown or not wanted:
        message = f"unknown risk type {', '.join(unknown) or repr(text)}; known: {', '.join(RISKS)}"
        raise argparse.ArgumentTypeError(message)
    return tuple(risk for risk in RISKS if risk in wanted)


def severity(text: str) -> Severity:
    """Return a severity by its name."""
    for known in SEVERITIES:
        if text.lower() == known:
            return known
    message = f"unknown severity {text!r}; known: {', '.join(SEVERITIES)}"
    raise argparse.ArgumentTypeError(message)


LEAST_SCORE: Final = 0.5
"""The least score of a secret: what is less is no finding."""


def positive(text: str) -> float:
    """Return a number over 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        message = f"{text!r} is not a number over 0"
        raise argparse.ArgumentTypeError(message)
    return number


def score(text: str) -> float:
    """Return a score from 0.5, below which nothing is said, to 1."""
    number = positive(text)
    if not LEAST_SCORE <= number <= 1:
        message = f"{text!r} is not a score from {LEAST_SCORE} to 1"
        raise argparse.ArgumentTypeError(message)
    return number


def count(text: str) -> int:
    """Return a whole number from 0."""
    if not text.isdecimal():
        message = f"{text!r} is not a whole number from 0"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def path(text: str) -> Path:
    """Return a path with ``~`` expanded."""
    return Path(text).expanduser()
