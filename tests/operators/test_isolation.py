"""Attempts to access another company's tasks, or to learn about them: no access, no leaks."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import pytest
from servicedesk.domain import api_key
from servicedesk.store import task_lists

from tests.api import Answer, Api, Context, assert_problem, event, invoke

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/v1/POST/tasks"
SECRET = "A" * 43


@pytest.fixture
def key(api: Api, company: str) -> str:
    """Return a live key of the company."""
    api.onboard(action="onboard", company_id=company)
    issued: str = api.onboard(action="issue_key", company_id=company, label="erp")["key"]
    return issued


@pytest.fixture
def other_key(api: Api, stranger: str) -> str:
    """Return a live key of another company."""
    api.onboard(action="onboard", company_id=stranger)
    issued: str = api.onboard(action="issue_key", company_id=stranger, label="erp")["key"]
    return issued


def asked(
    api: Api, headers: Mapping[str, str] | None, several: Mapping[str, list[str]] | None = None
) -> dict[str, Any]:
    """Return the authorizer's answer to a request with these headers, where `several` are its multiValueHeaders."""
    sent = {"type": "REQUEST", "methodArn": ARN, "headers": headers, "multiValueHeaders": several}
    answer: dict[str, Any] = api.authorizer.lambda_handler(sent, Context())
    return answer


def allowed(answer: Mapping[str, Any]) -> bool:
    """Return whether the authorizer allows the request, after asserting the form of its answer."""
    [statement] = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/v1/*"
    assert statement["Action"] == "execute-api:Invoke"
    if statement["Effect"] == "Deny":
        assert answer == {"principalId": "nobody", "policyDocument": answer["policyDocument"], "context": {}}
        return False
    assert statement["Effect"] == "Allow"
    assert set(answer["context"]) == {"company_id", "contact_id", "key_id"}
    return True


# ---- Keys -----------------------------------------------------------------------------------------------------------


def in_basic(text: str, encoding: str = "utf-8") -> str:
    return f"Basic {base64.b64encode(text.encode(encoding)).decode()}"


@pytest.mark.parametrize(
    "shape",
    [
        lambda key: key,
        lambda key: f"Bearer {key}",
        lambda key: f"bEARER   {key}  ",
        lambda key: in_basic(f"{key}:"),
        in_basic,
        lambda key: in_basic(f"anything:{key}"),
        lambda key: in_basic(f"{key}:{key}"),
        lambda key: in_basic(f"Jürgen:{key}", "latin-1"),
        lambda key: in_basic(f"{key}:Geheimwörter", "latin-1"),
        lambda key: in_basic(f"\x85:{key}", "latin-1"),
        lambda key: in_basic(f"{key}\n"),
        lambda key: in_basic(f"{key}:\r\n"),
        lambda key: in_basic(f" user : {key}\t\n"),
        lambda key: in_basic(f"u:{key}").rstrip("="),
        lambda key: in_basic(f"us:{key}").rstrip("="),
        lambda key: in_basic(f"user:{key}") + "====",
        lambda key: f"basic  {base64.encodebytes(f'{key}:'.encode()).decode()}",
    ],
)
def test_6_gateway_a_key_opens_in_each_place_for_it(
    api: Api, company: str, key: str, shape: Callable[[str], str]
) -> None:
    answer = asked(api, {"Authorization": shape(key)})
    assert allowed(answer)
    assert answer["context"] == {"company_id": company, "contact_id": "", "key_id": key.partition(".")[0]}


FORGED: list[Callable[[str], str]] = [
    lambda _: "",
    lambda _: " ",
    lambda _: ".",
    lambda _: "null",
    lambda key: key.partition(".")[0],  # the key id alone
    lambda key: f"{key.partition('.')[0]}.",
    lambda key: f"{key.partition('.')[0]}.{SECRET}",  # another secret
    lambda key: f"{key.partition('.')[0]}.{api_key.digest(key.partition('.')[2])}",  # the digest for the secret
    lambda key: f"{api_key.new_key_id()}.{key.partition('.')[2]}",  # another key id
    lambda key: key[:-1],
    lambda key: key[1:],
    lambda key: key + "A",
    lambda key: key.upper(),
    lambda key: key.replace(".", ":"),
    lambda key: f"{key}\x00",
    lambda key: f"{key} {key}",
    lambda key: f"{key},{key}",
    lambda key: f"Bearer {key}, Bearer {key}",
    lambda key: f"Bearer Bearer {key}",
    lambda key: f"Digest {key}",
    lambda key: f"Basic {key}",
    lambda key: f"Basic {base64.b64encode(key.encode()).decode()[:-1]}!",
    lambda key: in_basic(key.replace(".", ":")),
    lambda key: in_basic(f"{key}:{api_key.new_key_id()}.{SECRET}"),  # two keys, one of them good
    lambda key: in_basic(f"{key[:8]} {key[8:]}"),
    lambda key: in_basic(f"{key}\xa0", "latin-1"),
    lambda key: in_basic(key)[:-2] + "=A",
    lambda key: in_basic(key, "utf-16"),
    lambda key: in_basic(f"x:{key}:y"),  # the password is all that follows the first colon (RFC 7617 section 2)
    lambda _: in_basic("\ud7ff" * 200_000),
    lambda _: f"COMPANY#{uuid4()}.{SECRET}",  # the item that lists a company's keys
    lambda _: "ключ." + "я" * 43,
    lambda key: key.replace(key[0], chr(ord(key[0]) + 0xFEE0)),  # full-width digits and letters
]


@pytest.mark.parametrize("forge", FORGED)
def test_a_forged_key_opens_nothing(api: Api, key: str, forge: Callable[[str], str]) -> None:
    assert not allowed(asked(api, {"Authorization": forge(key)}))


def test_no_header_at_all_opens_nothing(api: Api) -> None:
    for headers in (None, {}, {"X-Authorization": "x"}, {"Proxy-Authorization": "x"}):
        assert not allowed(asked(api, headers))


def test_swapped_secrets_open_nothing(api: Api, key: str, other_key: str) -> None:
    (key_id, secret), (other_id, other_secret) = key.split("."), other_key.split(".")
    assert not allowed(asked(api, {"Authorization": f"{key_id}.{other_secret}"}))
    assert not allowed(asked(api, {"Authorization": f"{other_id}.{secret}"}))


def test_a_revoked_key_opens_nothing(api: Api, company: str, key: str) -> None:
    api.onboard(action="revoke_key", company_id=company, key_id=key.partition(".")[0])
    assert not allowed(asked(api, {"Authorization": key}))


def test_an_expired_key_opens_nothing(api: Api, company: str, monkeypatch: pytest.MonkeyPatch) -> None:
    api.onboard(action="onboard", company_id=company)
    issued = api.onboard(action="issue_key", company_id=company, label="x", expires="2090-01-01T00:00:00Z")["key"]
    now = "2089-12-31T23:59:59.9999999"
    monkeypatch.setattr(api.authorizer.values, "now", lambda: now)
    assert allowed(asked(api, {"Authorization": issued}))
    now = "2090-01-01T00:00:00.0000000"
    assert not allowed(asked(api, {"Authorization": issued}))


def test_a_refusal_does_not_tell_why(api: Api, company: str, key: str) -> None:
    unknown = asked(api, {"Authorization": f"{api_key.new_key_id()}.{SECRET}"})
    wrong = asked(api, {"Authorization": f"{key.partition('.')[0]}.{SECRET}"})
    api.onboard(action="revoke_key", company_id=company, key_id=key.partition(".")[0])
    revoked = asked(api, {"Authorization": key})
    assert unknown == wrong == revoked == asked(api, {"Authorization": "nonsense"})


# ---- Headers --------------------------------------------------------------------------------------------------------


def test_the_name_of_the_header_is_read_in_any_case(api: Api, key: str) -> None:
    for name in ("authorization", "AUTHORIZATION", "aUthorization"):
        assert allowed(asked(api, {name: key}, {name: [key]}))


def test_a_header_without_values_shuts_nobody_out(api: Api, key: str) -> None:
    assert allowed(asked(api, {"Authorization": key}, {"Authorization": [key], "X-Odd": None}))  # type: ignore[dict-item]


def test_two_authorization_headers_open_nothing(api: Api, key: str, other_key: str) -> None:
    both = [other_key, key]
    assert not allowed(asked(api, {"Authorization": key}, {"Authorization": both}))
    assert not allowed(asked(api, {"Authorization": key, "authorization": other_key}))
    assert not allowed(asked(api, {"Authorization": key}, {"Authorization": [key], "AUTHORIZATION": [other_key]}))
    assert not allowed(asked(api, {"Authorization": key}, {"Authorization": [key, "Bearer nonsense"]}))
    assert not allowed(asked(api, {"Authorization": ",".join(both)}, {"Authorization": both}))


SMUGGLED = {
    "X-Company-Id": "{other}",
    "company_id": "{other}",
    "X-Amzn-Authorizer-Company-Id": "{other}",
    "X-Forwarded-User": "{other}",
    "X-HTTP-Method-Override": "GET",
    "Authorization": "Bearer {other}",
}


def test_no_header_changes_whose_task_it_is(api: Api, company: str, stranger: str) -> None:
    headers = {name: value.format(other=stranger) for name, value in SMUGGLED.items()}
    answer = api.create({"subject": "x"}, headers=headers, company=company)
    assert answer.document()["company_id"] == company


def test_no_query_changes_whose_task_it_is(api: Api, company: str, stranger: str) -> None:
    query = {"company_id": stranger}
    assert_problem(api.create({"subject": "x"}, query=query, company=company), 400, "invalid-parameter")
    api.create({"subject": "x"}, company=company)
    for asking, tasks in ((company, 1), (stranger, 0)):
        assert len(api.list(query=query, company=asking).document()["value"]) == tasks


# ---- What the authorizer hands on -----------------------------------------------------------------------------------

NO_COMPANY: list[Any] = [
    None,
    {},
    {"company_id": None},
    {"company_id": ""},
    {"company_id": " "},
    {"company_id": "null"},
    {"company_id": "00000000-0000-0000-0000-000000000000"},
    {"company_id": "COMPANY#a1b2c3d4-0000-4000-8000-00000000000a"},
    {"company_id": "a1b2c3d4-0000-4000-8000-00000000000a'; --"},
    {"company_id": 5},
    {"company_id": True},
    {"company_id": ["a1b2c3d4-0000-4000-8000-00000000000a"]},
    {"company_id": {"S": "a1b2c3d4-0000-4000-8000-00000000000a"}},
    {"lambda": None},
    {"lambda": {}},
    {"lambda": []},
    {"lambda": {"company_id": ""}, "company_id": "a1b2c3d4-0000-4000-8000-00000000000a"},
    {"jwt": {"claims": {}}, "company_id": "a1b2c3d4-0000-4000-8000-00000000000a"},
    {"jwt": {"claims": None}},
    {"jwt": "eyJhbGciOiJub25lIn0.e30."},
    {"claims": "company_id=a1b2c3d4-0000-4000-8000-00000000000a"},
    {"claims": {"custom:company": "a1b2c3d4-0000-4000-8000-00000000000a"}},
    {"principalId": "a1b2c3d4-0000-4000-8000-00000000000a"},
    "a1b2c3d4-0000-4000-8000-00000000000a",
    ["company_id"],
    5,
    True,
]


def all_functions(api: Api, authorizer: Any) -> list[Answer]:
    """Return the answers of create, get and change to a request with this authorizer context."""
    sent = [
        event(body='{"subject": "x"}'),
        event("GET", f"/tasks/{uuid4()}"),
        event("PATCH", f"/tasks/{uuid4()}", '{"subject": "x"}', headers={"If-Match": "*"}),
    ]
    for one in sent:
        one["requestContext"]["authorizer"] = authorizer
    return [
        invoke(api.api.lambda_handler, sent[0]),
        invoke(api.api.lambda_handler, sent[1]),
        invoke(api.api.lambda_handler, sent[2]),
    ]


@pytest.mark.parametrize("authorizer", NO_COMPANY)
def test_credentials_that_name_no_company_open_nothing(api: Api, authorizer: Any) -> None:
    for answer in all_functions(api, authorizer):
        assert_problem(answer, 403, "no-company")


@pytest.mark.parametrize("contact", ["", "me", "00000000-0000-0000-0000-000000000000"])
def test_a_contact_that_is_none_is_nobody(api: Api, company: str, contact: str) -> None:
    assert api.create({"subject": "x"}, company=company, contact=contact).document()["contact_id"] is None


# ---- Bodies ---------------------------------------------------------------------------------------------------------


# ---- Ids ------------------------------------------------------------------------------------------------------------


def told(answer: Answer) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
    """Return an answer without the parts that differ in every request."""
    document = {name: value for name, value in answer.document().items() if name != "instance"}
    return answer.status, {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}, document


def test_another_company_s_history_is_absent(api: Api, company: str, stranger: str) -> None:
    theirs = api.create({"subject": "secret plans"}, company=stranger).document()
    absent = api.list(f"/tasks/{uuid4()}/history", company=company)
    for address in (theirs["id"], f"{{{theirs['id']}}}"):
        assert told(api.list(f"/tasks/{address}/history", company=company)) == told(absent)
    by_number = api.list(f"/tasks/{theirs['id2']}/history", company=company)
    assert told(by_number) == told(api.list("/tasks/4711/history", company=company))
    ours = api.create({"subject": "Task 1"}, company=company).document()
    [entry] = api.list(f"/tasks/{ours['id2']}/history", company=company).document()["value"]
    assert entry["date"] == ours["modified_dateutc"], "each company counts for itself"


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize(
    "way", ["{task}?", "../{other}/{task}", "COMPANY%23{other}", "{other}%2FTASK%23{task}", "*", "{task}%00"]
)
def test_no_path_leads_to_another_company(api: Api, company: str, stranger: str, method: str, way: str) -> None:
    theirs = api.create({"subject": "secret plans"}, company=stranger).document()["id"]
    path = f"/tasks/{way.format(task=theirs, other=stranger)}"
    body = '{"subject": "mine"}' if method == "PATCH" else None
    sent = event(method, path, body, headers={"If-Match": "*"}, company=company)
    answer = invoke(api.api.lambda_handler, sent)
    assert answer.status == 404
    assert "secret plans" not in answer.body
    assert api.get(theirs, company=stranger).document()["subject"] == "secret plans"


def test_a_change_refers_to_no_other_company_s_catalogue(api: Api, company: str, stranger: str) -> None:
    entries = {
        name: [{"id": str(uuid4()), "name": "theirs", "default": True}] for name in ("types", "statuses", "priorities")
    }
    api.onboard(action="onboard", company_id=stranger, catalogue=entries)
    task = api.create({"subject": "x"}, company=company).document()
    fields = {"types": "task_type_id", "statuses": "task_status_id", "priorities": "task_priority_id"}
    theirs = {field: entries[name][0]["id"] for name, field in fields.items()}
    nowhere = {field: str(uuid4()) for field in fields.values()}
    refused = [told(api.change(task["id"], sent, company=company)) for sent in (theirs, nowhere)]
    assert refused[0] == refused[1]
    assert refused[0][0] == 422


READS = [
    "/tasks",
    "/api/Task",
    "/tasks/delta",
    "/api/TaskView",
    "/catalogue",
    "/api/TaskType",
    "/api/TaskStatus",
    "/api/TaskPriority",
    "/api/TaskType/Translations",
    "/api/TaskStatus/Translations",
    "/tasks/1",
    "/api/Task/1",
    "/api/Task(1)",
    "/api/TaskView(1)",
    "/api",
    "/api/$metadata",
]


def read(api: Api, path: str, company: str, **more: Any) -> Answer:
    """Return a route's answer to a company's GET."""
    return invoke(api.api.lambda_handler, event("GET", path, company=company, **more))


@pytest.mark.parametrize("path", READS)
def test_no_read_holds_anything_of_another_company(
    api: Api, company: str, stranger: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = "ZEBRA-7f3a"
    catalogue = api.onboard(action="onboard", company_id=stranger, company_name=mark)["catalogue"]
    catalogue["types"].append({"id": str(uuid4()), "name": mark})
    api.onboard(action="onboard", company_id=stranger, catalogue=catalogue)
    theirs = api.create({"subject": mark, "remark": mark}, company=stranger).document()
    monkeypatch.setattr(task_lists, "horizon", lambda _: "9999-12-31T23:59:59.9999999")
    for accept in ("application/json", "application/xml"):
        assert read(api, path, stranger, headers={"Accept": accept}).status == 200
        answer = read(api, path, company, headers={"Accept": accept})
        assert answer.status == (404 if "1" in path else 200)
        for secret in (mark, stranger, theirs["id"]):
            assert secret not in answer.body + json.dumps(dict(answer.headers))


@pytest.mark.parametrize("path", ["/tasks", "/api/Task", "/api/TaskView"])
def test_another_company_s_link_is_as_useless_as_a_made_up_one(
    api: Api, company: str, stranger: str, path: str
) -> None:
    for _ in range(2):
        api.create({"subject": "secret plans"}, company=stranger)
        api.create({"subject": "ours"}, company=company)
    link = api.list(path, company=stranger, headers={"Prefer": "maxpagesize=1"}).document()["@odata.nextLink"]
    made_up = f"{link.partition('token=')[0]}token=AAAA"
    assert told(api.follow(link, company=company)) == told(api.follow(made_up, company=company))
    assert api.follow(link, company=company).status == 400
    assert api.follow(link, company=stranger).status == 200


def test_a_search_and_a_filter_find_nothing_of_another_company(api: Api, company: str, stranger: str) -> None:
    theirs = api.create({"subject": "secret plans"}, company=stranger).document()
    assert api.search({}, company=company).body == "[]"
    for text in (f"id eq {theirs['id']}", f"company_id eq {stranger}", "contains(subject,'secret')", "id2 ge 1"):
        assert api.list(company=company, query={"$filter": text}).document()["value"] == []
        if text != f"id eq {theirs['id']}":
            assert len(api.list(company=stranger, query={"$filter": text}).document()["value"]) == 1


def test_another_company_s_catalogue_is_unknown(api: Api, company: str, stranger: str) -> None:
    ids = {name: str(uuid4()) for name in ("task_type_id", "task_priority_id", "to_db_table_id")}
    catalogue = api.onboard(action="onboard", company_id=stranger)["catalogue"]
    catalogue["types"].append({"id": ids["task_type_id"], "name": "Theirs"})
    catalogue["priorities"].append({"id": ids["task_priority_id"], "name": "Theirs"})
    catalogue["tables"].append({"id": ids["to_db_table_id"], "name": "their table"})
    api.onboard(action="onboard", company_id=stranger, catalogue=catalogue)
    assert api.create({"subject": "x", **ids}, company=stranger).status == 201

    theirs = told(api.create({"subject": "x", **ids}, company=company))
    nowhere = told(api.create({"subject": "x", **{name: str(uuid4()) for name in ids}}, company=company))
    assert theirs == nowhere
    assert theirs[0] == 422
    by_name = [
        told(api.create({"subject": "x", "to_db_table_name": name}, company=company))
        for name in ("their table", "no table")
    ]
    assert by_name[0] == by_name[1]


def test_no_answer_to_a_stranger_holds_anything_of_a_company(api: Api, company: str, stranger: str) -> None:
    mark = "ZEBRA-7f3a"
    headers = {"Idempotency-Key": mark}
    theirs = api.create(
        {"subject": mark, "remark": mark, "customer_reference": mark}, headers=headers, company=stranger
    ).document()
    answers = [
        api.get(theirs["id"], company=company),
        api.create({"id": theirs["id"], "subject": "x"}, company=company),
        api.create({"id": theirs["id"], "subject": "y"}, company=company),
        api.create({"subject": "x", "to_db_table_id": theirs["id"]}, company=company),
        api.create({"subject": "x", "id2": theirs["id2"]}, query={"validate_only": "true"}, company=company),
    ]
    for answer in answers:
        text = json.dumps([answer.body, dict(answer.headers)])
        assert mark not in text
        assert stranger not in text
