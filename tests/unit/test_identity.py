"""Identities: the client's id, one from an Idempotency-Key, or a new one."""

import string
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servicedesk.wire.identity import Identity
from servicedesk.wire.problems import InvalidHeader

from tests.api import ALPHA, BETA

PRINTABLE = string.ascii_letters + string.digits + string.punctuation


@given(st.text(st.sampled_from(PRINTABLE.replace('"', "").replace("\\", "")), min_size=1, max_size=255))
def test_a_key_is_the_same_quoted_and_bare_and_another_in_another_company(key: str) -> None:
    bare = Identity.of(None, [key], ALPHA)
    assert bare == Identity.of(None, [f'"{key}"'], ALPHA)
    assert bare == Identity.of(None, [key, f'"{key}"', f" {key}"], ALPHA)
    assert bare == Identity(str(uuid5(UUID(ALPHA), key)), by_key=True)
    assert bare != Identity.of(None, [key], BETA)


@pytest.mark.parametrize("key", ["", '""', " ", "x" * 256, "é", "a\tb", '"unfinished', '"a"b"'])
def test_an_unusable_key_is_refused_even_beside_an_id(key: str) -> None:
    for client_id in (None, BETA):
        with pytest.raises(InvalidHeader):
            Identity.of(client_id, [key], ALPHA)


def test_two_keys_that_differ_are_refused_even_beside_an_id() -> None:
    for client_id in (None, BETA):
        with pytest.raises(InvalidHeader, match="different values"):
            Identity.of(client_id, ["a", "b"], ALPHA)


def test_the_id_counts_before_the_key() -> None:
    assert Identity.of(BETA, ["key"], ALPHA) == Identity.of(BETA, [], ALPHA)
    assert Identity.of(BETA, ["key"], ALPHA).task_id == BETA


def test_without_either_every_request_is_a_new_task() -> None:
    assert Identity.of(None, [], ALPHA) != Identity.of(None, [], ALPHA)
