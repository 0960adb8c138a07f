"""An operator who lost the list of companies gets it back."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api import Api
from tests.operators.test_erasing import hurried


@pytest.mark.parametrize("steps", [0, 100])
def test_all_companies_are_listed_with_their_names(api: Api, steps: int) -> None:
    expected = {}
    for number, name in ((1, "Alpha"), (2, ""), (3, "Gamma")):
        company_id = str(uuid4())
        more = {"company_name": name} if name else {}
        api.onboard(action="onboard", company_id=company_id, first_number=number, **more)
        expected[company_id] = {"company_id": company_id, "company_name": name, "next_number": number}
    command: dict[str, Any] | None = {"action": "list_companies"}
    found, made = [], 0
    while command:
        answer = api.onboard_company.lambda_handler(command, hurried(steps))
        found += answer["companies"]
        made, command = made + 1, answer["next_command"]
    listed = {entry["company_id"]: entry for entry in found}
    assert len(listed) == len(found)
    assert expected.items() <= listed.items()
    assert made == (1 if steps else len(found))
