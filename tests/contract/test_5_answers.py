"""Contract section 5: answers."""

import json
import re
from uuid import uuid4

import pytest

from tests.api import FIELDS, INSTANCE, PAGE, Api, assert_problem, event, invoke, written
from tests.contract.client import SUBJECT, Client

ALL_FOUR = ("application/json", "text/json", "application/xml", "text/xml")
DATES = {
    "2026-06-24T03:56:41.4578039": ".4578039",
    "2026-06-24T03:56:41.4570000": ".457",
    "2026-06-24T03:56:41.0000000": "",
    "2026-06-24T03:56:40": "",
    "2026-06-20T10:00:00.1": ".1",
}


def test_5_1_created_with_location_and_the_whole_task(client: Client) -> None:
    answer = client.create({"subject": SUBJECT})
    assert answer.status == 201
    task = answer.task()
    assert answer.headers["Location"] == f"https://api.example.com/v1/tasks/{task['id']}"
    unset = {name for name in PAGE if task[name] is None}
    assert unset == {
        "contact_id",
        "to_db_table_id",
        "to_db_table_name",
        "to_id_in_table",
        "remark",
        "customer_reference",
        "date_start",
        "due_date",
        "date_closed",
        "date_assigned",
        "date_suggested_by_company",
        "reference_back_office",
    }


def test_5_1_all_23_fields_in_the_page_s_order_in_json(json_client: Client) -> None:
    names = list(json.loads(json_client.create({"subject": SUBJECT}).body))
    assert names == list(FIELDS)
    assert [name for name in names if name in PAGE] == list(PAGE)
    assert len(PAGE) == 23


def test_5_1_the_page_s_fields_have_the_page_s_types() -> None:
    assert {name: FIELDS[name] for name in PAGE} == PAGE


@pytest.mark.parametrize(
    ("change", "location"),
    [
        ({}, "https://api.example.com/v1/tasks/{}"),
        (
            {"stageVariables": {"public_url": "https://desk.example.com/base/"}},
            "https://desk.example.com/base/tasks/{}",
        ),
        ({"requestContext": {"domainName": None}}, "./tasks/{}"),
        ({"requestContext": {"domainName": "h", "path": "/v1/tasks/"}}, "https://h/v1/tasks/{}"),
        ({"requestContext": {"domainName": None, "path": "/v1/tasks/"}}, "../tasks/{}"),
        ({"requestContext": {"domainName": "h", "path": "/t\u00e9\r\nx/tasks"}}, "https://h/t%C3%A9%0D%0Ax/tasks/{}"),
    ],
)
def test_5_1_location_is_absolute_where_the_event_tells_the_host(
    api: Api, company: str, change: dict[str, dict[str, object]], location: str
) -> None:
    sent = event(body=written("json", {"subject": SUBJECT}), company=company)
    for name, values in change.items():
        sent[name] = (sent[name] or {}) | values
    answer = invoke(api.api.lambda_handler, sent)
    assert answer.headers["Location"] == location.format(answer.task()["id"])


@pytest.mark.parametrize("path", ["/tasks", "/api/Task"])
def test_5_1_location_is_right_where_the_context_has_the_resource_for_its_path(
    api: Api, company: str, path: str
) -> None:
    sent = event("POST", path, written("json", {"subject": SUBJECT}), company=company)
    sent["requestContext"]["path"] = sent["resource"]
    answer = invoke(api.api.lambda_handler, sent)
    assert answer.headers["Location"] == f"https://api.example.com{path}/{answer.task()['id']}"


@pytest.mark.parametrize(("proto", "scheme"), [("http", "http"), ("https", "https"), ("javascript", "https")])
def test_5_1_location_has_the_scheme_of_the_request(client: Client, proto: str, scheme: str) -> None:
    answer = client.create({"subject": SUBJECT}, headers={"X-Forwarded-Proto": proto})
    assert answer.headers["Location"].startswith(f"{scheme}://api.example.com/")


NEGOTIATIONS = [
    ("application/xml", "application/xml"),
    ("text/xml", "text/xml"),
    ("text/json", "text/json"),
    ("TEXT/XML", "text/xml"),
    # highest q first
    ("application/json;q=0.1, text/xml;q=0.2", "text/xml"),
    ("text/xml;q=0.9, */*;q=0.8", "text/xml"),
    ("application/xml;q=0.5, */*", "application/json"),
    ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/json"),
    ("text/xml;q=0.001, application/json;q=0.0001", "text/xml"),
    # on equal q a literal type beats type/* beats */*
    ("*/*, text/*, application/xml", "application/xml"),
    ("*/*, text/*", "text/json"),
    ("*/*, application/*", "application/json"),
    ("text/*, text/xml", "text/xml"),
    # and JSON beats XML
    ("application/xml, application/json", "application/json"),
    ("application/xml, text/json", "text/json"),
    ("text/xml;q=0.7, application/json;q=0.7", "application/json"),
    # of two of one format the first
    ("text/json, application/json", "text/json"),
    ("text/xml, application/xml", "text/xml"),
    ("*/*", "application/json"),
    ("text/*", "text/json"),
    ("application/*", "application/json"),
    # what is unspoken does not count
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml"),
    ("image/png, text/xml;q=0.1", "text/xml"),
    # a weight of 0 is a refusal
    ("application/json;q=0, */*", "text/json"),
    ("application/json;q=0, text/json;q=0.000, */*;q=0.1", "application/xml"),
    ("application/*;q=0, */*", "text/json"),
    ("text/*;q=0, text/xml", "text/xml"),
    ("*/*;q=0, text/xml;q=0.1", "text/xml"),
    ("text/json;q=0, text/*", "text/xml"),
    # parameters and malformed parts are no obstacle
    ("application/xml;version=2;q=0.9, text/json;q=0.8", "application/xml"),
    ('application/json;profile="a,text/xml;b";q=0.5, text/xml;q=0.4', "application/json"),
    ("text/xml;Q=0.9, application/json;q=0.8", "text/xml"),
    (",,application/xml,;q=1,", "application/xml"),
    ("application/xml;q=high", "application/xml"),
    ("application/xml;q=7, application/json;q=0.9", "application/xml"),
    ("application/xml;q=nan, text/json;q=0.9", "application/xml"),
    ("text/xml;q=1;q=0.1, application/json;q=0.5", "text/xml"),
]
NOTHING_ACCEPTABLE = [
    None,
    "",
    " ",
    ",",
    "image/png",
    "application/json;q=0, application/xml;q=0",
    "*/*;q=0",
    "*",
    "\u00e9",
]


@pytest.mark.parametrize(("accept", "named"), NEGOTIATIONS)
def test_5_2_the_answer_is_in_the_type_asked_for(client: Client, accept: str, named: str) -> None:
    for headers in ({"Accept": accept}, {"accept": accept}):
        answer = client.create({"subject": SUBJECT}, headers=headers)
        assert answer.status == 201
        assert answer.headers["Content-Type"] == f"{named}; charset=utf-8"
        found = client.get(answer.task()["id"], accept=None, headers=headers)
        assert found.headers["Content-Type"] == f"{named}; charset=utf-8"


@pytest.mark.parametrize("accept", NOTHING_ACCEPTABLE)
@pytest.mark.parametrize("content_type", ALL_FOUR)
def test_5_2_nothing_acceptable_is_the_format_of_the_body(api: Api, accept: str | None, content_type: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    body = written(content_type.rpartition("/")[2], {"subject": SUBJECT})
    answer = api.create(body, content_type, headers=headers)
    assert answer.status == 201
    assert answer.headers["Content-Type"] == f"{content_type}; charset=utf-8"


@pytest.mark.parametrize("accept", NOTHING_ACCEPTABLE)
def test_5_2_without_a_body_or_its_type_it_is_json(api: Api, accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}
    created = api.create('{"subject": "x"}', None, headers=headers)
    assert created.headers["Content-Type"] == "application/json; charset=utf-8"
    found = api.get(created.task()["id"], headers=headers)
    assert found.headers["Content-Type"] == "application/json; charset=utf-8"
    unreadable = api.create("subject=x", "application/x-www-form-urlencoded", headers=headers)
    assert unreadable.headers["Content-Type"] == "application/problem+json; charset=utf-8"


@pytest.mark.parametrize(("others", "named"), [(99, "text/xml"), (100, "application/json")])
def test_5_2_of_a_longer_accept_the_first_100_ranges_count(json_client: Client, others: int, named: str) -> None:
    accept = f"{'a/b, ' * others}text/xml"
    answer = json_client.create({"subject": SUBJECT}, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == f"{named}; charset=utf-8"


def test_5_2_several_accept_headers_are_one_list(api: Api, company: str) -> None:
    sent = event(body='{"subject": "x"}', company=company)
    sent["multiValueHeaders"]["accept"] = ["application/xml;q=0.5", "text/xml"]
    assert invoke(api.api.lambda_handler, sent).headers["Content-Type"] == "text/xml; charset=utf-8"


@pytest.mark.parametrize(("accept", "named"), NEGOTIATIONS)
def test_5_2_errors_negotiate_alike(client: Client, accept: str, named: str) -> None:
    answer = client.create({}, headers={"Accept": accept})
    assert_problem(answer, 422, "invalid-task", ("subject", "required"))
    assert answer.is_xml == named.endswith("xml")


@pytest.mark.parametrize("asked", ALL_FOUR)
def test_5_3_the_type_asked_for_is_the_one_named_with_its_charset(client: Client, asked: str) -> None:
    answer = client.create({"subject": "Überlauf"}, headers={"Accept": asked})
    assert answer.headers["Content-Type"] == f"{asked}; charset=utf-8"
    assert answer.task()["subject"] == "Überlauf"


def with_the_page_s_fields_only(body: str) -> str:
    for name in FIELDS.keys() - PAGE.keys():
        body = body.replace(f'<{name} i:nil="true" />', "")
    return body


def test_5_4_xml_as_in_the_page_s_sample(xml_client: Client) -> None:
    task_id = str(uuid4())
    fields = {"id": task_id, "subject": "a < b & c > \"d\" 'e'\r\n\t水", "date_create": "2026-06-24T03:56:41.457Z"}
    answer = xml_client.create(fields)
    assert re.sub(r"(<modified_dateutc>).*?Z", r"\1…", with_the_page_s_fields_only(answer.body)) == (
        f'<task xmlns:i="{INSTANCE}"><archived>false</archived><company_id>{xml_client.company}</company_id>'
        '<contact_id i:nil="true" /><created_by_servicedesk_api>true</created_by_servicedesk_api>'
        '<customer_reference i:nil="true" /><date_assigned i:nil="true" /><date_closed i:nil="true" />'
        '<date_create>2026-06-24T03:56:41.457Z</date_create><date_start i:nil="true" />'
        '<date_suggested_by_company i:nil="true" /><due_date i:nil="true" />'
        f"<id>{task_id}</id><id2>1</id2><modified_dateutc>…</modified_dateutc>"
        '<reference_back_office i:nil="true" /><remark i:nil="true" />'
        "<subject>a &lt; b &amp; c &gt; \"d\" 'e'&#xD;\n\t水</subject>"
        "<task_priority_id>d69a8b21-9de2-4ec2-9a48-f91277b2ba4c</task_priority_id>"
        "<task_status_id>d04abcdd-1a87-4d49-af1d-33ef6195ebd3</task_status_id>"
        "<task_type_id>0d617cf0-d523-44dc-aadd-19baf06cf913</task_type_id>"
        '<to_db_table_id i:nil="true" /><to_db_table_name i:nil="true" /><to_id_in_table i:nil="true" /></task>'
    )


@pytest.mark.parametrize(("sent", "fraction"), DATES.items())
def test_5_5_dates(client: Client, sent: str, fraction: str) -> None:
    shown = client.create({"subject": SUBJECT, "due_date": sent}).document()["due_date"]
    assert shown == sent[:19] + fraction + ("Z" if client.format == "xml" else "+00:00")


@pytest.mark.parametrize("prefer", ["return=minimal", 'Return="minimal"', "handling=lenient, return=minimal"])
def test_5_6_minimal_is_only_the_id_and_the_number(client: Client, prefer: str) -> None:
    answer = client.create({"subject": SUBJECT, "extra": "x"}, headers={"Prefer": prefer})
    assert answer.status == 201
    document = answer.document()
    assert list(document) == ["id", "id2"]
    assert int(document["id2"]) == 1
    assert answer.headers["Location"].endswith(f"/tasks/{document['id']}")
    assert answer.headers["Ignored-Fields"] == "extra;reason=unknown"
    assert answer.headers["Preference-Applied"].endswith("return=minimal")
    assert answer.headers["Content-Type"] == f"{client.content_type}; charset=utf-8"
    assert client.get(document["id"]).task()["subject"] == SUBJECT


def test_5_6_minimal_in_each_format(json_client: Client, xml_client: Client) -> None:
    minimal = {"headers": {"Prefer": "return=minimal"}}
    task_id = str(uuid4())
    fields = {"id": task_id, "subject": SUBJECT}
    assert json_client.create(fields, **minimal).body == f'{{"id":"{task_id}","id2":1}}'
    answer = xml_client.create(fields, **minimal)
    assert answer.body == f'<task xmlns:i="{INSTANCE}"><id>{task_id}</id><id2>1</id2></task>'


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("return=representation", "return=representation"),
        ("return=representation, return=minimal", "return=representation"),
        ("return=nothing", None),
        ("handling=strict; return=minimal", "handling=strict"),
    ],
)
def test_5_6_else_the_whole_task(client: Client, prefer: str, applied: str | None) -> None:
    answer = client.create({"subject": SUBJECT}, headers={"Prefer": prefer})
    assert answer.task()["subject"] == SUBJECT
    assert answer.headers.get("Preference-Applied") == applied


def test_5_6_a_problem_is_returned_whole(client: Client) -> None:
    answer = client.create({}, headers={"Prefer": "return=minimal"})
    assert_problem(answer, 422, "invalid-task", ("subject", "required"))
    assert "Preference-Applied" not in answer.headers


def test_5_7_every_answer_carries_its_request_id_and_is_not_to_be_stored(client: Client) -> None:
    created = client.create({"subject": SUBJECT})
    answers = [created, client.get(created.task()["id"]), client.create({}), client.get("x"), client.send(None)]
    assert [answer.status for answer in answers] == [201, 200, 422, 404, 400]
    for answer in answers:
        assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["X-Request-Id"])
        assert answer.headers["Cache-Control"] == "no-store"
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == len(answers)


def test_5_2_vary_names_the_headers_that_the_answer_depends_on(client: Client) -> None:
    created = client.create({"subject": SUBJECT})
    for answer in (created, client.create({}), client.get(created.task()["id"]), client.get("x")):
        assert answer.headers["Vary"] == "Accept, Content-Type, Prefer"


def test_a_browser_app_of_any_origin_may_read_every_answer(client: Client) -> None:
    for answer in (client.create({"subject": SUBJECT}), client.create({}), client.get("x")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"Location", "Ignored-Fields", "Preference-Applied", "X-Request-Id"} <= set(exposed)


def test_a_browser_app_of_a_listed_origin_may_and_another_may_not(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://desk.example.com,https://erp.example.com")
    for members in ({"subject": SUBJECT}, {}):
        listed = client.create(members, headers={"Origin": "https://erp.example.com"})
        assert listed.headers["Access-Control-Allow-Origin"] == "https://erp.example.com"
        for headers in ({"Origin": "https://example.com"}, {"Origin": "null"}, {}):
            other = client.create(members, headers=headers)
            assert "Access-Control-Allow-Origin" not in other.headers
            assert other.headers["Vary"] == "Accept, Content-Type, Prefer, Origin"
