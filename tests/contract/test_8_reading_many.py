"""Contract section 8: reading many tasks."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import uuid4

import pytest
from servicedesk.domain import values
from servicedesk.store import task_lists
from servicedesk.wire import task_view

from tests.api import FIELDS, PAGE, Api, assert_problem, event, invoke
from tests.contract.client import COMPLETED, FORMATS, SUBJECT, Client, page_of

ZERO = "00000000-0000-0000-0000-000000000000"
UNSET_DATE = "1980-01-01T00:00:00.000Z"


def three(client: Client) -> list[dict[str, Any]]:
    """Three tasks, the second of them archived."""
    first = client.created(subject="Printer on fire", customer_reference="A-1")
    second = client.changed(client.created(subject="Printer extinguished")["id"], task_status_id=COMPLETED)
    return [first, second, client.created(subject="O'Brien's screen", due_date="2026-06-24T09:00:00+02:00")]


@pytest.fixture(scope="module", params=FORMATS)
def reader(request: pytest.FixtureRequest, api: Api) -> Client:
    """A client that only reads the three tasks of its company."""
    client = Client(api, str(uuid4()), request.param)
    three(client)
    return client


def found(client: Client, text: str) -> list[int]:
    return client.list(query={"$filter": text}).numbers


# ---- 8.1 and 8.2: pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/tasks", "/api/Task"])
def test_8_1_the_company_s_tasks_are_listed_whole(client: Client, path: str) -> None:
    created = three(client)
    client.stranger().created()
    page = client.list(path)
    assert page.root == "ArrayOftask"
    assert page.tasks == created[::-1]
    assert page.links == {}
    assert page.answer.headers["Content-Type"] == f"{client.content_type}; charset=utf-8"


def test_8_1_a_company_without_tasks_has_an_empty_list(client: Client) -> None:
    page = client.list()
    assert (page.root, page.entries, page.links) == ("ArrayOftask", [], {})


def test_8_1_a_next_page_is_named_in_the_header_and_in_json_in_the_body(client: Client) -> None:
    created = [client.created() for _ in range(5)]
    pages = list(client.pages(headers={"Prefer": "maxpagesize=2"}))
    assert [page.numbers for page in pages] == [[5, 4], [3, 2], [1]]
    assert [task for page in pages for task in page.tasks] == created[::-1]
    assert [list(page.links) for page in pages] == [["next"], ["next"], []]


def test_8_1_a_last_page_that_is_full_has_no_link(client: Client) -> None:
    for _ in range(4):
        client.created()
    assert [page.numbers for page in client.pages(headers={"Prefer": "maxpagesize=2"})] == [[4, 3], [2, 1]]


def test_8_1_who_names_no_company_lists_nothing(api: Api) -> None:
    for path in ("/tasks", "/api/Task", "/tasks/delta", "/api/TaskView"):
        assert_problem(api.list(path, company=None), 403, "no-company")
    assert_problem(api.search({}, company=None), 403, "no-company")


def test_8_1_the_answer_depends_on_prefer_too(client: Client) -> None:
    assert client.list().answer.headers["Vary"] == "Accept, Content-Type, Prefer"


@pytest.mark.parametrize(
    ("change", "base"),
    [
        ({"stageVariables": {"public_url": "https://desk.example.com/base/"}}, "https://desk.example.com/base"),
        ({"requestContext": {"domainName": "h", "path": "/v1/tasks/"}, "path": "/tasks/"}, "https://h/v1"),
        ({"requestContext": {"path": "/desk/tasks"}, "path": "/desk/tasks"}, "https://api.example.com/desk"),
        ({"headers": {"X-Forwarded-Proto": "http"}, "multiValueHeaders": {}}, "http://api.example.com/v1"),
    ],
)
def test_8_1_a_link_leads_to_where_the_client_called(
    api: Api, json_client: Client, change: Mapping[str, Any], base: str
) -> None:
    for _ in range(2):
        json_client.created()
    query = {"$top": "2", "$filter": "contains(subject,'on fire') and id2 gt 0"}
    sent = event("GET", headers={"Prefer": "maxpagesize=1"}, query=query, company=json_client.company)
    for name, value in change.items():
        sent[name] = {**(sent[name] or {}), **value} if isinstance(value, dict) else value
    if "headers" in change:
        sent["multiValueHeaders"]["Prefer"] = ["maxpagesize=1"]
    document = json.loads(invoke(api.api.lambda_handler, sent).body)
    assert document["@odata.context"] == f"{base}/api/$metadata#Task"
    url = document["@odata.nextLink"]
    assert url.startswith(f"{base}/tasks?")
    assert url.split("?")[1].startswith("$top=2&$filter=contains(subject,'on+fire')+and+id2+gt+0&$skiptoken=")
    here = url.replace(base, "https://api.example.com/v1")
    assert json_client.follow(here, headers={"Prefer": "maxpagesize=1"}).numbers == [1]


def test_8_1_an_http_api_lists_and_follows(api: Api, json_client: Client) -> None:
    for _ in range(3):
        json_client.created()
    sent: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "GET /tasks",
        "rawPath": "/v1/tasks",
        "headers": {"prefer": "maxpagesize=2"},
        "queryStringParameters": {"$orderby": "id2 asc"},
        "requestContext": {
            "requestId": "r",
            "stage": "v1",
            "domainName": "api.example.com",
            "authorizer": {"lambda": {"company_id": json_client.company}},
        },
    }
    page = page_of(invoke(api.api.lambda_handler, sent))
    assert page.numbers == [1, 2]
    assert json_client.follow(page.links["next"]).numbers == [3]


def test_8_2_a_page_has_up_to_100_tasks(json_client: Client) -> None:
    for number in range(101):
        json_client.create({"subject": f"Task {number}"})
    pages = list(json_client.pages())
    assert [len(page.entries) for page in pages] == [100, 1]
    larger = json_client.list(headers={"Prefer": "odata.maxpagesize=500"})
    assert (len(larger.entries), larger.links) == (101, {})


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("maxpagesize=2", "maxpagesize=2"),
        ("odata.maxpagesize=3", "odata.maxpagesize=3"),
        ("maxpagesize=9000", "maxpagesize=500"),
        ('return=minimal, MaxPageSize="20"', "maxpagesize=20"),
        ("maxpagesize=9999999999", "maxpagesize=500"),
        *((f"maxpagesize={size}", None) for size in ("0", "-1", "x", "", "1.5", "9" * 5000)),
        ("return=minimal", None),
    ],
)
def test_8_2_preference_applied_says_how_large_a_page_is(client: Client, prefer: str, applied: str | None) -> None:
    for path in ("/tasks", "/tasks/delta", "/api/TaskView"):
        headers = client.list(path, headers={"Prefer": prefer}).answer.headers
        assert headers.get("Preference-Applied") == applied


def test_8_2_top_ends_the_whole_list(client: Client) -> None:
    for _ in range(5):
        client.created()
    small = {"Prefer": "maxpagesize=2"}
    assert [page.numbers for page in client.pages(query={"$top": "3"}, headers=small)] == [[5, 4], [3]]
    assert [page.numbers for page in client.pages(query={"$top": "4"}, headers=small)] == [[5, 4], [3, 2]]
    assert [page.numbers for page in client.pages(query={"$top": "99"})] == [[5, 4, 3, 2, 1]]
    assert [page.numbers for page in client.pages(query={"$top": "0"})] == [[]]


def test_8_2_skip_leaves_out_the_first_tasks(client: Client) -> None:
    for _ in range(5):
        client.created()
    query = {"$skip": "1", "$top": "3"}
    assert [page.numbers for page in client.pages(query=query, headers={"Prefer": "maxpagesize=2"})] == [[4, 3], [2]]
    for beyond in ("5", "6", "10000"):
        assert [page.numbers for page in client.pages(query={"$skip": beyond})] == [[]]


@pytest.mark.parametrize(("name", "largest"), [("$top", 2**31 - 1), ("$skip", 10_000)])
def test_8_2_what_is_no_count_is_refused_by_name(client: Client, name: str, largest: int) -> None:
    for wrong in (str(largest + 1), "-1", "1.5", "x", "1 2", "+1", "0x1", "\u0663", "9" * 5000):
        detail = f"The query option {name} must be an integer from 0 to {largest}."
        assert client.refused_list(query={name: wrong}) == detail
    assert client.list(query={name: f" {largest} "}).entries == []


@pytest.mark.parametrize("name", ["$filter", "$orderby", "$top", "$skip", "$select", "$skiptoken"])
def test_8_2_an_option_without_a_value_is_refused(json_client: Client, name: str) -> None:
    for value in ("", "  "):
        assert json_client.refused_list(query={name: value}) == f"The query option {name} has no value."


@pytest.mark.parametrize("name", ["$count", "$expand", "$search", "$apply", "$format", "$compute", "count"])
def test_8_2_an_option_that_is_not_supported_is_refused_by_name(client: Client, name: str) -> None:
    for path in ("/tasks", "/api/Task", "/api/TaskView"):
        assert f"The query option {name} is not supported" in client.refused_list(path, query={name: "true"})


def test_8_2_an_option_given_twice_is_refused(client: Client) -> None:
    for query in ({"$top": ["1", "2"]}, {"$top": "1", "top": "1"}, {"$top": "1", "$TOP": "1"}):
        assert "$top is given more than once" in client.refused_list(query=query)


# ---- 8.3 to 8.5: order, filter, select ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        ("id2", [1, 2, 3]),
        ("id2 asc", [1, 2, 3]),
        ("id2 desc", [3, 2, 1]),
        ("ID2  DESC", [3, 2, 1]),
        ("modified_dateutc", [1, 2, 3]),
        (" modified_dateutc ", [1, 2, 3]),
        ("modified_dateutc desc", [3, 2, 1]),
    ],
)
def test_8_3_orders(reader: Client, order: str, numbers: list[int]) -> None:
    query = {"$orderby": order}
    assert reader.list(query=query).numbers == numbers
    one_by_one = reader.pages(query=query, headers={"Prefer": "maxpagesize=1"})
    assert [page.numbers for page in one_by_one] == [[number] for number in numbers]


@pytest.mark.parametrize(
    "order",
    ["subject", "id2 up", "id2 asc desc", "id2,modified_dateutc", "id2 desc,", "asc", "task_type_name", "\x00"],
)
def test_8_3_another_order_is_refused_and_the_supported_ones_are_named(client: Client, order: str) -> None:
    assert "supported is id2 or modified_dateutc" in client.refused_list(query={"$orderby": order})


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("archived eq true", [2]),
        ("archived eq false", [3, 1]),
        ("not(archived eq true)", [3, 1]),
        ("id2 eq 2", [2]),
        ("id2 gt 1 and id2 le 3", [3, 2]),
        ("id2 in (1,3)", [3, 1]),
        ("id2 in ()", []),
        ("not(id2 in ()) and not subject in ( )", [3, 2, 1]),
        # Clients that join conditions begin with true, and leave blanks around what they join.
        ("true", [3, 2, 1]),
        ("TRUE", [3, 2, 1]),
        ("false", []),
        ("null", []),
        ("not null", []),
        ("archived eq false and true", [3, 1]),
        ("true and archived eq false", [3, 1]),
        ("archived eq true and null", []),
        ("false or archived eq true", [2]),
        ("  archived eq true ", [2]),
        (" ( archived eq true )\t", [2]),
        ("due_date eq '2026-06-24T09:00:00 02:00'", None),
        ("(archived)and(id2 eq 2)", None),
        ("startswith(subject,'Printer')", [2, 1]),
        ("endswith(subject,'fire') or contains(subject,'screen')", [3, 1]),
        ("subject eq 'printer on fire'", []),
        ("tolower(subject) eq 'printer on fire'", [1]),
        ("tolower(subject) in ('printer on fire','printer extinguished')", [2, 1]),
        ("startswith(subject,'printer')", []),
        ("endswith(tolower(subject),'fire')", [1]),
        ("startswith(tolower(subject),'printer')", [2, 1]),
        ("contains(tolower(subject),'PRINTER')", []),
        ("contains(tolower(subject),'printer') and archived ne true", [1]),
        ("subject eq 'O''Brien''s screen'", [3]),
        ("customer_reference eq null", [3, 2]),
        ("customer_reference ne null", [1]),
        ("customer_reference eq ''", [3, 2]),
        ("customer_reference ne 'A-1'", [3, 2]),
        ("'A-1' ne customer_reference and id2 lt 3", [2]),
        ("reference_back_office ne 'x' and to_id_in_table ne 11111111-aaaa-4000-8000-000000000001", [3, 2, 1]),
        ("customer_reference ge 'A-1'", [1]),
        ("due_date eq 2026-06-24T07:00:00Z", [3]),
        ("due_date eq '2026-06-24T07:00:00'", [3]),
        ("due_date eq 2026-06-24t07:00:00z", [3]),
        ("due_date eq '1980-01-01'", [2, 1]),
        ("due_date eq '1980-01-01T00:00:00+01:00'", [2, 1]),
        ("due_date eq '0001-01-01T00:00:00+02:00'", [2, 1]),
        ("due_date ne '/Date(-62135596800000)/'", [3]),
        ("due_date in ('0001-01-01')", [2, 1]),
        ("due_date gt '0001-01-01T00:00:00Z'", [3]),
        ("due_date gt 0001-01-01T00:00:00Z", [3]),
        ("due_date eq 0001-01-01T00:00:00+02:00", [2, 1]),
        ("due_date in (0001-01-01,1980-01-01T00:00:00+01:00)", [2, 1]),
        ("due_date ge 0001-01-01T00:00:00+02:00", [3]),
        ("due_date gt '0001-01-01T00:00:00+02:00'", [3]),
        ("due_date lt '0001-01-01T00:00:00+02:00'", []),
        ("due_date le 1980-01-01", []),
        (f"to_id_in_table eq {ZERO}", [3, 2, 1]),
        (f"task_status_id eq {COMPLETED}", [2]),
        (f"task_status_id eq '{COMPLETED}'", [2]),
        (f"task_status_id eq guid'{COMPLETED}'", None),
        ("date_closed ne null", [2]),
    ],
)
def test_8_4_filters(reader: Client, text: str, numbers: list[int] | None) -> None:
    if numbers is None:
        assert "$filter" in reader.refused_list(query={"$filter": text})
    else:
        assert found(reader, text) == numbers


def test_8_4_a_range_of_last_changes(client: Client) -> None:
    instants = [task["modified_dateutc"] for task in three(client)]
    assert found(client, f"modified_dateutc ge {instants[1]}Z") == [3, 2]
    assert found(client, f"modified_dateutc gt '{instants[0]}' and modified_dateutc lt '{instants[2]}'") == [2]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("length(subject) gt 3", "length"),
        ("subjct eq 'x'", "subjct"),
        ("task_type_name eq 'Maintenance'", "task_type_name"),
        ("id2 add 1 eq 2", "add"),
        ("id2 eq", "$filter"),
        ("id2 eq 'x'", "id2"),
    ],
)
def test_8_4_what_is_not_supported_is_refused_by_name(client: Client, text: str, named: str) -> None:
    assert named in client.refused_list(query={"$filter": text})


@pytest.mark.parametrize("name", ["$filter", "filter", "$orderby", "$top", "$skip", "$select", "$skiptoken"])
def test_8_4_bytes_that_are_not_utf_8_are_refused(client: Client, name: str) -> None:
    """API Gateway decodes %E9 to U+FFFD, which is no text that anybody meant to compare with."""
    value = "subject eq 'caf\ufffd'" if "filter" in name else "\ufffd"
    detail = client.refused_list(query={name: value})
    assert f"${name.removeprefix('$')} has U+FFFD" in detail
    assert "UTF-8" in detail


def filter_of(length: int) -> str:
    return f"subject ne '{'x' * (length - len("subject ne ''"))}'"


def test_8_4_a_list_whose_next_link_would_be_too_long_is_refused_at_once(json_client: Client) -> None:
    json_client.created()
    for path in ("/tasks", "/api/TaskView"):
        assert json_client.list(path, query={"$filter": filter_of(7600)}).numbers == [1]
        for long in (filter_of(8000), filter_of(2700).replace("x", "#"), filter_of(1350).replace("x", "é")):
            detail = json_client.refused_list(path, query={"$filter": long})
            assert "more than 8000 bytes" in detail
    for _ in range(2):
        json_client.created()
    pages = list(json_client.pages(query={"$filter": filter_of(7600)}, headers={"Prefer": "maxpagesize=1"}))
    assert [page.numbers for page in pages] == [[3], [2], [1]]


def test_8_4_a_long_link_stands_in_the_body_alone(client: Client) -> None:
    for _ in range(2):
        client.created()
    small = {"Prefer": "maxpagesize=1"}
    assert "Link" in client.list(query={"$filter": filter_of(3500)}, headers=small).answer.headers
    page = client.list(query={"$filter": filter_of(4000)}, headers=small)
    assert ("Link" in page.answer.headers) == (client.format == "xml")
    assert len(page.links["next"]) > 4000
    assert client.follow(page.links["next"], headers=small).numbers == [1]


ENCODINGS = {
    "a form": urlencode,
    "percent": lambda query: urlencode(query, quote_via=quote),
    "encodeURIComponent": lambda query: urlencode(query, quote_via=quote, safe="!'()*"),
    "a browser's address": lambda query: urlencode(query, quote_via=quote, safe="!$'()*,/:?@"),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize(
    "text", ["subject ne 'a b  c'", "subject ne 'é+☃&=#%'", "(id2 gt 0) and not(id2 in (7, 8))", "id2 ne +9"]
)
def test_8_4_a_link_is_no_longer_than_its_request(json_client: Client, encode: Any, text: str) -> None:
    for _ in range(2):
        json_client.created()
    query = {"$filter": text, "$orderby": "id2 desc"}
    page = json_client.list(query=query, headers={"Prefer": "maxpagesize=1"})
    kept, _, _ = page.links["next"].partition("?")[2].partition("&$skiptoken=")
    assert parse_qs(kept, strict_parsing=True) == {name: [value] for name, value in query.items()}
    assert len(kept) <= len(encode(query))
    assert json_client.follow(page.links["next"]).numbers == [1]


def test_8_5_select_returns_those_fields_only(client: Client) -> None:
    created = three(client)
    page = client.list(query={"$select": "subject, ID2,id"})
    names = ["id", "subject", "id2"]  # the page's order, and that of XML
    assert [list(entry) for entry in page.entries] == [names if client.format == "json" else sorted(names)] * 3
    assert [entry["id"] for entry in page.entries] == [task["id"] for task in created[::-1]]


def test_8_5_select_of_all_is_no_choice(json_client: Client) -> None:
    three(json_client)
    assert json_client.list(query={"$select": "*"}).tasks == json_client.list().tasks


@pytest.mark.parametrize("names", ["id,x", "id,", ",", "*,id", "id/x", "id;subject", "\ud800"])
def test_8_5_select_of_what_is_no_field_is_refused(client: Client, names: str) -> None:
    assert "$select names " in client.refused_list(query={"$select": names})


def test_8_5_select_stays_in_the_links(client: Client) -> None:
    three(client)
    pages = list(client.pages(query={"$select": "id2"}, headers={"Prefer": "maxpagesize=1"}))
    assert [[list(entry) for entry in page.entries] for page in pages] == [[["id2"]]] * 3


def test_8_5_select_takes_a_view_s_names_too(client: Client) -> None:
    client.created()
    [entry] = client.list("/api/TaskView", query={"$select": "task_type_name,id2"}).entries
    assert entry == {"id2": "1" if client.format == "xml" else 1, "task_type_name": "Repair request"}
    assert "task_type_name" in client.refused_list(query={"$select": "task_type_name"})


# ---- 8.6 and 8.7: links ---------------------------------------------------------------------------------------------


def test_8_6_what_is_created_meanwhile_neither_skips_nor_repeats(client: Client) -> None:
    for _ in range(3):
        client.created()
    numbers = []
    for page in client.pages(headers={"Prefer": "maxpagesize=1"}):
        numbers += page.numbers
        client.created()
    assert numbers == [3, 2, 1]


def test_8_6_a_link_keeps_filter_order_and_top(client: Client) -> None:
    for number in range(6):
        client.created(subject="even" if number % 2 else "odd")
    query = {"$filter": "subject eq 'even'", "$orderby": "id2 asc", "$top": "2"}
    pages = client.pages(query=query, headers={"Prefer": "maxpagesize=1"})
    assert [page.numbers for page in pages] == [[2], [4]]


def test_8_6_a_link_shows_another_company_nothing(client: Client) -> None:
    for _ in range(2):
        client.created()
    stranger = client.stranger()
    stranger.created()
    for path, relation in (("/tasks", "next"), ("/api/TaskView", "next"), ("/tasks/delta", "delta")):
        link = client.list(path, headers={"Prefer": "maxpagesize=1"}).links[relation]
        answer = client.api.follow(link, company=stranger.company)
        assert_problem(answer, 400, "invalid-parameter")


@pytest.mark.parametrize(
    "tamper",
    [
        lambda url: url.replace("$skiptoken=", "$skiptoken=A"),
        lambda url: url[:-1] + ("A" if url[-1] != "A" else "B"),
        lambda url: url[:-1],
        lambda url: url.replace("/tasks", "/api/Task"),
        lambda url: url.replace("/tasks", "/api/TaskView"),
        lambda url: url.replace("id2+asc", "id2+desc"),
        lambda url: url.replace("$orderby=id2+asc&", ""),
        lambda url: f"{url}&$filter=id2+eq%201",
        lambda url: f"{url}&$top=1",
        lambda url: url.replace("$skiptoken=", "$deltatoken="),
    ],
)
def test_8_6_a_link_that_was_tampered_with_is_refused(json_client: Client, tamper: Any) -> None:
    for _ in range(2):
        json_client.created()
    page = json_client.list(query={"$orderby": "id2 asc"}, headers={"Prefer": "maxpagesize=1"})
    changed = tamper(page.links["next"])
    assert changed != page.links["next"]
    answer = json_client.api.follow(changed, company=json_client.company)
    assert_problem(answer, 400, "invalid-parameter")


def test_8_7_a_page_with_little_to_find_can_be_empty_and_go_on(
    json_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        json_client.created(subject="wanted" if number == 0 else "other")
    monkeypatch.setattr(task_lists, "QUERIES", 2)
    monkeypatch.setattr(task_lists, "QUERY_TASKS", 2)
    pages = list(json_client.pages(query={"$filter": "subject eq 'wanted'"}))
    assert len(pages) > 1
    assert pages[0].entries == []
    assert [number for page in pages for number in page.numbers] == [1]


def test_8_7_an_index_that_is_being_built_is_a_503(json_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    message = "Cannot read from backfilling global secondary index: by_number"
    error = ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Query")

    def building(**_: Any) -> None:
        raise error

    monkeypatch.setattr(json_client.api.api.client, "query", building)
    for answer in (
        json_client.api.list(company=json_client.company),
        json_client.api.list("/tasks/delta", company=json_client.company),
        json_client.get("33"),
    ):
        assert_problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0


LOOKUPS = {
    "customer_reference": ("PO-4711", "PO-4712"),
    "reference_back_office": ("BO 7 é'", "BO-8"),
    "to_id_in_table": ("df39fee8-721c-4c83-9fe2-6403dce36537", "0f39fee8-721c-4c83-9fe2-6403dce36537"),
}
"""The fields that tasks are found by (8.7), each with a value and another one."""


def equal(name: str, value: str) -> str:
    return f"{name} eq {value}" if name == "to_id_in_table" else f"{name} eq '{value.replace("'", "''")}'"


@pytest.fixture(params=LOOKUPS)
def referring(request: pytest.FixtureRequest, json_client: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """A field to look tasks up by, where three tasks have its value, of which one is archived, among many others.

    A page reads as little as if each task were a thousand, so that only an index can find them in one request.
    """
    name: str = request.param
    table = {"to_db_table_name": "project"}
    for number in range(12):
        value = LOOKUPS[name][number % 4 > 0]
        task = json_client.created(table, subject=f"Task {number}", **{name: value})
        if number == 4:
            json_client.changed(task["id"], task_status_id=COMPLETED)
    monkeypatch.setattr(task_lists, "QUERIES", 2)
    monkeypatch.setattr(task_lists, "QUERY_TASKS", 1)
    return name


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        ("{}", [9, 5, 1]),
        ("({})", [9, 5, 1]),
        ("{} and archived eq false", [9, 1]),
        ("archived eq true and {}", [5]),
        ("id2 lt 9 and {}", [5, 1]),
        ("{} and contains(subject,'8')", [9]),
        ("startswith(subject,'Task') and ({} and id2 ne 1)", [9, 5]),
        ("{} and subject eq 'nothing'", []),
        ("not (archived eq true) and {}", [9, 1]),
    ],
)
def test_8_7_a_reference_is_found_in_one_request(
    json_client: Client, referring: str, form: str, numbers: list[int]
) -> None:
    page = json_client.list(query={"$filter": form.format(equal(referring, LOOKUPS[referring][0]))})
    assert (page.numbers, page.links) == (numbers, {})
    ordered = json_client.list(
        query={"$filter": form.format(equal(referring, LOOKUPS[referring][0])), "$orderby": "modified_dateutc asc"}
    )
    assert (sorted(ordered.numbers, reverse=True), ordered.links) == (numbers, {})


def test_8_7_the_tasks_with_a_reference_come_in_pages(json_client: Client, referring: str) -> None:
    query = {"$filter": equal(referring, LOOKUPS[referring][0])}
    pages = list(json_client.pages(query=query, headers={"Prefer": "maxpagesize=2"}))
    assert [page.numbers for page in pages] == [[9, 5], [1]]


@pytest.mark.parametrize("form", ["{} or id2 eq 2", "not ({})"])
def test_8_7_a_reference_that_is_not_implied_is_not_all(json_client: Client, referring: str, form: str) -> None:
    query = {"$filter": form.format(equal(referring, LOOKUPS[referring][0]))}
    found = [number for page in json_client.pages(query=query) for number in page.numbers]
    others = {2} if "or" in form else set(range(1, 13)) - {1, 5, 9}
    assert set(found) - {1, 5, 9} == others


def test_8_7_a_changed_reference_is_found_and_the_old_one_is_not(json_client: Client, referring: str) -> None:
    old, new = LOOKUPS[referring][0], "1f39fee8-721c-4c83-9fe2-6403dce36537"
    for number in (1, 5):
        json_client.changed(str(number), {referring: new if number == 1 else None})
    assert json_client.list(query={"$filter": equal(referring, old)}).numbers == [9]
    assert json_client.list(query={"$filter": equal(referring, new)}).numbers == [1]


def test_8_7_an_equal_reference_of_another_company_is_never_shown(json_client: Client, referring: str) -> None:
    stranger = json_client.stranger()
    query = {"$filter": equal(referring, LOOKUPS[referring][0])}
    assert stranger.list(query=query).entries == []
    stranger.created({"to_db_table_name": "project"}, **{referring: LOOKUPS[referring][0]})
    assert stranger.list(query=query).numbers == [1]
    assert json_client.list(query=query).numbers == [9, 5, 1]


def test_8_7_more_tasks_than_can_be_sorted_are_found_as_by_any_other_filter(
    json_client: Client, referring: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_lists, "GATHERED_TASKS", 2)
    monkeypatch.setattr(task_lists, "QUERIES", 4)
    query = {"$filter": equal(referring, LOOKUPS[referring][0])}
    found = [number for page in json_client.pages(query=query) for number in page.numbers]
    assert found == [9, 5, 1]


def test_8_7_a_text_longer_than_any_reference_finds_nothing(json_client: Client) -> None:
    json_client.created(customer_reference="x")
    assert json_client.list(query={"$filter": f"customer_reference eq '{'x' * 3000}'"}).entries == []


# ---- 8.8: numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/tasks/{}", "/api/Task/{}", "/api/Task({})"])
def test_8_8_a_task_is_found_by_its_number(client: Client, path: str) -> None:
    created = three(client)
    client.stranger().created()
    for task in created:
        answer = client.get("", path=path.format(task["id2"]))
        assert answer.task() == task
        assert answer.headers["Content-Location"] == f"https://api.example.com/v1/tasks/{task['id']}"
        assert answer.headers["ETag"] == client.get(task["id"]).headers["ETag"]


@pytest.mark.parametrize(
    ("context", "path", "location"),
    [
        ({"path": "/desk/tasks/1"}, "/desk/tasks/1", "https://api.example.com/desk/tasks/{}"),
        ({"domainName": None}, "/tasks/1", "../tasks/{}"),
        ({"domainName": None, "path": "/v1/tasks/1/"}, "/tasks/1/", "../../tasks/{}"),
    ],
)
def test_8_8_the_real_address_is_right_behind_a_base_path_too(
    json_client: Client, context: Mapping[str, Any], path: str, location: str
) -> None:
    task = json_client.created()
    sent = event("GET", "/tasks/1", company=json_client.company) | {"path": path}
    sent["requestContext"] |= context
    answer = invoke(json_client.api.api.lambda_handler, sent)
    assert answer.headers["Content-Location"] == location.format(task["id"])


def test_8_8_who_calls_the_real_address_is_told_no_other(client: Client) -> None:
    task = client.created()
    assert "Content-Location" not in client.get(task["id"]).headers
    spelt = client.get(f"{{{task['id'].upper()}}}")
    assert spelt.headers["Content-Location"].endswith(f"/v1/tasks/{task['id']}")


@pytest.mark.parametrize(
    "number", ["0", "2", "-1", "+1", "1.0", "1e0", "99999999999999999", "9" * 18, "9" * 60, "\u0661"]
)
def test_8_8_a_number_that_the_company_has_not_given_is_absent(client: Client, number: str) -> None:
    client.created()
    client.stranger().created()
    assert_problem(client.get(number), 404, "no-such-task")


def test_8_8_leading_zeros_do_not_matter(client: Client) -> None:
    assert client.get("007").status == 404
    task = client.created()
    assert client.get("001").task() == task


def test_8_8_a_task_is_read_by_its_number_as_consistently_as_by_its_id(
    json_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = json_client.created()
    database = json_client.api.api.client
    query = {"IndexName": "by_number", "KeyConditionExpression": "task_list = :list"}
    place = {":list": {"S": f"COMPANY#{json_client.company}#OPEN"}}
    older = database.query(TableName="TasksTable", ExpressionAttributeValues=place, **query)
    assert older["Count"] == 1
    monkeypatch.setattr(database, "query", lambda **_: older)
    changed = json_client.changed(task["id"], subject="Other")
    for path in ("/tasks/1", "/api/Task(1)"):
        answer = json_client.get("", path=path)
        assert answer.task() == changed
        assert answer.headers["ETag"] == json_client.get(task["id"]).headers["ETag"]


def test_8_8_a_number_can_be_asked_for_by_entity_tag(client: Client) -> None:
    tag = client.create({"subject": SUBJECT}).headers["ETag"]
    answer = client.get("1", headers={"If-None-Match": tag})
    assert (answer.status, answer.body) == (304, "")


# ---- 8.9: the feed of changes ---------------------------------------------------------------------------------------


@pytest.fixture
def later(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed's clock is two minutes ahead of the writes' one, so that their changes are past its horizon."""
    ahead = values.date((datetime.now(UTC) + timedelta(minutes=2)).isoformat())
    monkeypatch.setattr("servicedesk.operations.list_changes.values", SimpleNamespace(now=lambda: ahead))


def test_8_9_all_tasks_come_in_the_order_of_their_last_change(client: Client, later: None) -> None:
    created = three(client)
    page = client.list("/tasks/delta")
    assert (page.root, page.tasks, list(page.links)) == ("ArrayOftask", created, ["delta"])


def test_8_9_the_last_page_has_a_delta_link_in_place_of_a_next_link(client: Client, later: None) -> None:
    three(client)
    pages = list(client.pages("/tasks/delta", headers={"Prefer": "maxpagesize=2"}))
    assert [page.numbers for page in pages] == [[1, 2], [3]]
    assert [list(page.links) for page in pages] == [["next"], ["delta"]]


def test_8_9_a_delta_link_returns_what_is_new_and_a_new_link(client: Client, later: None) -> None:
    three(client)
    link = client.list("/tasks/delta").links["delta"]
    nothing = client.follow(link)
    assert (nothing.entries, list(nothing.links)) == ([], ["delta"])
    client.created()
    new = client.follow(link)
    assert new.numbers == [4]
    assert client.follow(new.links["delta"]).entries == []


def test_8_9_a_feed_can_start_now(client: Client) -> None:
    three(client)
    page = client.list("/tasks/delta", query={"$deltatoken": "latest"})
    assert (page.entries, list(page.links)) == ([], ["delta"])


def test_8_9_what_was_just_written_waits_for_the_horizon(client: Client) -> None:
    client.created()
    page = client.list("/tasks/delta")
    assert (page.entries, list(page.links)) == ([], ["delta"])


@pytest.mark.parametrize("query", [{"$filter": "id2 eq 1"}, {"$top": "1"}, {"$orderby": "id2"}, {"$select": "id"}])
def test_8_9_the_feed_has_no_other_options(client: Client, query: dict[str, str]) -> None:
    [name] = query
    assert f"{name} is not supported" in client.refused_list("/tasks/delta", query=query)


@pytest.mark.parametrize("token", ["", "x", "Latest", "A" * 5000])
def test_8_9_another_token_is_refused(client: Client, token: str) -> None:
    assert "$deltatoken" in client.refused_list("/tasks/delta", query={"$deltatoken": token})


@contextmanager
def restored(module: Any) -> Iterator[None]:
    """The API over a restored table, whose stream is another one."""
    with patch.object(
        module,
        "stores",
        replace(module.stores, stream_arn="arn:aws:dynamodb:::table/tasks/stream/2026-11-26T09:30:00.000"),
    ):
        yield


def test_8_9_after_a_restore_every_link_of_the_feed_is_gone(client: Client, later: None) -> None:
    created = three(client)
    first = client.list("/tasks/delta", headers={"Prefer": "maxpagesize=2"})
    links = [first.links["next"], client.list("/tasks/delta").links["delta"]]
    with restored(client.api.api):
        for link in links:
            answer = client.api.follow(link, client.content_type, company=client.company)
            told = assert_problem(answer, 410, "gone")["detail"]
            assert "read everything, and delete the tasks that are no longer in the feed" in told
        anew = client.list("/tasks/delta")
        assert anew.tasks == created
        assert client.follow(anew.links["delta"]).entries == []


def test_6_gone_in_both_formats(client: Client) -> None:
    link = client.list("/tasks/delta").links["delta"]
    with restored(client.api.api):
        assert_problem(client.api.follow(link, client.content_type, company=client.company), 410, "gone")


def test_8_9_a_link_that_is_no_link_of_the_feed_is_refused_before_and_after_a_restore(client: Client) -> None:
    """A list by last change has a place in the same order, and no epoch."""
    three(client)
    query = {"$orderby": "modified_dateutc"}
    link = client.list(query=query, headers={"Prefer": "maxpagesize=1"}).links["next"]
    token = parse_qs(urlsplit(link).query)["$skiptoken"][0]
    assert "$deltatoken" in client.refused_list("/tasks/delta", query={"$deltatoken": token})


# ---- 8.10 and 8.11: the original's reads ----------------------------------------------------------------------------


def test_8_10_task_view_is_a_list_like_tasks(client: Client) -> None:
    three(client)
    page = client.list("/api/TaskView")
    assert (page.root, page.numbers) == ("ArrayOfTaskView", [3, 2, 1])
    pages = client.pages(
        "/api/TaskView", query={"$filter": "archived eq false"}, headers={"Prefer": "odata.maxpagesize=1"}
    )
    assert [page.numbers for page in pages] == [[3], [1]]


@pytest.mark.parametrize("address", ["{id}", "'{id}'", "{id2}"])
def test_8_10_one_entry_of_task_view(client: Client, address: str) -> None:
    task = client.created()
    answer = client.get("", path=f"/api/TaskView({address.format(**task)})")
    [listed] = client.list("/api/TaskView").entries
    assert answer.status == 200
    if client.format == "json":
        document = answer.document()
        assert (document.pop("@odata.context"), document.pop("@odata.etag")) == (
            "https://api.example.com/v1/api/$metadata#TaskView/$entity",
            answer.headers["ETag"],
        )
        assert document == listed
    else:
        assert answer.body.startswith("<TaskView xmlns:i=")
        assert answer.document() == listed


def test_8_10_task_by_its_id_in_parentheses(client: Client) -> None:
    task = client.created()
    assert client.get("", path=f"/api/Task({task['id']})").task() == task
    assert "Content-Location" not in client.get("", path=f"/api/Task({task['id']})").headers
    assert_problem(client.stranger().get("", path=f"/api/Task({task['id']})"), 404, "no-such-task")
    assert_problem(client.stranger().get("", path=f"/api/TaskView({task['id']})"), 404, "no-such-task")


@pytest.mark.parametrize("key", ["id={id}", "ID='{id}'", "id=%7B{id}%7D", " id = {id2} ", "id={id2}"])
def test_8_10_the_key_in_parentheses_can_be_named(client: Client, key: str) -> None:
    task = client.created()
    named = key.format(**task)
    assert client.get("", path=f"/api/Task({named})").task() == task
    assert client.get("", path=f"/api/TaskView({named})").status == 200
    changed = client.change("", {"subject": "Other"}, path=f"/api/Task({named})", method="PUT")
    assert changed.task()["subject"] == "Other"


@pytest.mark.parametrize("key", ["id=", "id={id}=", "id==1", "id={id},id={id}"])
def test_8_10_another_key_names_no_task(client: Client, key: str) -> None:
    path = f"/api/Task({key.format(**client.created())})"
    assert_problem(client.get("", path=path), 404, "no-such-task")


@pytest.mark.parametrize("entity", ["Task()", "Contact", "Task(x", "Contact(1)", "Task(id2=1)"])
def test_8_10_another_entity_is_no_address(client: Client, entity: str) -> None:
    sent = event("GET", f"/api/{entity}", headers={"Accept": client.content_type}, company=client.company)
    assert_problem(invoke(client.api.api.lambda_handler, sent), 404, "no-such-route")


def test_8_10_an_entry_s_tag_changes_with_the_names_in_it(client: Client) -> None:
    task = client.created()
    path = f"/api/TaskView({task['id']})"
    tag = client.get("", path=path).headers["ETag"]
    assert client.get("", path=path, headers={"If-None-Match": tag}).status == 304
    types = client.onboard()["types"]
    client.onboard(types=[types[0] | {"name": "Repair"}, *types[1:]])
    renamed = client.get("", path=path, headers={"If-None-Match": tag})
    assert (renamed.status, renamed.document()["task_type_name"]) == (200, "Repair")


GRID = {"startRow": 0, "endRow": 500, "filterModel": {}, "sortModel": []}


def rows(client: Client, body: Any, **more: Any) -> list[int]:
    """The numbers that a search answers with, from a bare array."""
    answer = client.api.search(body, company=client.company, headers={"Accept": client.content_type}, **more)
    assert answer.status == 200, answer.body
    if client.format == "xml":
        return page_of(answer).numbers
    entries = json.loads(answer.body)
    assert all(list(entry) == list(task_view.KINDS) for entry in entries)
    return [entry["id2"] for entry in entries]


def test_8_10_a_search_answers_with_a_bare_array_newest_first(client: Client) -> None:
    three(client)
    client.stranger().created()
    assert rows(client, {"archived": False, "query_object": GRID}) == [3, 1]
    assert rows(client, {"archived": True, "query_object": GRID}) == [2]
    assert rows(client, {"query_object": GRID}) == [3, 2, 1]
    assert rows(client, {"archived": None}) == rows(client, {}) == [3, 2, 1]


def test_8_10_a_search_shows_the_rows_that_it_names(client: Client) -> None:
    for _ in range(5):
        client.created()
    for start, end, numbers in (
        (0, 2, [5, 4]),
        (2, 4, [3, 2]),
        (4, 504, [1]),
        (5, 9, []),
        (0, 0, []),
        (9999, 10000, []),
    ):
        assert rows(client, {"query_object": GRID | {"startRow": start, "endRow": end}}) == numbers


def test_8_10_a_search_can_be_sorted_as_lists_can(client: Client) -> None:
    three(client)
    for column in ("id2", "modified_dateutc"):
        for sort, numbers in (("asc", [1, 2, 3]), ("desc", [3, 2, 1])):
            model = [{"colId": column, "sort": sort}]
            assert rows(client, {"query_object": GRID | {"sortModel": model}}) == numbers


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"query_object": GRID | {"filterModel": {"subject": {"type": "contains"}}}}, "filterModel"),
        ({"query_object": GRID | {"sortModel": [{"colId": "subject", "sort": "asc"}]}}, "sortModel"),
        ({"query_object": GRID | {"sortModel": [{"colId": "id2", "sort": "up"}]}}, "sortModel"),
        ({"query_object": GRID | {"sortModel": [{"colId": "id2", "sort": "asc"}] * 2}}, "sortModel"),
        ({"query_object": GRID | {"sortModel": {"colId": "id2"}}}, "sortModel"),
        ({"query_object": GRID | {"startRow": -1}}, "startRow"),
        ({"query_object": GRID | {"startRow": 2, "endRow": 1}}, "endRow"),
        ({"query_object": GRID | {"endRow": 501}}, "endRow"),
        ({"query_object": GRID | {"startRow": 10001, "endRow": 10002}}, "startRow"),
        ({"query_object": GRID | {"startRow": "x"}}, "startRow"),
        ({"query_object": GRID | {"groupKeys": ["x"]}}, "groupKeys"),
        ({"query_object": GRID | {"pivotMode": True}}, "pivotMode"),
        ({"query_object": GRID | {"filterModel": ["subject"]}}, "filterModel"),
        ({"query_object": GRID | {"sortModel": [{"colId": "id2", "sort": "asc", "type": "x"}]}}, "type"),
        ({"query_object": GRID | {"startrow": 0}}, "startRow twice"),
        ({"query_object": ["x"]}, "query_object"),
        ({"query_object": GRID | {"startRow": 0.5}}, "startRow must be an integer from 0 to 10000"),
        ('{"query_object": {"startRow": %s}}' % ("9" * 5000), "startRow must be an integer"),
        ('{"query_object": {"endRow": -%s}}' % ("9" * 100_000), "endRow must be an integer"),
        ('{"query_object": {"startRow": 1e9999999}}', "startRow must be an integer"),
        ({"period": "month"}, "period"),
        ({"period": " "}, "period"),
        ({"period": 0}, "period"),
        ({"archived": "maybe"}, "archived"),
        ({"filter": "x"}, "filter"),
        ('{"archived": true, "archived": false}', "twice"),
    ],
)
def test_8_10_a_search_for_more_than_there_is_is_refused(client: Client, body: Any, named: str) -> None:
    answer = client.api.search(body, company=client.company, headers={"Accept": client.content_type})
    assert named in assert_problem(answer, 400, "invalid-parameter")["detail"]


SAYING_NOTHING: list[Any] = [None, "", [], {}, False]


@pytest.mark.parametrize("nothing", SAYING_NOTHING, ids=repr)
def test_8_10_members_that_say_nothing_are_taken_whatever_their_name(client: Client, nothing: Any) -> None:
    three(client)
    grids = ("rowGroupCols", "valueCols", "pivotCols", "pivotMode", "groupKeys", "filterModel", "sortModel", "any")
    grid = {"startRow": 0, "endRow": 500} | dict.fromkeys(grids, nothing)
    assert rows(client, {"period": nothing, "archived": True, "query_object": grid}) == [2]
    assert rows(client, {"period": nothing, "query_object": nothing}) == [3, 2, 1]
    assert rows(client, {"query_object": {"startRow": nothing, "endRow": nothing}}) == [3, 2, 1]
    assert rows(client, {"query_object": {"filterModel": {"subject": nothing}}}) == [3, 2, 1]
    assert rows(client, {"archived": nothing}) == ([3, 1] if nothing is False else [3, 2, 1])


def test_8_10_a_search_takes_its_members_in_any_case(client: Client) -> None:
    three(client)
    sort = [{"COLID": "id2", "Sort": "asc", "sortIndex": None}]
    assert rows(client, {"Archived": False, "Query_Object": {"StartRow": 0, "ENDROW": 1, "sortmodel": sort}}) == [1]


def test_8_10_a_search_is_json(client: Client) -> None:
    body = "<task><query_object><startRow>5</startRow></query_object></task>"
    answer = client.api.search(body, "application/xml", company=client.company)
    assert_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["Accept"] == "application/json, text/json"
    for text in ("", "null", "[]", "{"):
        assert_problem(client.api.search(text, company=client.company), 400, "malformed-body")


def test_8_10_a_search_has_no_query_options(client: Client) -> None:
    answer = client.api.search({}, company=client.company, query={"$filter": "id2 eq 1"})
    assert "$filter" in assert_problem(answer, 400, "invalid-parameter")["detail"]


def test_8_10_a_search_never_shows_a_part_of_the_rows_as_all_of_them(
    json_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        json_client.created(remark="x" * 1000)
    monkeypatch.setattr(task_lists, "PAGE_BYTES", 2000)
    large = {"query_object": GRID | {"startRow": 1}}
    answer = json_client.api.search(large, company=json_client.company)
    assert "Send 3 as endRow" in assert_problem(answer, 400, "invalid-parameter")["detail"]
    assert rows(json_client, {"query_object": GRID | {"startRow": 1, "endRow": 3}}) == [3, 2]
    assert rows(json_client, {"query_object": GRID | {"startRow": 3}}) == [1]
    monkeypatch.setattr(task_lists, "SEARCH_QUERIES", 2)
    monkeypatch.setattr(task_lists, "QUERY_TASKS", 1)
    far = {"archived": False, "query_object": GRID | {"startRow": 3}}
    answer = json_client.api.search(far, company=json_client.company)
    assert "startRow" in assert_problem(answer, 400, "invalid-parameter")["detail"]


NAMES_BESIDE = {
    "task_type_name": "Repair request",
    "task_status_name": "New",
    "task_priority_name": "Normal",
    "company_name": "",
    "contact_fullname": "",
    "assigned_to_user_id": ZERO,
    "assigned_to_user_fullname": "",
}


def test_8_11_an_entry_has_fields_and_names_and_no_null(client: Client) -> None:
    task = client.created()
    [entry] = client.list("/api/TaskView").entries
    assert set(entry) == {*FIELDS, *NAMES_BESIDE, "date_update"}
    assert None not in entry.values()
    for name, kind in FIELDS.items():
        unset = {"guid": ZERO, "date": UNSET_DATE}.get(kind, "")
        expected = unset if task[name] is None else task[name]
        if kind == "date" and task[name]:
            # Cut to milliseconds, not rounded.
            whole, _, fraction = task[name].partition(".")
            expected = f"{whole}.{fraction[:3]:0<3}Z"
        shown = entry[name]
        assert shown == (str(expected).lower() if client.format == "xml" and kind != "string" else expected) or (
            kind == "date" and shown == expected
        ), name
    assert entry["date_update"] == entry["modified_dateutc"]
    assert {name: entry[name] for name in NAMES_BESIDE} == NAMES_BESIDE


def test_8_11_a_name_that_left_the_catalogue_is_empty(client: Client) -> None:
    client.created()
    types = client.onboard()["types"]
    client.onboard(types=[types[1] | {"default": True}, types[2]])
    [entry] = client.list("/api/TaskView").entries
    assert (entry["task_type_name"], entry["task_status_name"]) == ("", "New")


def test_8_11_json_keeps_the_page_s_order_and_types(json_client: Client) -> None:
    json_client.created()
    [entry] = json_client.list("/api/TaskView").entries
    assert list(entry) == list(task_view.KINDS)
    assert list(entry)[: len(PAGE)] == list(PAGE)
    assert (entry["archived"], entry["id2"]) == (False, 1)


def test_8_11_an_answer_s_size_is_bounded(json_client: Client) -> None:
    for _ in range(4):
        json_client.created(remark="\x7f\t" * 100_000)
    assert sum(len(page.entries) for page in json_client.pages("/api/TaskView")) == 4
