"""A bar on standard error."""

import sys
import time
from collections.abc import Iterator, Sequence

WIDTH = 40


def with_progress[T](steps: Sequence[T], unit: str) -> Iterator[T]:
    """Each of ``steps``, with a bar on standard error and the minutes that are left."""
    begin = time.monotonic()
    for done, step in enumerate(steps):
        left = f"{(time.monotonic() - begin) / done * (len(steps) - done) / 60:.1f} min left" if done else ""
        bar = "#" * (WIDTH * done // len(steps))
        sys.stderr.write(f"\r[{bar:.<{WIDTH}}] {done} of {len(steps)} {unit}  {left:<16}")
        sys.stderr.flush()
        yield step
    sys.stderr.write("\r" + " " * (WIDTH + 50) + "\r")
