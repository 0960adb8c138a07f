"""A bound for loops that follow links, so that a link that leads nowhere fails a test and does not hold it up."""

from collections.abc import Iterator


def turns(most: int = 1000) -> Iterator[int]:
    """Count a loop's turns from 0 on, and fail after ``most``."""
    yield from range(most)
    raise AssertionError(f"The links lead on after {most} pages.")
