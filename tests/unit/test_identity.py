"""The header Idempotency-Key: any key, quoted or bare, of which tests/exactly_once/test_identity.py has samples."""

import string

from hypothesis import given
from hypothesis import strategies as st
from servicedesk.wire import idempotency_key

PRINTABLE = string.ascii_letters + string.digits + string.punctuation


@given(st.text(st.sampled_from(PRINTABLE.replace('"', "").replace("\\", "")), min_size=1, max_size=255))
def test_7_1_a_key_is_the_same_quoted_and_bare(key: str) -> None:
    assert idempotency_key.parse([key]) == key
    assert idempotency_key.parse([f'"{key}"']) == key
    assert idempotency_key.parse([key, f'"{key}"', f" {key}"]) == key
