"""Identities: the client's id, one from an Idempotency-Key, or a new one."""

import string
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servicedesk.domain.identity import IdentifiedBy, Identity
from servicedesk.wire import idempotency_key
from servicedesk.wire.problems import INVALID_HEADER, Problem

from tests.api import ALPHA, BETA

PRINTABLE = string.ascii_letters + string.digits + string.punctuation


@given(st.text(st.sampled_from(PRINTABLE.replace('"', "").replace("\\", "")), min_size=1, max_size=255))
def test_a_key_is_the_same_quoted_and_bare(key: str) -> None:
    assert idempotency_key.parse([key]) == key
    assert idempotency_key.parse([f'"{key}"']) == key
    assert idempotency_key.parse([key, f'"{key}"', f" {key}"]) == key


@pytest.mark.parametrize("key", ["", '""', " ", "x" * 256, "é", "a\tb", '"unfinished', '"a"b"'])
def test_an_unusable_key_is_refused(key: str) -> None:
    with pytest.raises(Problem) as caught:
        idempotency_key.parse([key])
    assert caught.value.type is INVALID_HEADER


def test_two_keys_that_differ_are_refused() -> None:
    with pytest.raises(Problem, match="different values") as caught:
        idempotency_key.parse(["a", "b"])
    assert caught.value.type is INVALID_HEADER


@given(st.text(min_size=1))
def test_a_key_names_another_task_in_another_company(key: str) -> None:
    identity = Identity.choose(None, key, ALPHA)
    assert identity == Identity(str(uuid5(UUID(ALPHA), key)), IdentifiedBy.KEY)
    assert identity != Identity.choose(None, key, BETA)


def test_the_id_counts_before_the_key() -> None:
    assert Identity.choose(BETA, "key", ALPHA) == Identity.choose(BETA, None, ALPHA)
    assert Identity.choose(BETA, "key", ALPHA).task_id == BETA


def test_without_either_every_request_is_a_new_task() -> None:
    assert Identity.choose(None, None, ALPHA) != Identity.choose(None, None, ALPHA)
