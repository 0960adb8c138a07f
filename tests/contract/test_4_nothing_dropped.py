"""Contract section 4: nothing is dropped silently."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.api import assert_problem
from tests.contract.client import SUBJECT, Client

STATUS_NEW = "d04abcdd-1a87-4d49-af1d-33ef6195ebd3"
ANOTHER = "586e803d-0d26-4307-9727-b1f8abd97122"
CONTACT = "c0c0c0c0-0000-4000-8000-00000000000c"
DATE = "2026-06-24T03:56:41.4578039"
MEMBER = re.compile(r'([A-Za-z*][A-Za-z0-9!#$%&\'*+.^_`|~:/-]*|"(?:[ !#-\[\]-~]|\\["\\])*");(reason=[a-z-]+|count=\d+)')
"""One member of the list in RFC 9651's grammar: a token or a string, with one parameter."""


def ignored(answer: Any) -> list[str]:
    header: str = answer.headers.get("Ignored-Fields", "")
    assert re.fullmatch(f"({MEMBER.pattern}(, |$))*", header), header
    assert len(header) <= 4096
    return [match[0] for match in MEMBER.finditer(header)]


def unknown(*names: str) -> list[str]:
    return [f"{name};reason=unknown" for name in names]


def server_assigned(*names: str) -> list[str]:
    return [f"{name};reason=server-assigned" for name in names]


# Values that differ from any that the server sets, malformed ones included.
OVERRULED: dict[str, list[Any]] = {
    "task_status_id": [ANOTHER, "x", True],
    "company_id": [ANOTHER, "x", ["x"]],
    "contact_id": [ANOTHER, "x", {"x": "y"}],
    "date_closed": [DATE, "x", "06/24/2026"],
    "archived": [True, "x", "1"],
    "id2": [20, "x", 0.5],
    "created_by_servicedesk_api": ["x", 2, ["x"]],
    "modified_dateutc": [DATE, "x", "2026-02-30"],
}


@pytest.mark.parametrize("place", range(3))
def test_4_1_unknown_fields_and_values_for_server_fields_do_not_fail_a_request(client: Client, place: int) -> None:
    fields = {name: values[place] for name, values in OVERRULED.items()} | {
        "db_address_id": ["x", {"y": "z"}, 7][place]
    }
    bare = client.created()
    task = client.created(fields)
    varying = {"id", "id2", "date_create", "modified_dateutc"}
    assert {name: task[name] for name in task.keys() - varying} == {name: bare[name] for name in bare.keys() - varying}


@pytest.mark.parametrize("field", OVERRULED)
@pytest.mark.parametrize("place", range(3))
def test_4_2_an_overruled_value_is_named(client: Client, field: str, place: int) -> None:
    answer = client.create({"subject": SUBJECT, field: OVERRULED[field][place]})
    assert answer.status == 201
    assert ignored(answer) == server_assigned(field)


def test_4_2_a_value_equal_to_the_server_s_is_not_named(client: Client) -> None:
    asking = Client(client.api, client.company, client.format, CONTACT)
    equal = {
        "task_status_id": f"{{{STATUS_NEW.upper()}}}",
        "company_id": client.company.replace("-", ""),
        "contact_id": f" {CONTACT} ",
        "id2": 1,
        "archived": False,
        "created_by_servicedesk_api": True,
    }
    assert ignored(asking.create({"subject": SUBJECT} | equal)) == []


def test_4_2_each_name_comes_with_its_reason(client: Client) -> None:
    fields = {"Company_ID": ANOTHER, "db_address_id": ANOTHER, "subject": SUBJECT, "id2": 20, "Extra": "x"}
    answer = client.create(fields)
    assert ignored(answer) == unknown("db_address_id", "Extra") + server_assigned("company_id", "id2")


def test_4_2_nothing_ignored_no_header(client: Client) -> None:
    assert "Ignored-Fields" not in client.create({"subject": SUBJECT, "remark": "x"}).headers


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "00000000-0000-0000-0000-000000000000",
        "{" + "0" * 32 + "}",
        "1980-01-01T00:00:00",
        "0001-01-01T00:00:00+02:00",
    ],
)
def test_4_2_an_unknown_field_that_is_not_filled_is_not_named(client: Client, value: str | None) -> None:
    assert ignored(client.create({"subject": SUBJECT, "db_address_id": value})) == []


@pytest.mark.parametrize("handling", ["lenient", "strict"])
def test_4_1_members_with_an_at_sign_are_no_fields(json_client: Client, handling: str) -> None:
    body = """{"@odata.type": "#task", "@odata.type": "#task", "subject": "x", "subject@odata.type": "#String",
      "due_date@type": 7, "@my.note": {"x": []}, "company_id@odata.bind": "x", "@": "x"}"""
    answer = json_client.send(body, headers={"Prefer": f"handling={handling}"})
    assert answer.task()["subject"] == "x"
    assert ignored(answer) == []
    changed = json_client.change(
        answer.task()["id"],
        {"@odata.etag": "x", "remark": "y"},
        headers={"If-Match": "*", "Prefer": f"handling={handling}"},
    )
    assert changed.task()["remark"] == "y"
    assert ignored(changed) == []


@pytest.mark.parametrize("value", [0, False, " ", "0", [], {}])
def test_4_2_an_unknown_field_with_any_other_value_is_named(json_client: Client, value: object) -> None:
    assert ignored(json_client.create({"subject": SUBJECT, "extra": value})) == unknown("extra")


@pytest.mark.parametrize("content", ["<x/>", "<x>y</x>", " ", "0", "<![CDATA[ ]]>"])
def test_4_2_an_unknown_element_with_any_content_is_named(xml_client: Client, content: str) -> None:
    answer = xml_client.send(f"<task><subject>x</subject><extra>{content}</extra></task>")
    assert ignored(answer) == unknown("extra")


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("a.b-c_d:e/f", "a.b-c_d:e/f"),
        ("*", "*"),
        ("100%", '"100%25"'),
        ("a%20b", "a%20b"),
        ("two words", '"two words"'),
        ("", '""'),
        ("_private", '"_private"'),
        ("9lives", '"9lives"'),
        ('say "hi" \\ bye', '"say \\"hi\\" \\\\ bye"'),
        ("prénom", '"pr%C3%A9nom"'),
        ("水", '"%E6%B0%B4"'),
        ("a\r\nSet-Cookie: b", '"a%0D%0ASet-Cookie: b"'),
        ("a\x00\x7f", '"a%00%7F"'),
        ("a\ud800", '"a%ED%A0%80"'),
        ("a, b;reason=unknown", '"a, b;reason=unknown"'),
        ("more", "more"),
    ],
)
def test_4_2_a_name_that_is_no_token_is_a_quoted_string(json_client: Client, name: str, member: str) -> None:
    assert ignored(json_client.create({"subject": SUBJECT, name: "x"})) == unknown(member)


@pytest.mark.parametrize(("name", "member"), [("pré.nom", '"pr%C3%A9.nom"'), ("_x", '"_x"'), ("水", '"%E6%B0%B4"')])
def test_4_2_a_name_that_is_no_token_is_a_quoted_string_in_xml(xml_client: Client, name: str, member: str) -> None:
    assert ignored(xml_client.create({"subject": SUBJECT, name: "x"})) == unknown(member)


def test_4_2_past_4_kb_the_list_ends_in_a_count(client: Client) -> None:
    names = [f"extra{number:04}" for number in range(2000)]
    *shown, more = ignored(client.create({"subject": SUBJECT} | dict.fromkeys(names, "x")))
    assert shown == unknown(*names[: len(shown)])
    assert len(shown) > 100
    assert more == f"more;count={2000 - len(shown)}"


def test_4_2_4_kb_are_not_past_4_kb(client: Client) -> None:
    longest = "x" * (4096 - len(";reason=unknown"))
    assert ignored(client.create({"subject": SUBJECT, longest: "x"})) == unknown(longest)
    assert ignored(client.create({"subject": SUBJECT, longest + "x": "x"})) == ["more;count=1"]


def test_4_2_a_422_carries_the_header_too_so_that_a_misspelt_name_is_seen(client: Client) -> None:
    for headers in ({}, {"Prefer": "handling=lenient"}):
        answer = client.create({"subjct": SUBJECT, "archived": True}, headers=headers)
        assert_problem(answer, 422, "invalid-task", ("subject", "required"))
        assert ignored(answer) == unknown("subjct") + server_assigned("archived")
    assert "Ignored-Fields" not in client.create({"remark": "x"}).headers


def test_4_2_a_conflict_carries_the_header_too(client: Client) -> None:
    by_id, headers = {"id": ANOTHER, "subject": SUBJECT}, {"Idempotency-Key": "k"}
    assert client.create(by_id).status == 201
    taken = client.create(by_id | {"remrk": "x"} | {"subject": "other"})
    assert_problem(taken, 409, "task-exists")
    assert client.create({"subject": SUBJECT}, headers=headers).status == 201
    reused = client.create({"subject": "other", "remrk": "x"}, headers=headers)
    assert_problem(reused, 422, "idempotency-key-reused")
    assert ignored(taken) == ignored(reused) == unknown("remrk")


@pytest.mark.parametrize("prefer", ["handling=strict", 'respond-async, Handling = "strict"; x=y', "handling=STRICT"])
def test_4_3_strict_makes_an_error_of_each(client: Client, prefer: str) -> None:
    fields = {"Company_Id": ANOTHER, "db_address_id": ANOTHER, "subject": SUBJECT, "id2": 20, "archived": True}
    answer = client.create(fields, headers={"Prefer": prefer})
    assert_problem(
        answer,
        422,
        "invalid-task",
        ("company_id", "server_assigned"),
        ("archived", "server_assigned"),
        ("id2", "server_assigned"),
        ("db_address_id", "unknown_field"),
    )
    assert answer.headers["Preference-Applied"] == "handling=strict"
    assert "Ignored-Fields" not in answer.headers


@pytest.mark.parametrize("field", OVERRULED)
def test_4_3_strict_refuses_every_server_field(client: Client, field: str) -> None:
    for value in OVERRULED[field]:
        answer = client.create({"subject": SUBJECT, field: value}, headers={"Prefer": "handling=strict"})
        assert_problem(answer, 422, "invalid-task", (field, "server_assigned"))


def test_4_3_strict_adds_to_the_other_faults(client: Client) -> None:
    answer = client.create({"extra": "x", "due_date": "x"}, headers={"Prefer": "handling=strict"})
    expected = [("subject", "required"), ("due_date", "invalid_date"), ("extra", "unknown_field")]
    document = assert_problem(answer, 422, "invalid-task", *expected)
    assert document["detail"] == "3 fields are not valid: subject, due_date, extra"


def test_4_3_strict_takes_what_has_nothing_to_ignore(client: Client) -> None:
    fields = {"subject": SUBJECT, "company_id": client.company, "created_by_servicedesk_api": True, "archived": False}
    answer = client.create(fields, headers={"Prefer": "handling=strict"})
    assert answer.status == 201
    assert answer.headers["Preference-Applied"] == "handling=strict"


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("handling=lenient", "handling=lenient"),
        ("handling=lenient, handling=strict", "handling=lenient"),
        ("handling=none, handling=strict", None),
        ("handling", None),
        ('wait="10, handling=strict"', None),
        ("respond-async", None),
        ("", None),
        ('"', None),
        (None, None),
    ],
)
def test_4_3_lenient_else_and_what_was_applied(client: Client, prefer: str | None, applied: str | None) -> None:
    headers = {} if prefer is None else {"Prefer": prefer}
    answer = client.create({"subject": SUBJECT, "extra": "x"}, headers=headers)
    assert ignored(answer) == unknown("extra")
    assert answer.headers.get("Preference-Applied") == applied


def test_4_3_what_was_applied_is_said_with_every_problem_of_the_content(client: Client) -> None:
    headers = {"Prefer": "handling=lenient, return=minimal"}
    refused = client.create({"remark": "x"}, headers=headers)
    assert_problem(refused, 422, "invalid-task", ("subject", "required"))
    by_id = {"id": ANOTHER, "subject": SUBJECT}
    assert client.create(by_id).status == 201
    taken = client.create(by_id | {"subject": "other"}, headers=headers)
    assert_problem(taken, 409, "task-exists")
    assert client.create({"subject": SUBJECT}, headers={"Idempotency-Key": "k"}).status == 201
    reused = client.create({"subject": "other"}, headers=headers | {"Idempotency-Key": "k"})
    assert_problem(reused, 422, "idempotency-key-reused")
    assert {answer.headers["Preference-Applied"] for answer in (refused, taken, reused)} == {"handling=lenient"}


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
@pytest.mark.parametrize(
    "name", ["a\x00", "\ud800", "\ufffe\uffff", "a\r\nb", "<&>'\"", "~/", "%", "", " ", "水", "]]>", "x" * 500]
)
def test_4_3_an_error_names_whatever_a_client_calls_a_field(json_client: Client, name: str, accept: str) -> None:
    headers = {"Prefer": "handling=strict", "Accept": accept}
    answer = json_client.create({"subject": SUBJECT, name: "x"}, headers=headers)
    token = quote(name.replace("~", "~0").replace("/", "~1"), safe="'~", errors="surrogatepass")
    assert_problem(answer, 422, "invalid-task", (token, "unknown_field"))


def test_4_3_a_body_of_unknown_fields_gets_an_answer_that_can_be_sent(json_client: Client) -> None:
    for accept in ("application/json", "application/xml"):
        headers = {"Prefer": "handling=strict", "Accept": accept}
        many = "{" + ",".join(f'"{number:x}":1' for number in range(110_000)) + "}"
        answer = json_client.send(many, headers=headers)
        assert answer.status == 422
        document = answer.document()
        assert document["detail"].startswith("110001 fields are not valid: subject, ")
        assert document["detail"].endswith("; errors lists the first 1000")
        assert len(document["errors"]) == 1000
        huge = json_client.send('{"' + "水" * 349_000 + '": 1, "subject": "x"}', headers=headers)
        assert huge.status == 422
