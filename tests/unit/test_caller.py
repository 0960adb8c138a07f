"""The caller, in each shape of an authorizer context."""

from typing import Any

import pytest
from servicedesk.domain.faults import NoCompanyError
from servicedesk.wire.caller import Caller

from tests.api import ALPHA, ALPHA_CONTACT

CLAIMS = {"company_id": ALPHA, "contact_id": ALPHA_CONTACT}


@pytest.mark.parametrize(
    "context",
    [
        {"principalId": "x", **CLAIMS},
        {"lambda": CLAIMS},
        {"jwt": {"claims": CLAIMS, "scopes": None}},
        {"claims": CLAIMS},
        {"claims": {f"custom:{name}": value for name, value in CLAIMS.items()}},
    ],
)
def test_each_shape_names_company_and_contact(context: dict[str, Any]) -> None:
    caller = Caller.from_authorizer(context)
    assert (caller.company_id, caller.contact_id) == (ALPHA, ALPHA_CONTACT)


@pytest.mark.parametrize("contact", [None, "", "nobody", "00000000-0000-0000-0000-000000000000"])
def test_credentials_need_not_name_a_contact(contact: str | None) -> None:
    assert Caller.from_authorizer({"company_id": ALPHA, "contact_id": contact}).contact_id is None


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"company_id": ""},
        {"company_id": "alpha"},
        {"company_id": [ALPHA]},
        {"lambda": None},
        {"jwt": {}},
        {"claims": "x"},
        {"company_id": "00000000-0000-0000-0000-000000000000"},
        {"jwt": {"claims": {}}, **CLAIMS},
    ],
)
def test_without_a_company_nobody_is_calling(context: dict[str, Any]) -> None:
    with pytest.raises(NoCompanyError):
        Caller.from_authorizer(context)
