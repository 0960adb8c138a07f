"""What MiniStack gets differs from the template in what is listed, and in nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest

from tools.ministack_template import LEFT_OUT, REPLACED, deployable
from tools.template import template


def leaves(value: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that holds no others, and the way to it."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, (*way, name))
    else:
        yield way, value


def test_nothing_else_differs() -> None:
    before, after = dict(leaves(template())), dict(leaves(deployable(template())))
    changed = {way for way in before.keys() | after.keys() if before.get(way) != after.get(way)}
    listed = {*LEFT_OUT, *REPLACED}
    assert {next(one for one in listed if way[: len(one)] == one) for way in changed} == listed
    assert not after.keys() - before.keys()


def test_the_template_itself_is_left_alone() -> None:
    before = dict(leaves(template()))
    deployable(template())
    assert dict(leaves(template())) == before


@pytest.mark.parametrize("way", [*LEFT_OUT, *REPLACED])
def test_an_entry_that_is_not_in_the_template_is_noticed(way: tuple[str, ...]) -> None:
    without = deployable(template())
    for step in way[:-1]:
        without = without[step]
    without.pop(way[-1], None)
    with pytest.raises(KeyError):
        deployable(without)


def test_every_entry_has_its_reason() -> None:
    reasons = [*LEFT_OUT.values(), *(reason for _, reason in REPLACED.values())]
    assert all(reason.endswith(".") for reason in reasons)
