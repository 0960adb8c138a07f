"""What MiniStack gets differs from the template in what is listed, and in nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tools.ministack_template import ANY, LEFT_OUT, REPLACED, deployable
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
    assert {next(one for one in listed if leads_to(one, way)) for way in changed} == listed
    assert not after.keys() - before.keys()


def leads_to(listed: tuple[str, ...], way: tuple[str, ...]) -> bool:
    return len(listed) <= len(way) and all(step in (ANY, found) for step, found in zip(listed, way, strict=False))


def test_the_template_itself_is_left_alone() -> None:
    before = dict(leaves(template()))
    deployable(template())
    assert dict(leaves(template())) == before


@pytest.mark.parametrize("way", [*LEFT_OUT, *REPLACED])
def test_an_entry_that_is_not_in_the_template_is_noticed(way: tuple[str, ...]) -> None:
    complete = json.loads(json.dumps(template()))
    without(complete, way)
    with pytest.raises(KeyError, match=way[-1]):
        deployable(complete)


def without(holder: dict[str, Any], way: tuple[str, ...]) -> None:
    """Take out what the way leads to."""
    step, *rest = way
    if not rest:
        holder.pop(step, None)
    for inner in (holder.values() if step == ANY else [holder.get(step)]) if rest else []:
        if isinstance(inner, dict):
            without(inner, tuple(rest))


def test_every_entry_has_its_reason() -> None:
    reasons = [*LEFT_OUT.values(), *(reason for _, reason in REPLACED.values())]
    assert all(reason.endswith(".") for reason in reasons)
