"""A bound for loops that follow links, so that an endless list fails a test instead of blocking it."""

from collections.abc import Iterator


def turns(most: int = 1000) -> Iterator[int]:
    """Count the iterations of a loop from 0, and fail after ``most``."""
    yield from range(most)
    raise AssertionError(f"The links lead on after {most} pages.")
