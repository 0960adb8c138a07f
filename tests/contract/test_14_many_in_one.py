"""Contract section 14: many requests in one."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servicedesk.store import task_lists

from tests.api import LAMBDA_ANSWER_BYTES, Answer, assert_problem, event, invoke
from tests.contract.client import COMPLETED, SUBJECT, Client

WHOLE = {"Prefer": "return=representation"}
BASE = "https://api.example.com/v1/api/"
SAME_ADDRESSES = [
    "HTTPS://API.Example.COM/v1/api/Task",
    "https://api.example.com:443/v1/api/Task",
    "https://api.example.com:/v1/API/Task",
    "/v1/Api/Task",
]
LONG = 262_144


@pytest.fixture
def client(json_client: Client) -> Client:
    """A client that speaks JSON, as batches do."""
    return json_client


def create(id: str = "1", **more: Any) -> dict[str, Any]:
    """A request of a batch that creates a task."""
    return {"id": id, "method": "POST", "url": "Task", "body": {"subject": SUBJECT}} | more


def change(task: Mapping[str, Any], id: str = "1", **more: Any) -> dict[str, Any]:
    """A request of a batch that changes a task."""
    return {"id": id, "method": "PATCH", "url": f"Task({task['id']})", "body": {"subject": "Other"}} | more


def post(client: Client, body: Any, **headers: str) -> Answer:
    """Send a batch, or another body; anything but a text is sent as JSON."""
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    sent = {"Content-Type": "application/json"} | headers
    asked = event("POST", "/api/$batch", text, headers=sent, company=client.company, contact=client.contact)
    return invoke(client.api.api.lambda_handler, asked)


def send(client: Client, *requests: Mapping[str, Any], **headers: str) -> list[dict[str, Any]]:
    """Send a batch of these requests, and return the answers in order."""
    answer = post(client, {"requests": requests}, **headers)
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    document = answer.document()
    assert list(document) == ["responses"]
    responses: list[dict[str, Any]] = document["responses"]
    assert [one["id"] for one in responses] == [one["id"] for one in requests]
    for one in responses:
        assert set(one) - {"body"} == {"id", "status", "headers"}
        assert ("body" in one) == (one["status"] != 204) == ("Content-Type" in one["headers"])
    return responses


def refused(client: Client, *requests: Any) -> str:
    """Send a batch that is refused as a whole, and return the problem's detail."""
    before = client.list().tasks
    detail = assert_problem(post(client, {"requests": requests}), 400, "malformed-body")["detail"]
    assert client.list().tasks == before
    assert detail.endswith(" Nothing was done.")
    return str(detail)


# ---- 14.1: what a batch is ------------------------------------------------------------------------------------------


def test_14_1_a_batch_creates_and_changes(client: Client) -> None:
    first, second, third = (client.created() for _ in range(3))
    answers = send(
        client,
        create("a"),
        change(first, "b"),
        change(second, "c", method="PUT", body={"subject": "Replaced"}),
        change(third, "d", body={"task_status_id": COMPLETED}),
    )
    assert [one["status"] for one in answers] == [201, 204, 204, 204]
    assert [task["subject"] for task in client.list(query={"$orderby": "id2"}).tasks] == [
        *("Other", "Replaced", SUBJECT, SUBJECT),
    ]
    assert client.get(third["id"]).task()["archived"]


def test_14_1_an_empty_batch_has_no_answers(client: Client) -> None:
    assert send(client) == []


@pytest.mark.parametrize("url", ["Task", "task", BASE + "Task", "/v1/api/Task", "%54ask", "Task/", *SAME_ADDRESSES])
def test_14_1_a_url_is_relative_to_api_or_absolute_below_it(client: Client, url: str) -> None:
    [answer] = send(client, create(url=url, body={"subject": SUBJECT, "id": str(uuid4())}))
    assert answer["status"] == 201
    task = client.get(answer["body"]["id"]).task()
    assert answer["headers"]["Location"].startswith(BASE)
    assert answer["headers"]["Location"].endswith(f"/{task['id']}")
    for form in ("Task({})", "Task/{}", "TASK(id={})"):
        name = url.replace("Task/", "Task").replace("task", "Task").replace("%54ask", "Task")
        [answer] = send(client, change(task, url=name.replace("Task", form.format(task["id"]))))
        assert answer["status"] == 204, answer


def test_14_1_a_task_can_be_named_by_its_number(client: Client) -> None:
    task = client.created()
    [answer] = send(client, change(task, url=f"Task({task['id2']})"))
    assert answer["headers"]["Content-Location"] == f"{BASE}Task/{task['id']}"
    assert client.get(task["id"]).task()["subject"] == "Other"


@pytest.mark.parametrize("url", ["Task?validate_only=true", BASE + "Task?Validate_Only=1", "Task?_=17&validate_only=1"])
def test_14_1_query_options_count_as_alone(client: Client, url: str) -> None:
    [answer] = send(client, create(url=url))
    assert (answer["status"], answer["body"]["id2"]) == (200, None)
    [answer] = send(client, create(url=url.replace("=1", "=2").replace("true", "yes")))
    assert (answer["status"], answer["body"]["type"]) == (400, "urn:servicedesk:problem:invalid-parameter")
    assert client.list().tasks == []
    assert client.created()["id2"] == 1


def test_14_1_an_option_that_a_create_does_not_take_is_refused_as_alone(client: Client) -> None:
    [answer] = send(client, create(url="Task?validateOnly=true"))
    assert answer["status"] == 400
    assert "validateOnly is not supported here" in answer["body"]["detail"]
    assert client.list().tasks == []


def test_14_1_a_request_has_its_own_headers(client: Client) -> None:
    task = client.created()
    stale = {"If-Match": 'W/"7-7"'}
    answers = send(
        client,
        create("1", headers={"idempotency-key": "order-1"}),
        create("2", headers={"Idempotency-Key": '"order-2"'}),
        change(task, "3", headers=stale),
        create("4", headers={"PREFER": "handling=strict"}, body={"subject": SUBJECT, "colour": "red"}),
    )
    assert [one["status"] for one in answers] == [201, 201, 412, 422]
    assert answers[2]["headers"]["ETag"] == client.get(task["id"]).headers["ETag"]
    alone = client.create({"subject": SUBJECT}, headers={"Idempotency-Key": "order-1"}, path="/api/Task")
    assert alone.headers["Idempotent-Replayed"] == "true"
    assert alone.document()["id"] == answers[0]["body"]["id"]


def test_14_1_headers_of_the_batch_are_not_those_of_its_requests(client: Client) -> None:
    answers = send(client, create("1"), create("2"), **{"Idempotency-Key": "order-1", "If-Match": "nonsense"})
    assert [one["status"] for one in answers] == [201, 201]
    assert len(client.list().tasks) == 2


def test_14_1_methods_match_in_any_case_and_annotations_say_nothing(client: Client) -> None:
    sent = create(method="post") | {"@note": {"a": 1}, "headers": None}
    answer = post(client, {"@odata.context": "x", "requests": [sent], "more": None})
    assert answer.document()["responses"][0]["status"] == 201


def test_14_1_a_body_can_be_utf_16_as_alone(client: Client) -> None:
    body = json.dumps({"requests": [create(body={"subject": "Zażółć 🖨"})]}, ensure_ascii=False).encode("utf-16")
    answer = post(client, body)
    task_id = answer.document()["responses"][0]["body"]["id"]
    assert client.get(task_id).task()["subject"] == "Zażółć 🖨"


def test_14_1_a_hundred_requests_are_the_most(client: Client) -> None:
    requests = [create(str(place)) for place in range(101)]
    assert "has 101 requests; the limit is 100" in refused(client, *requests)
    answers = send(client, *requests[:100])
    assert {one["status"] for one in answers} == {201}
    assert [one["body"]["id2"] for one in answers] == list(range(1, 101))


def test_14_1_255_characters_are_the_most_of_an_id(client: Client) -> None:
    assert "Request 2 of the batch has an id of more than 255" in refused(client, create("1"), create("🖨" * 256))
    [answer] = send(client, create("🖨" * 255))
    assert answer["status"] == 201


def test_14_1_a_mebibyte_is_the_most(client: Client) -> None:
    remarks = [create(str(place), body={"subject": SUBJECT, "remark": "x" * 200_000}) for place in range(5)]
    body = json.dumps({"requests": remarks})
    padded = body + " " * (1_048_576 - len(body))
    assert_problem(post(client, padded + " "), 413, "body-too-large")
    assert client.list().tasks == []
    assert {one["status"] for one in post(client, padded).document()["responses"]} == {201}


# ---- 14.2: each as alone, and what a batch refuses ------------------------------------------------------------------

NOBODY = "0ddc0de0-0000-4000-8000-00000000000e"
BODIES: Mapping[str, Any] = {
    "a number": {"subject": SUBJECT, "customer_reference": 1.50},
    "ignored": {"subject": SUBJECT, "Colour": "red", "company_id": NOBODY, "@note": 1},
    "faults": {"subject": "x" * 151, "due_date": "never"},
    "an unknown type": {"subject": SUBJECT, "task_type_id": NOBODY},
    "an array within": {"subject": ["a"]},
    "nothing": {},
    "null": None,
    "a text": "text",
    "an array": [],
    "a bare number": 17,
}


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an answer that belong to its request, and not to the transport."""
    transport = ("Cache-Control", "Vary", "X-Request-Id")
    return {
        name: text for name, text in headers.items() if name not in transport and not name.startswith("Access-Control-")
    }


def without_chance(document: Any) -> Any:
    """Return a body without the values that differ in each answer."""
    new = ("id2", "modified_dateutc", "date_create", "instance", "@odata.etag", "@odata.context")
    return {name: value for name, value in document.items() if name not in new}


@pytest.mark.parametrize("prefer", ["return=representation", "return=representation, handling=strict"])
@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_14_2_each_has_the_answer_that_it_would_have_alone(client: Client, method: str, kind: str, prefer: str) -> None:
    body = BODIES[kind]
    headers = {"Prefer": prefer, "Content-Type": "application/json"}
    if method == "POST":
        path, urls = "/api/Task", ["Task", "Task"]
        if isinstance(body, dict):
            body = body | {"id": str(uuid4())}
    else:
        urls = [f"Task({client.created()['id']})" for _ in range(2)]
        path = f"/api/{urls[0]}"
    text = json.dumps(body)
    alone_company = client.stranger() if method == "POST" else client
    sent = event(method, path, text, headers=headers, company=alone_company.company, contact=client.contact)
    alone = invoke(client.api.api.lambda_handler, sent)
    [batched] = send(client, {"id": "1", "method": method, "url": urls[1], "headers": headers, "body": body})
    assert batched["status"] == alone.status
    there, here = without_chance(alone.document()), without_chance(batched["body"])
    if method == "POST":
        there |= {"company_id": client.company} if "company_id" in there else {}
        assert kept(batched["headers"]) | {"ETag": ""} == kept(alone.headers) | {"ETag": ""}
    else:
        there |= {"id": here["id"]} if "id" in there else {}
    assert here == there


def test_14_2_a_body_that_is_missing_is_the_answer_of_a_missing_body(client: Client) -> None:
    sent = create()
    del sent["body"]
    [answer] = send(client, sent)
    assert (answer["status"], answer["body"]["detail"]) == (400, "The body is empty.")


def test_14_2_a_field_given_twice_is_refused_as_alone(client: Client) -> None:
    sent = json.dumps({"requests": [create("1"), create("2")]}).replace('{"subject"', '{"Subject": "x", "subject"', 1)
    first, second = post(client, sent).document()["responses"]
    assert (first["status"], second["status"]) == (400, 201)
    assert "given twice" in first["body"]["detail"]


def test_14_2_a_compressed_body_is_refused_as_alone(client: Client) -> None:
    [answer] = send(client, create(headers={"Content-Encoding": "gzip"}))
    assert (answer["status"], answer["headers"]["Accept-Encoding"]) == (415, "identity")


def test_14_2_one_that_fails_stops_no_other(client: Client) -> None:
    answers = send(
        client,
        create("1", body={"subject": " "}),
        create("2"),
        change({"id": uuid4()}, "3"),
        create("4", headers={"Idempotency-Key": "é"}),
        create("5"),
    )
    assert [one["status"] for one in answers] == [422, 201, 404, 400, 201]
    assert [answers[1]["body"]["id2"], answers[4]["body"]["id2"]] == [1, 2]
    for one in answers:
        if one["status"] >= 400:
            assert one["body"]["type"].startswith("urn:servicedesk:problem:")


@pytest.mark.parametrize("prefer", ["continue-on-error", "odata.continue-on-error", "Continue-On-Error=true"])
def test_14_2_continue_on_error_is_honoured(client: Client, prefer: str) -> None:
    answer = post(client, {"requests": [create("1", body={}), create("2")]}, Prefer=prefer)
    assert answer.headers["Preference-Applied"] == "continue-on-error"
    assert [one["status"] for one in answer.document()["responses"]] == [422, 201]


@pytest.mark.parametrize("prefer", ["continue-on-error=false", 'odata.continue-on-error="false"'])
def test_14_2_a_batch_that_is_to_stop_is_refused(client: Client, prefer: str) -> None:
    assert_problem(post(client, {"requests": [create()]}, Prefer=prefer), 400, "invalid-header")
    assert client.list().tasks == []


@pytest.mark.parametrize("accept", ["application/xml", "text/xml;q=0.1"])
def test_14_2_the_answer_is_json_whatever_is_asked_for(client: Client, accept: str) -> None:
    [answer] = send(client, create(headers={"Accept": accept}), Accept=accept)
    assert answer["status"] == 201
    for path in ("/api/$batch", "/API/%24Batch/"):
        sent = event("POST", path, "{}", headers={"Accept": accept}, company=client.company)
        refusal = invoke(client.api.api.lambda_handler, sent)
        assert refusal.headers["Content-Type"] == "application/json; charset=utf-8"
        assert_problem(refusal, 400, "malformed-body")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("atomicityGroup", "g1"),
        ("ATOMICITYGROUP", "g1"),
        ("dependsOn", ["1"]),
        ("if", "$1/id eq 1"),
        ("more", 0.5),
    ],
)
def test_14_2_a_member_that_a_batch_cannot_honour_is_refused_by_name(client: Client, member: str, value: Any) -> None:
    detail = refused(client, create("1"), create("2") | {member: value})
    assert detail.startswith(f"Request 2 of the batch has {member}, which is not supported.")


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_14_2_a_member_that_says_nothing_is_left_out(client: Client, value: Any) -> None:
    [answer] = send(client, create() | {"dependsOn": value, "atomicityGroup": value})
    assert answer["status"] == 201


@pytest.mark.parametrize("name", ["Prefer", "If-Match", "Idempotency-Key", "X" * 11_000, "url"])
def test_14_2_a_head_that_would_be_too_long_alone_is_refused(client: Client, name: str) -> None:
    more = {"url": f"Task?_={'1' * 11_000}"} if name == "url" else {"headers": {name: '"1",' * 3_000}}
    assert "more than 10240 characters" in refused(client, create(**more))


def test_14_2_two_equal_ids_are_refused(client: Client) -> None:
    assert "Requests 2 and 3 of the batch have the same id." in refused(client, *map(create, ("1", "2", "2")))


@pytest.mark.parametrize(
    "more",
    [
        {"id": None},
        {"id": 1},
        {"id": ""},
        {"id": "\ud800"},
        {"method": None},
        {"method": ["POST"]},
        {"url": None},
        {"url": 17},
        {"headers": "Prefer: x"},
        {"headers": {"Prefer": ["x"]}},
        {"headers": {"Prefer": True}},
    ],
)
def test_14_2_a_request_that_is_none_is_refused(client: Client, more: dict[str, Any]) -> None:
    assert refused(client, create("0"), create() | more).startswith("Request 2 of the batch needs ")


@pytest.mark.parametrize("request_", [None, "x", 1, [], [create()]])
def test_14_2_what_is_no_object_is_no_request(client: Client, request_: Any) -> None:
    assert "must be an object" in refused(client, request_)


@pytest.mark.parametrize("body", ["{}", '{"requests": null}', '{"requests": {}}', '{"requests": "x"}'])
def test_14_2_a_batch_without_requests_is_none(client: Client, body: str) -> None:
    assert "needs an array named requests" in assert_problem(post(client, body), 400, "malformed-body")["detail"]


@pytest.mark.parametrize("body", ["", " ", "null", "[]", '"x"', "{", "[" * 50_000, '{"requests": [NaN]}'])
def test_14_2_a_body_that_is_no_json_object_is_refused(client: Client, body: str) -> None:
    assert_problem(post(client, body), 400, "malformed-body")


@pytest.mark.parametrize("body", ["null", "[]", '"x"'])
def test_14_2_a_body_that_is_no_object_is_no_batch(client: Client, body: str) -> None:
    detail = assert_problem(post(client, body), 400, "malformed-body")["detail"]
    assert detail.endswith("; a batch is a JSON object.")


def test_14_2_a_member_given_twice_is_refused(client: Client) -> None:
    for body in ('{"requests": [], "Requests": []}', '{"requests": [{"id": "1", "ID": "2"}]}'):
        assert " twice." in assert_problem(post(client, body), 400, "malformed-body")["detail"]


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_14_2_a_key_within_is_refused(client: Client, name: str) -> None:
    assert "has an Authorization header" in refused(client, create("1"), create("2", headers={name: "Bearer x"}))


@pytest.mark.parametrize("content_type", ["application/xml", "text/plain", "multipart/mixed; boundary=x", "x", "a, b"])
def test_14_2_a_body_within_that_is_not_json_is_refused(client: Client, content_type: str) -> None:
    assert "has a Content-Type that is not JSON" in refused(client, create(headers={"Content-Type": content_type}))


def test_14_2_any_json_is_json(client: Client) -> None:
    tasks = [client.created() for _ in range(2)]
    types = ["application/json; odata.metadata=minimal; charset=utf-16", "application/merge-patch+json"]
    answers = send(
        client,
        *(change(task, str(place), headers={"Content-Type": types[place]}) for place, task in enumerate(tasks)),
        create("2", headers={"Content-Type": "text/json"}),
    )
    assert [one["status"] for one in answers] == [204, 204, 201]
    assert "not JSON" in refused(client, create(headers={"Content-Type": types[1]}))


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "Task"),
        ("GET", "Task(1)"),
        ("DELETE", "Task(1)"),
        ("POST", "Task(1)"),
        ("PATCH", "Task"),
        ("POST", "$batch"),
        ("POST", "TaskView/Search"),
        ("POST", "Tasks"),
        ("POST", ""),
        ("POST", "/Task"),
        ("POST", "/tasks"),
        ("POST", "../tasks"),
        ("PATCH", "../tasks/1"),
        ("POST", "https://elsewhere.example/v1/api/Task"),
        ("POST", "https://api.example.com/v1/tasks"),
        ("POST", "http://api.example.com/v1/api/Task"),
        ("POST", "https://api.example.com:8443/v1/api/Task"),
        ("POST", "https://api.example.com/V1/api/Task"),
        ("POST", "https://api.example.com.evil.example/v1/api/Task"),
        ("POST", "https://[/v1/api/Task"),
        ("po\u017ft", "Task"),
        ("POST", "Task#x"),
        ("PATCH", "$1"),
        ("", "Task"),
        ("HEAD", "Task"),
    ],
)
def test_14_2_what_a_batch_does_not_take_is_refused(client: Client, method: str, url: str) -> None:
    client.created()
    detail = refused(client, create("0"), create(method=method, url=url))
    assert detail.startswith("Request 2 of the batch ")


def named_twice() -> Iterator[tuple[str, Any]]:
    """Pairs of requests that name the same task, which has this id and this number."""
    by_key = {"headers": {"Idempotency-Key": "k"}}
    yield "two creates by id", lambda task: (create("1", body=ids(task)), create("2", body=ids(task, str.upper)))
    yield "two creates by key", lambda _: (create("1", **by_key), create("2", headers={"idempotency-key": '"k"'}))
    yield "a create and a change", lambda task: (create("1", body=ids(task)), change(task, "2"))
    yield "two changes", lambda task: (change(task, "1"), change(task, "2", method="PUT"))
    yield "two spellings", lambda task: (change(task, "1"), change(task, "2", url=f"TASK(id={task['id'].upper()})"))
    yield "two numbers", lambda task: (change(task, "1", url="Task(1)"), change(task, "2", url="Task/01"))
    yield "id and number", lambda task: (change(task, "1"), change(task, "2", url=f"Task({task['id2']})"))
    yield "invalid ones", lambda task: (create("1", body={"ID": task["id"]}), change(task, "2", body={"subject": ""}))


def ids(task: Mapping[str, Any], spell: Any = str) -> dict[str, Any]:
    return {"id": spell(task["id"]), "subject": SUBJECT}


@pytest.mark.parametrize("pair", [pytest.param(pair, id=name) for name, pair in named_twice()])
def test_14_2_two_requests_that_name_the_same_task_are_refused(client: Client, pair: Any) -> None:
    task = client.created()
    assert "Requests 1 and 2 of the batch name the same task." in refused(client, *pair(task))


def test_14_2_requests_that_name_different_tasks_are_not(client: Client) -> None:
    first, second = client.created(), client.created()
    answers = send(
        client,
        change(first, "1"),
        change(second, "2", url="Task(2)"),
        change(first, "3", url="Task(999)"),
        create("4"),
        create("5"),
        create("6", headers={"Idempotency-Key": "a"}),
        create("7", headers={"Idempotency-Key": "b"}),
        create("8", body={"id": "no id"}),
        create("9", body={"id": "no id"}),
        change(first, "10", url="Task(no-id)"),
        change(first, "11", url="Task(no-id)"),
    )
    assert [one["status"] for one in answers] == [204, 204, 404, 201, 201, 201, 201, 422, 422, 404, 404]


def test_14_2_a_number_that_a_create_of_the_batch_gets_is_missing(client: Client) -> None:
    client.created()
    for number in (2, 3):
        change_, create_ = change({"id": number}, "1"), create("2", body={"subject": SUBJECT, "id": str(uuid4())})
        answers = send(client, *((change_, create_) if number == 2 else (create_, change_)))
        assert sorted(one["status"] for one in answers) == [201, 404]
        assert client.list(query={"$orderby": "id2"}).tasks[-1]["id2"] == number
    assert {one["subject"] for one in client.list().tasks} == {SUBJECT}


def test_14_2_numbers_are_looked_up_together_and_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers that were given to no task leave time for the others."""
    waited: list[float] = []
    monkeypatch.setattr(task_lists, "TaskLists", partial(task_lists.TaskLists, wait=waited.append))
    tasks = [client.created() for _ in range(5)]
    client.api.api.stores.tasks.start_numbers_at(client.company, 50)
    asked: list[object] = []
    events = client.api.api.client.meta.events
    events.register("provide-client-params.dynamodb.Query", see := lambda **_: asked.append(_))
    try:
        missing = [change({"id": number}, str(number)) for number in range(10, 16)]
        answers = send(client, *missing, *(change({"id": task["id2"]}, task["id"]) for task in tasks))
    finally:
        events.unregister("provide-client-params.dynamodb.Query", see)
    assert [one["status"] for one in answers] == [404] * 6 + [204] * 5
    assert answers[0]["body"]["detail"] == "The company has no task with this number."
    assert waited == list(task_lists.PAUSES)
    assert len(asked) == 6 * 2 * (1 + len(task_lists.PAUSES)) + 5


@pytest.mark.parametrize(
    "content_type", ["multipart/mixed; boundary=batch_1", "application/xml", "text/xml", "text/plain", "x"]
)
def test_14_2_multipart_and_all_that_is_not_json_is_a_415(client: Client, content_type: str) -> None:
    answer = post(client, {"requests": [create()]}, **{"Content-Type": content_type, "Accept": "application/json"})
    assert_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["Accept"] == "application/json, text/json"
    assert client.list().tasks == []


def test_14_2_a_batch_sees_its_own_company_alone(client: Client) -> None:
    task = client.created()
    stranger = client.stranger()
    [answer] = send(stranger, change(task))
    assert answer["status"] == 404
    assert client.get(task["id"]).task() == task


def test_14_2_credentials_without_a_company_are_refused(client: Client) -> None:
    sent = event("POST", "/api/$batch", json.dumps({"requests": [create()]}), company=None)
    assert_problem(invoke(client.api.api.lambda_handler, sent), 403, "no-company")


# ---- 14.3: repeatable -----------------------------------------------------------------------------------------------


def test_14_3_the_same_batch_again_makes_nothing_twice(client: Client) -> None:
    task = client.created()
    batch = [
        create("1", body={"subject": SUBJECT, "id": str(uuid4())}),
        create("2", headers={"Idempotency-Key": "order-1"}),
        change(task, "3", headers={"If-Match": client.get(task["id"]).headers["ETag"]}),
    ]
    first = send(client, *batch)
    stored = client.list().tasks
    again = send(client, *batch)
    assert client.list().tasks == stored
    assert [one["status"] for one in again] == [one["status"] for one in first] == [201, 201, 204]
    assert [one["headers"].get("Idempotent-Replayed") for one in first] == [None, None, None]
    assert [one["headers"].get("Idempotent-Replayed") for one in again] == ["true", "true", None]
    assert [one.get("body") for one in again] == [one.get("body") for one in first]
    assert [one["headers"]["ETag"] for one in again] == [one["headers"]["ETag"] for one in first]


# ---- 14.4: the size of an answer ------------------------------------------------------------------------------------


def test_14_4_answers_are_minimal_unless_a_request_says_otherwise(client: Client) -> None:
    tasks = [client.created() for _ in range(4)]
    answers = send(
        client,
        create("1"),
        create("2", headers=WHOLE),
        create("3", headers={"Prefer": "return=minimal"}),
        create("4", headers={"Prefer": "handling=lenient"}),
        *(
            change(task, str(place), headers={"Prefer": prefer})
            for place, (task, prefer) in enumerate(
                zip(tasks, ["", "return=representation", "return=minimal", "handling=strict"], strict=True), 5
            )
        ),
    )
    assert [one["status"] for one in answers] == [201, 201, 201, 201, 204, 200, 204, 204]
    for one in (answers[0], answers[2], answers[3]):
        assert set(one["body"]) == {"id", "id2"}
    assert answers[1]["body"]["subject"] == SUBJECT
    assert answers[5]["body"]["subject"] == "Other"
    assert answers[5]["headers"]["ETag"] == client.get(tasks[1]["id"]).headers["ETag"]


@pytest.mark.parametrize(
    ("prefer", "whole", "applied"),
    [
        (",".join(f"a{place}" for place in range(100)), False, None),
        ('foo="', False, None),
        ("return", False, None),
        ("return=", False, None),
        ("return=foo", False, None),
        ("return=xx, return=minimal", False, None),
        ("return=minimal, return=representation", False, "return=minimal"),
        ('handling=strict; x="', False, "handling=strict"),
        ('RETURN="Representation"; x', True, "return=representation"),
        ("return=representation, return=minimal", True, "return=representation"),
    ],
)
def test_14_4_only_what_is_preferred_whole_is_whole(
    client: Client, prefer: str, whole: bool, applied: str | None
) -> None:
    made, changed = send(
        client,
        create("1", headers={"Prefer": prefer}),
        change(client.created(), "2", headers={"Prefer": prefer}),
    )
    assert ("subject" in made["body"]) is whole
    assert changed["status"] == (200 if whole else 204)
    for one in (made, changed):
        assert one["headers"].get("Preference-Applied") == applied


@pytest.mark.parametrize(("character", "number"), [("x", 24), ('"', 9), ("é", 24), ("🖨", 24), ("\n", 9)])
def test_14_4_the_whole_answer_stays_below_5_mb(client: Client, character: str, number: int) -> None:
    size = LONG // len(character.encode())
    tasks = [client.created(remark=character * size) for _ in range(number)]
    answers = post(
        client,
        {"requests": [*(change(task, task["id"], headers=WHOLE) for task in tasks), create("last", headers=WHOLE)]},
    )
    assert len(answers.body.encode()) < 5_000_000 < LAMBDA_ANSWER_BYTES
    *changes, last = answers.document()["responses"]
    whole = [one["status"] == 200 for one in changes]
    assert whole == sorted(whole, reverse=True), "the later ones are minimal"
    assert 3 <= sum(whole) < number
    for one, task in zip(changes, tasks, strict=True):
        if one["status"] == 200:
            assert one["body"]["remark"] == task["remark"]
            assert one["headers"]["Preference-Applied"] == "return=representation"
        else:
            assert set(one) == {"id", "status", "headers"}
            assert one["headers"]["Preference-Applied"] == "return=minimal"
        assert one["headers"]["ETag"] == client.get(task["id"]).headers["ETag"]
    assert set(last["body"]) == {"id", "id2"}, "no entity any more (13.2)"


@pytest.mark.parametrize("fill", ["", "\x01" * 250])
def test_14_4_many_faults_and_long_ids_do_not_make_it_larger_either(client: Client, fill: str) -> None:
    body = {"subject": SUBJECT} | {f"x{place:x}": 1 for place in range(1000)}
    strict = {"Prefer": "handling=strict"}
    answer = post(
        client, json.dumps({"requests": [create(f"{place}{fill}", body=body, headers=strict) for place in range(80)]})
    )
    assert len(answer.body.encode()) < 5_000_000
    responses = answer.document()["responses"]
    assert {one["status"] for one in responses} == {422}
    assert len(responses[0]["body"]["errors"]) == 1000
    assert "errors" not in responses[-1]["body"]
    assert responses[-1]["body"]["detail"].startswith("1000 fields are not valid: ")


# ---- 14.5: numbers --------------------------------------------------------------------------------------------------


def test_14_5_creates_are_numbered_in_the_order_of_the_batch(client: Client) -> None:
    task = client.created()
    requests: list[dict[str, Any]] = []
    for place in range(30):
        requests.append(create(f"a{place}", body={"subject": f"Task {place}"}))
        requests.append(create(f"b{place}", body={"subject": ""}))
    requests.insert(7, change(task, "c"))
    answers = send(client, *requests)
    assert [one["body"]["id2"] for one in answers if one["status"] == 201] == list(range(2, 32))
    created = client.list(query={"$orderby": "id2", "$skip": "1"}).tasks
    assert [one["subject"] for one in created] == [f"Task {place}" for place in range(30)]


def test_14_5_the_numbers_are_taken_in_one_request_and_only_for_what_is_written(client: Client) -> None:
    asked: list[dict[str, Any]] = []

    def see(params: dict[str, Any], **_: object) -> None:
        asked.append(params)

    events = client.api.api.client.meta.events
    events.register("provide-client-params.dynamodb.UpdateItem", see)
    try:
        answers = send(
            client,
            create("1"),
            create("2", body={}),
            create("3", url="Task?validate_only=1"),
            create("4", headers={"Idempotency-Key": ""}),
            create("5"),
        )
        assert [one["status"] for one in answers] == [201, 422, 200, 400, 201]
        assert [params["ExpressionAttributeValues"] for params in asked] == [{":count": {"N": "2"}}]
        send(client, create("1", body={}), change({"id": uuid4()}, "2"))
        assert len(asked) == 1
    finally:
        events.unregister("provide-client-params.dynamodb.UpdateItem", see)
    assert client.created()["id2"] == 3


# ---- All rules ------------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
REQUEST = st.fixed_dictionaries(
    {
        "id": st.text(st.characters(), max_size=2) | JSON,
        "method": st.sampled_from(["POST", "PATCH", "PUT", "GET", "post"]) | JSON,
        "url": st.sampled_from(["Task", "Task(1)", "Task(2)", "Task?validate_only=1"]) | st.text(max_size=9) | JSON,
    },
    optional={
        "headers": st.dictionaries(st.sampled_from(["Prefer", "If-Match", "Idempotency-Key"]), st.text(max_size=5))
        | JSON,
        "body": st.fixed_dictionaries({"subject": st.text(max_size=5)}) | JSON,
    },
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=st.lists(REQUEST, max_size=4) | JSON)
def test_14_2_whatever_a_batch_holds_it_is_answered_or_refused_as_a_whole(client: Client, requests: Any) -> None:
    answer = post(client, {"requests": requests})
    if answer.status != 200:
        assert_problem(answer, 400, "malformed-body")
        return
    responses = answer.document()["responses"]
    assert [one["id"] for one in responses] == [one["id"] for one in requests]
    assert {one["status"] for one in responses} <= {200, 201, 204, 400, 404, 409, 412, 422}
