"""Operators create companies and change them. A command with faults is refused whole."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from uuid import uuid4

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servicedesk.domain import catalogue_rules, values
from servicedesk.domain.faults import InvalidCommandError
from servicedesk.wire import commands

from tests.api import Api, Context, load
from tools.template import ROOT, environment

NEW, DONE = str(uuid4()), str(uuid4())
REPAIR, QUOTE = str(uuid4()), str(uuid4())
NORMAL = str(uuid4())
TABLE = {"id": str(uuid4()), "name": "project"}
CATALOGUE: dict[str, Any] = {
    "types": [
        {"id": REPAIR, "name": "Repair", "default": True, "default_status_id": None},
        {"id": QUOTE, "name": "Quote", "default": False, "default_status_id": DONE},
    ],
    "statuses": [
        {"id": NEW, "name": "New", "default": True, "completed": False},
        {"id": DONE, "name": "Done", "default": False, "completed": True},
    ],
    "priorities": [{"id": NORMAL, "name": "Normal", "default": True}],
    "tables": [TABLE],
}


def refused(answer: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the (place, code) pairs that a command was refused for."""
    assert answer["status"] == 422, answer
    assert answer["type"] == "urn:servicedesk:problem:invalid-command"
    return {(error["pointer"], error["code"]) for error in answer["errors"]}


def changed(*way: str | int, value: Any) -> dict[str, Any]:
    """Return the catalogue with one value changed."""
    catalogue = deepcopy(CATALOGUE)
    holder: Any = catalogue
    for step in way[:-1]:
        holder = holder[step]
    holder[way[-1]] = value
    return catalogue


# ---- Created and changed --------------------------------------------------------------------------------------------


def test_a_company_without_a_catalogue_has_the_built_in_one(api: Api, company: str) -> None:
    answer = api.onboard(action="onboard", company_id=company)
    assert answer["company_id"] == company
    assert [entry["name"] for entry in answer["catalogue"]["types"]] == [
        "Repair request",
        "Maintenance",
        "Installation",
    ]
    assert answer["next_number"] == 1


def test_a_catalogue_is_kept_as_given_and_used(api: Api, company: str) -> None:
    assert api.onboard(action="onboard", company_id=company, catalogue=CATALOGUE)["catalogue"] == CATALOGUE
    task = api.create({"subject": "Printer on fire"}, company=company).document()
    assert (task["task_type_id"], task["task_status_id"], task["task_priority_id"]) == (REPAIR, NEW, NORMAL)
    quote = api.create({"subject": "Printer", "task_type_id": QUOTE}, company=company).document()
    assert (quote["task_status_id"], quote["archived"]) == (DONE, True)


def test_a_company_s_name_stands_beside_its_catalogue(api: Api, company: str) -> None:
    assert api.onboard(action="onboard", company_id=company)["company_name"] == ""
    named = api.onboard(action="onboard", company_id=company, company_name="Alpha BV")
    assert named["company_name"] == "Alpha BV"
    again = api.onboard(action="onboard", company_id=company, catalogue=named["catalogue"])
    assert again == named
    changed_too = api.onboard(action="onboard", company_id=company, catalogue=CATALOGUE)
    assert (changed_too["company_name"], changed_too["catalogue"]) == ("Alpha BV", CATALOGUE)
    renamed = api.onboard(action="onboard", company_id=company, company_name="Alpha NV")
    assert (renamed["company_name"], renamed["catalogue"]) == ("Alpha NV", CATALOGUE)


@pytest.mark.parametrize("name", ["", " ", "x" * 101, 5])
def test_a_company_s_name_is_a_name(api: Api, company: str, name: Any) -> None:
    answer = api.onboard(action="onboard", company_id=company, company_name=name)
    assert {place for place, _ in refused(answer)} == {"#/company_name"}


def test_a_catalogue_replaces_the_one_before(api: Api, company: str) -> None:
    api.onboard(action="onboard", company_id=company, catalogue=CATALOGUE)
    other = changed("tables", value=[])
    assert api.onboard(action="onboard", company_id=company, catalogue=other)["catalogue"]["tables"] == []


def test_without_a_catalogue_the_company_keeps_its_own(api: Api, company: str) -> None:
    api.onboard(action="onboard", company_id=company, catalogue=CATALOGUE)
    assert api.onboard(action="onboard", company_id=company)["catalogue"] == CATALOGUE


def test_the_same_call_again_changes_nothing(api: Api, company: str) -> None:
    command = {"action": "onboard", "company_id": company, "catalogue": CATALOGUE, "first_number": 700}
    assert api.onboard(**command) == api.onboard(**command)


def test_ids_are_read_in_every_spelling(api: Api, company: str) -> None:
    spelled = changed("types", 0, "id", value="{" + REPAIR.upper() + "}")
    answer = api.onboard(action="onboard", company_id=company.replace("-", ""), catalogue=spelled)
    assert (answer["company_id"], answer["catalogue"]) == (company, CATALOGUE)


# ---- Numbers --------------------------------------------------------------------------------------------------------


def test_the_first_number_is_the_first_task_s(api: Api, company: str) -> None:
    assert api.onboard(action="onboard", company_id=company, first_number=5001)["next_number"] == 5001
    assert api.create({"subject": "x"}, company=company).document()["id2"] == 5001


def test_numbers_never_go_backwards(api: Api, company: str) -> None:
    api.onboard(action="onboard", company_id=company, first_number=5001)
    api.create({"subject": "x"}, company=company)
    for first_number in (1, 5001, 5002):
        answer = api.onboard(action="onboard", company_id=company, first_number=first_number)
        assert answer["next_number"] == 5002
    assert api.onboard(action="onboard", company_id=company)["next_number"] == 5002
    assert api.onboard(action="onboard", company_id=company, first_number=9000)["next_number"] == 9000


@pytest.mark.parametrize("first_number", [0, -1, 2**53, 1.5, "5001", True])
def test_a_first_number_is_one_that_clients_can_hold(api: Api, company: str, first_number: Any) -> None:
    answer = api.onboard(action="onboard", company_id=company, first_number=first_number)
    assert {place for place, _ in refused(answer)} == {"#/first_number"}


# ---- Refused whole --------------------------------------------------------------------------------------------------

FAULTY: list[tuple[dict[str, Any], Mapping[str, str]]] = [
    (changed("types", 0, "default", value=False), {"types": "default"}),
    (changed("types", 1, "default", value=True), {"types": "default"}),
    (changed("statuses", 0, "default", value=False), {"statuses": "default"}),
    (changed("priorities", value=[]), {"priorities": "default"}),
    (changed("priorities", value=None), {"priorities": "invalid_list"}),
    (changed("types", 1, "id", value=REPAIR.upper()), {"types": "duplicate_id"}),
    (changed("types", 1, "default_status_id", value=REPAIR), {"types/1/default_status_id": "unknown_reference"}),
    (changed("types", 0, "id", value="1"), {"types/0/id": "invalid_guid"}),
    (changed("types", 0, "id", value=values.ZERO_GUID), {"types/0/id": "invalid_guid"}),
    (changed("types", 0, "name", value="x" * 101), {"types/0/name": "too_long"}),
    (changed("types", 0, "name", value=" "), {"types/0/name": "required"}),
    (changed("tables", 0, "name", value="a\x00b"), {"tables/0/name": "invalid_string"}),
    (changed("tables", 0, "name", value=7), {"tables/0/name": "invalid_string"}),
    (changed("types", 0, "colour", value="red"), {"types/0/colour": "unknown_field"}),
    (changed("types", 0, "default", value="yes"), {"types/0/default": "invalid_boolean", "types": "default"}),
    (changed("types", 0, value="Repair"), {"types/0": "invalid_object", "types": "default"}),
    (changed("tables", value=[TABLE, TABLE | {"id": NEW, "name": "PROJECT"}]), {"tables": "duplicate_name"}),
    (changed("tables", value=[TABLE | {"id": str(uuid4()), "name": str(n)} for n in range(2000)]), {"": "too_long"}),
]


@pytest.mark.parametrize(("catalogue", "faults"), FAULTY)
def test_a_bad_catalogue_is_refused_whole(
    api: Api, company: str, catalogue: dict[str, Any], faults: Mapping[str, str]
) -> None:
    answer = api.onboard(action="onboard", company_id=company, catalogue=catalogue, first_number=40)
    assert refused(answer) == {(f"#/catalogue/{place}".removesuffix("/"), code) for place, code in faults.items()}
    assert api.onboard(action="onboard", company_id=company)["next_number"] == 1
    assert len(api.onboard(action="onboard", company_id=company)["catalogue"]["types"]) == 3


def test_every_fault_is_named_at_once(api: Api) -> None:
    catalogue = changed("types", 0, "name", value="")
    catalogue["types"][1]["default"] = True
    catalogue["statuses"].append({"id": NEW})
    del catalogue["priorities"]
    answer = api.onboard(action="onboard", company_id="Alpha", catalogue=catalogue, first_number=0, plan="gold")
    assert refused(answer) == {
        ("#/company_id", "invalid_guid"),
        ("#/first_number", "out_of_range"),
        ("#/plan", "unknown_field"),
        ("#/catalogue/types/0/name", "required"),
        ("#/catalogue/types", "default"),
        ("#/catalogue/statuses/2/name", "required"),
        ("#/catalogue/statuses", "duplicate_id"),
        ("#/catalogue/priorities", "required"),
    }
    assert answer["detail"] == "Nothing was done, because of 8 faults; see errors."


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ({}, ("#/action", "required")),
        ({"action": "delete_company"}, ("#/action", "unknown_action")),
        ({"action": None, "catalogue": 5}, ("#/action", "unknown_action")),
        ({"action": "onboard", "company_id": str(uuid4()), "catalogue": 5}, ("#/catalogue", "invalid_object")),
        ({"action": "list_keys"}, ("#/company_id", "required")),
        ({"action": "list_keys", "company_id": "0" * 32}, ("#/company_id", "invalid_guid")),
    ],
)
def test_what_is_no_command(api: Api, command: dict[str, Any], fault: tuple[str, str]) -> None:
    assert refused(api.onboard(**command)) == {fault}


@pytest.mark.parametrize("event", [None, [], "onboard", 5])
def test_what_is_not_even_an_object(event: object) -> None:
    with pytest.raises(InvalidCommandError):
        commands.read(event)


def test_the_largest_catalogue_fits_into_an_item(api: Api, company: str) -> None:
    """DynamoDB takes 400 KB. The largest catalogue, with the longest names of the widest characters, is well below."""
    one = {"id": str(uuid4()), "name": "\U0001f525" * catalogue_rules.NAME_CHARACTERS}
    count = catalogue_rules.CATALOGUE_BYTES // 480
    tables = [{"id": str(uuid4()), "name": f"{number:03}{one['name'][3:]}"} for number in range(count)]
    answer = api.onboard(action="onboard", company_id=company, catalogue=changed("tables", value=tables))
    assert len(answer["catalogue"]["tables"]) == count
    key = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": "CATALOGUE"}}
    item = boto3.client("dynamodb").get_item(TableName="TasksTable", Key=key)["Item"]
    assert len(item["tables"]["L"]) == count


def test_the_answer_has_the_catalogue_that_is_stored(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    company = str(uuid4())
    api.onboard(action="onboard", company_id=company)
    for name, value in environment("OnboardCompany").items():
        monkeypatch.setenv(name, value)
    elsewhere = load("onboard_company").lambda_handler
    elsewhere({"action": "onboard", "company_id": company, "catalogue": CATALOGUE}, Context())
    assert api.onboard(action="onboard", company_id=company)["catalogue"] == CATALOGUE


# ---- In our words ---------------------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = [
    "company_id", "company_id_again", "catalogue", "first_number", "label", "contact_id", "expires", "key_id", "above",
    "after", "types", "statuses", "priorities", "tables", "id", "name", "default", "completed", "default_status_id",
]  # fmt: skip
PYDANTICS = re.compile(
    r"Unable to|Extra inputs|should (be|match|have)|Field required|valid (dict|str|int)|Input|Value error|tag|instance"
)
CODES = {
    "being_erased", "conflict", "default", "duplicate_id", "duplicate_name", "invalid_boolean", "invalid_date",
    "invalid_guid", "invalid_integer", "invalid_list", "invalid_object", "invalid_string", "out_of_range", "required",
    "too_long", "unknown_action", "unknown_field", "unknown_reference", "whole_key",
}  # fmt: skip


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(MEMBERS),
        ANYTHING | st.dictionaries(st.sampled_from(MEMBERS), ANYTHING | st.lists(ANYTHING, max_size=2)),
        max_size=6,
    ),
    st.sampled_from(
        ["onboard", "issue_key", "list_keys", "revoke_key", "list_companies", "raise_numbers", "erase_company", "x", 5]
    ),
)
def test_whatever_is_wrong_is_said_in_our_words(members: dict[str, Any], action: Any) -> None:
    for event in (members, members | {"action": action}):
        try:
            commands.read(event)
        except InvalidCommandError as refused:
            for fault in refused.faults:
                assert fault.code in CODES
                assert not PYDANTICS.search(fault.detail), fault.detail
                assert fault.detail.endswith(".")
                assert "{" not in fault.detail


@pytest.mark.parametrize(
    ("command", "detail"),
    [
        ({}, "The command needs an action: one of onboard, issue_key, list_keys, revoke_key, "),
        ({"action": "erase"}, "There is no such action. The actions are onboard, issue_key, list_keys, revoke_key, "),
        ({"action": "list_keys", "company_id": str(uuid4()), "all": True}, "There is no member with this name here."),
        ({"action": "onboard", "company_id": str(uuid4()), "first_number": 0}, "The minimum is 1."),
        ({"action": "onboard", "company_id": str(uuid4()), "first_number": 10**16}, "The maximum is 1000000000000000."),
    ],
)
def test_a_fault_says_what_to_send(api: Api, command: dict[str, Any], detail: str) -> None:
    [error] = api.onboard(**command)["errors"]
    assert error["detail"].startswith(detail)


# ---- In the documents -----------------------------------------------------------------------------------------------

DOCUMENTED = [
    command
    for block in re.findall(r"```json\n(.*?)```", (ROOT / "OPERATING.md").read_text(), re.DOTALL)
    if block.startswith('{"action"')
    for command in re.split(r"\n(?=\{)", block.strip())
]


@pytest.mark.parametrize("command", DOCUMENTED)
def test_a_documented_command_is_one(command: str) -> None:
    assert commands.read(json.loads(command)).action in command


def test_every_action_is_documented() -> None:
    actions = {json.loads(command)["action"] for command in DOCUMENTED}
    assert actions == {
        "onboard",
        "issue_key",
        "list_keys",
        "revoke_key",
        "list_companies",
        "raise_numbers",
        "erase_company",
    }
