"""Gateway and function together, on any deployed stack: MiniStack, SAM local or AWS.

Bodies, headers, addresses and credentials arrive, and answers come back. What the function makes of them is tested in
tests/contract. Every run chooses new ids and leaves its tasks behind.
"""

import base64
import json
from http import HTTPStatus
from uuid import uuid4

import pytest

from tests.api import FIELDS, Answer, assert_problem
from tests.stack.client import Client, Stack
from tools.template import ROOT

JSON = "application/json"
XML = "application/xml"
SAMPLE_ID = "3970f5af-af17-4420-b038-a1efdc261244"
EMULATED = {
    "unauthorized": (401, "Unauthorized"),
    "forbidden": (403, "User is not authorized"),
    "no-such-route": (403, "Missing Authentication Token"),
}
"""The status and the message with which MiniStack and SAM local refuse a request, by the problem that it is on AWS."""
MIB = 2**20


def assert_created(answer: Answer, content_type: str = JSON) -> str:
    """Assert a 201 with the whole task, and return its address."""
    assert answer.status == 201, answer.body
    assert answer.headers["Content-Type"] == f"{content_type}; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"]
    document = answer.members()
    assert document.keys() == FIELDS.keys()
    location = answer.headers["Location"]
    assert location.rpartition("/")[2] == document["id"]
    return location


def assert_refused(answer: Answer, status: int, kind: str) -> None:
    """Assert the template's problem document for a refusal of the gateway, or what an emulator answers in its place."""
    if answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        assert_problem(answer, status, kind)
        return
    emulated_status, message = EMULATED[kind]
    assert answer.status == emulated_status, answer.body
    # MiniStack spells the member's name in two ways.
    said = {name.lower(): value for name, value in json.loads(answer.body).items()}
    assert said["message"].startswith(message)


def sample_for(stack: Stack, kind: str) -> bytes:
    """Return the published page's sample as printed, but with a new id if the printed one may be taken."""
    printed = (ROOT / f"events/bodies/published.{kind}").read_bytes()
    return printed if stack.has_demo_catalogue else printed.replace(SAMPLE_ID.encode(), str(uuid4()).encode())


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_the_published_sample_as_printed(stack: Stack, kind: str) -> None:
    # The two samples carry one id with different instants, so each goes to a company of its own.
    client = stack.alpha if kind == "json" else stack.beta
    content_type = f"application/{kind}"
    body = sample_for(stack, kind)
    answer = client.create(body, Content_Type=content_type)
    if answer.status == 422 and not stack.has_demo_catalogue:
        codes = {error["code"] for error in answer.document()["errors"]}
        assert codes <= {"unknown_reference", "missing_reference"}, answer.body
        pytest.skip("the companies' catalogues have not the entries that the published sample names")
    location = assert_created(answer, content_type)
    assert "company_id;reason=server-assigned" in answer.headers["Ignored-Fields"]
    found = client.get(location, Accept=content_type)
    assert (found.status, found.body) == (200, answer.body)
    again = client.create(body, Content_Type=content_type)
    assert assert_created(again, content_type) == location
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.body == answer.body


@pytest.mark.parametrize("path", ["/tasks", "/api/Task"])
def test_a_subject_is_enough_at_either_address(stack: Stack, path: str) -> None:
    answer = stack.alpha.create({"subject": "Printer on fire"}, path)
    location = assert_created(answer)
    task = answer.members()
    assert path in location
    assert task["subject"] == "Printer on fire"
    assert isinstance(task["id2"], int)
    for address in (location, f"/tasks/{task['id']}", f"/api/Task/{task['id']}"):
        assert stack.alpha.get(address).document() == task


def test_a_stranger_is_refused(stack: Stack) -> None:
    assert_refused(stack.stranger.create({"subject": "Printer on fire"}), 401, "unauthorized")
    for path in (f"/tasks/{uuid4()}", "/api", "/api/", "/api/$metadata"):
        assert_refused(stack.stranger.get(path), 401, "unauthorized")


def test_a_bad_key_is_refused(stack: Stack) -> None:
    key_id = stack.alpha_key.partition(".")[0]
    for key in ("nonsense", "0" * 16 + ".secret", f"{key_id}.secret", stack.alpha_key[:-1]):
        answer = Client(stack.base_url, key).create({"subject": "Printer on fire"})
        assert_refused(answer, 403, "forbidden")


def test_the_other_ways_to_send_a_key(stack: Stack) -> None:
    basic = base64.b64encode(f"{stack.alpha_key}:".encode()).decode()
    for authorization in (stack.alpha_key, f"Basic {basic}", f"bearer {stack.alpha_key}"):
        answer = stack.stranger.get(f"/tasks/{uuid4()}", Authorization=authorization)
        assert_problem(answer, 404, "no-such-task")


def test_a_replay_answers_with_the_stored_task(stack: Stack) -> None:
    key = f'"{uuid4()}"'
    first = stack.alpha.create({"subject": "Once"}, Idempotency_Key=key)
    assert "Idempotent-Replayed" not in first.headers
    again = stack.alpha.create(b"<task><subject>Once</subject></task>", Content_Type=XML, Idempotency_Key=key)
    assert assert_created(again, XML) == assert_created(first)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = stack.alpha.create({"subject": "Twice"}, Idempotency_Key=key)
    assert_problem(other, 422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("content_type", "template"),
    [(JSON, '{{"subject": "{}"}}'), (XML, "<task><subject>{}</subject></task>")],
)
def test_bytes_arrive_as_sent(stack: Stack, content_type: str, template: str) -> None:
    subject = "  Größe “7¾” 印刷機が燃えている 🔥 "
    body = template.format(subject).encode("utf-16")
    answer = stack.alpha.create(body, Content_Type=f"{content_type}; charset=utf-16")
    assert stack.alpha.get(assert_created(answer, content_type), Accept=JSON).document()["subject"] == subject


def test_the_largest_remark_and_a_larger_body(stack: Stack) -> None:
    remark = "ü" * 131_072
    stored = stack.alpha.get(assert_created(stack.alpha.create({"subject": "Long", "remark": remark})))
    assert stored.document()["remark"] == remark
    too_large = stack.alpha.create(b" " * MIB + b"{}", Content_Type=JSON)
    assert_problem(too_large, 413, "body-too-large")


def test_companies_see_nothing_of_each_other(stack: Stack) -> None:
    task_id = str(uuid4())
    of_alpha = stack.alpha.create({"id": task_id, "subject": "Of Alpha"})
    location = assert_created(of_alpha)
    hidden = assert_problem(stack.beta.get(location), 404, "no-such-task")
    absent = assert_problem(stack.beta.get(f"/tasks/{uuid4()}"), 404, "no-such-task")
    assert hidden | {"instance": ""} == absent | {"instance": ""}
    of_beta = stack.beta.create({"id": task_id, "subject": "Of Beta"})
    assert assert_created(of_beta) == location
    assert "Idempotent-Replayed" not in of_beta.headers
    assert of_beta.document()["company_id"] != of_alpha.document()["company_id"]
    assert stack.alpha.get(location).body == of_alpha.body


def test_a_task_is_changed_closed_and_read_by_its_tag(stack: Stack) -> None:
    created = stack.alpha.create({"subject": "Printer on fire", "remark": "It burns."})
    task = created.document()
    sent = {"Content_Type": "application/merge-patch+json", "If_Match": created.headers["ETag"]}
    changed = stack.alpha.send("PATCH", f"/tasks/{task['id']}", b'{"remark": null}', **sent)
    assert changed.status == 200, changed.body
    assert changed.document()["remark"] is None
    stale = stack.alpha.send("PATCH", f"/tasks/{task['id']}", b'{"remark": "It burnt."}', **sent)
    assert_problem(stale, 412, "precondition-failed")
    assert stale.headers["ETag"] == changed.headers["ETag"]
    sent["If_Match"] = stale.headers["ETag"]
    minimal = stack.alpha.send("PATCH", f"/tasks/{task['id']}", b'{"subject": "Out"}', **sent, Prefer="return=minimal")
    assert (minimal.status, minimal.body) == (204, "")
    found = stack.alpha.get(created.headers["Location"])
    assert (found.document()["subject"], found.headers["ETag"]) == ("Out", minimal.headers["ETag"])
    assert_problem(
        stack.alpha.send("PATCH", f"/tasks/{task['id']}", b"{}", Content_Type=JSON), 428, "precondition-required"
    )


@pytest.mark.parametrize("form", ["/api/Task({id})", "/api/Task%28{id}%29", "/api/Task({id2})", "/api/Task/{id}"])
def test_the_originals_addresses_replace_a_task(stack: Stack, form: str) -> None:
    task = stack.alpha.create({"subject": "Printer on fire", "remark": "It burns."}).document()
    answer = stack.alpha.send("PUT", form.format_map(task), b'{"subject": "Out"}', Content_Type=JSON)
    assert answer.status == 200, answer.body
    assert answer.members() == task | {
        "subject": "Out",
        "remark": None,
        "modified_dateutc": answer.members()["modified_dateutc"],
    }


def test_a_browser_may_ask_first(stack: Stack) -> None:
    answer = stack.stranger.send(
        "OPTIONS", "/tasks", Origin="https://app.example.com", Access_Control_Request_Method="POST"
    )
    assert HTTPStatus(answer.status).is_success, answer.body


def test_an_address_that_is_no_route(stack: Stack) -> None:
    assert_refused(stack.alpha.get("/nothing/here"), 404, "no-such-route")


# ---- Lists ----------------------------------------------------------------------------------------------------------

ATTEMPTS = 30
"""The most attempts until a list shows a new task, because an index lags behind its table."""


def listed(client: Client, reference: str, tasks: int) -> Answer:
    """The first page, of two tasks, of a list of the tasks with that reference, as soon as it knows so many."""
    url = f"/tasks?$filter=customer_reference%20eq%20'{reference}'"
    for _ in range(ATTEMPTS):
        if len(json.loads(client.get(url).body)["value"]) == tasks:
            break
    return client.get(url, Prefer="maxpagesize=2")


def test_a_list_is_followed_to_its_end(stack: Stack) -> None:
    reference = uuid4().hex
    numbers = [
        json.loads(stack.alpha.create({"subject": "x", "customer_reference": reference}).body)["id2"] for _ in range(3)
    ]
    page = listed(stack.alpha, reference, 3)
    assert page.status == 200, page.body
    assert page.headers["Preference-Applied"] == "maxpagesize=2"
    first = json.loads(page.body)
    link = first["@odata.nextLink"]
    assert page.headers["Link"] == f'<{link}>; rel="next"'
    assert link.startswith(f"{stack.base_url}/tasks?")
    second = json.loads(stack.alpha.get(link, Prefer="maxpagesize=2").body)
    assert [task["id2"] for task in first["value"] + second["value"]] == numbers[::-1]
    assert "@odata.nextLink" not in second
    assert_problem(stack.beta.get(link), 400, "invalid-parameter")
    assert_problem(stack.alpha.get("/tasks?$top=1&$top=2"), 400, "invalid-parameter")
    assert listed(stack.beta, reference, 0).status == 200


def test_the_catalogue_and_its_parts(stack: Stack) -> None:
    answer = stack.alpha.get("/catalogue")
    catalogue = json.loads(answer.body)
    unchanged = stack.alpha.get("/catalogue", If_None_Match=answer.headers["ETag"])
    assert (unchanged.status, unchanged.body) == (304, "")
    types = json.loads(stack.alpha.get("/api/TaskType?$orderby=is_default,sequence").body)["value"]
    assert {entry["id"] for entry in types} == {entry["id"] for entry in catalogue["types"]}
    assert_problem(stack.alpha.get("/api/Contact"), 404, "no-such-route")
