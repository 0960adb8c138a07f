"""A median and its confidence interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import median


@dataclass(frozen=True)
class Estimate:
    """A median with the interval that holds the true one with at least 95 % confidence."""

    median: float
    low: float
    high: float


def of_median(values: Sequence[float]) -> Estimate:
    """The sample's median between two of its order statistics (the sign test's interval; no distribution is assumed).

    Fewer than six values cannot give 95 %; then it is the smallest and the largest.
    """
    ordered = sorted(values)
    count = len(ordered)
    tail = outside = 0
    # `outside` values can be left off at each end while a fair coin falls that one-sidedly in 2.5 % of all cases.
    while (tail := tail + comb(count, outside)) <= 0.025 * 2**count:
        outside += 1
    outside = max(outside - 1, 0)
    return Estimate(median(ordered), ordered[outside], ordered[-1 - outside])
