"""Contract rule 12.1: whose credentials a write was made with, which no client can say."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from servicedesk.domain.actor import NOBODY, Actor
from servicedesk.store import task_items, task_stream

from tests.api import ALPHA_CONTACT, Api, event, invoke, written
from tests.conftest import shared_api
from tests.events.bus import record, stream_arn
from tests.lists.board import a_task

KEY, OTHER_KEY = "0123456789abcdef", "fedcba9876543210"
OTHER_CONTACT = "c1c1c1c1-0000-4000-8000-00000000000b"


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with shared_api() as functions:
        yield functions


@pytest.fixture
def company() -> str:
    return str(uuid4())


def item_of(company: str, task_id: str) -> Any:
    key = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": f"TASK#{task_id}"}}
    return boto3.client("dynamodb").get_item(TableName="TasksTable", Key=key)["Item"]


def actor_of(new: Any, old: Any = None) -> Actor:
    """The actor of the event that a write makes, by the item after and before it."""
    change = {"Keys": {name: new[name] for name in ("pk", "sk")}, "NewImage": new, "SequenceNumber": "1"}
    told = task_stream.read({"eventSourceARN": stream_arn(), "dynamodb": change | ({"OldImage": old} if old else {})})
    assert told
    return told.actor


def sent_by(authorizer: dict[str, Any], method: str, path: str, body: str, **more: Any) -> dict[str, Any]:
    sent = event(method, path, body, **more)
    sent["requestContext"]["authorizer"] = authorizer
    return sent


def test_12_1_each_version_has_the_actor_that_wrote_it(api: Api, company: str) -> None:
    task_id = api.create({"subject": "x"}, company=company).document()["id"]
    first = item_of(company, task_id)
    assert actor_of(first) == Actor(ALPHA_CONTACT, KEY)
    other = {"company_id": company, "contact_id": OTHER_CONTACT, "key_id": OTHER_KEY}
    headers = {"If-Match": "*"}
    changing = sent_by(other, "PATCH", f"/tasks/{task_id}", '{"subject": "y"}', headers=headers)
    assert invoke(api.api.lambda_handler, changing).status == 200
    second = item_of(company, task_id)
    assert actor_of(second, first) == Actor(OTHER_CONTACT, OTHER_KEY)
    assert api.change(task_id, {"subject": "z"}, company=company, contact=None).status == 200
    assert actor_of(item_of(company, task_id), second) == Actor(None, KEY)


def test_12_1_what_writes_nothing_leaves_the_actor(api: Api, company: str) -> None:
    """A replay of a create, and a change that is made already."""
    body = {"id": "d0d0d0d0-0000-4000-8000-00000000000d", "subject": "x"}
    api.create(body, company=company)
    before = item_of(company, body["id"])
    assert api.create(body, company=company, contact=OTHER_CONTACT).status == 201
    assert api.change(body["id"], {"subject": "x"}, company=company, contact=OTHER_CONTACT).status == 200
    assert api.change(body["id"], {"subject": "y"}, company=company, query={"validate_only": "true"}).status == 200
    assert item_of(company, body["id"]) == before


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_12_1_no_body_header_or_query_names_the_actor(api: Api, company: str, format_: str) -> None:
    forged = {"contact_id": OTHER_CONTACT, "key_id": OTHER_KEY, "actor": f"2 {OTHER_CONTACT} {OTHER_KEY}"}
    headers = {"X-Key-Id": OTHER_KEY, "key_id": OTHER_KEY, "contact_id": OTHER_CONTACT, "actor": OTHER_KEY}
    body, kind = written(format_, {"subject": "x", **forged, "created": f"x {OTHER_KEY}"}), f"application/{format_}"
    created = api.create(body, kind, headers=headers, company=company)
    assert created.status == 201
    assert "key_id;reason=unknown" in created.headers["Ignored-Fields"]
    task_id = created.headers["Location"].rpartition("/")[2]
    first = item_of(company, task_id)
    assert actor_of(first) == Actor(ALPHA_CONTACT, KEY)
    changed = api.change(task_id, written(format_, {"subject": "y", **forged}), kind, headers=headers, company=company)
    assert changed.status == 200
    assert actor_of(item_of(company, task_id), first) == Actor(ALPHA_CONTACT, KEY)
    for name in ("key_id", "actor", "contact_id"):
        query = {name: OTHER_KEY}
        assert api.create({"subject": "x"}, query=query, company=company).status == 400
        assert api.change(task_id, {"subject": "z"}, query=query, company=company).status == 400


def test_12_1_no_request_of_a_batch_names_the_actor(api: Api, company: str) -> None:
    headers = {"key_id": OTHER_KEY, "contact_id": OTHER_CONTACT, "X-Key-Id": OTHER_KEY}
    forged = {"subject": "x", "key_id": OTHER_KEY, "contact_id": OTHER_CONTACT, "authorizer": {"key_id": OTHER_KEY}}
    request = {"id": "1", "method": "POST", "url": "Task", "headers": headers, "body": forged}
    batch = event("POST", "/api/$batch", json.dumps({"requests": [request]}), company=company)
    [answer] = invoke(api.api.lambda_handler, batch).document()["responses"]
    assert answer["status"] == 201, answer
    assert actor_of(item_of(company, answer["body"]["id"])) == Actor(ALPHA_CONTACT, KEY)


@pytest.mark.parametrize(
    ("shape", "key_id"),
    [
        (lambda named: named, KEY),
        (lambda named: {"lambda": named}, KEY),
        (lambda named: {"jwt": {"claims": named, "scopes": None}}, None),
        (lambda named: {"claims": named}, None),
        (lambda named: {"claims": {f"custom:{name}": value for name, value in named.items()}}, None),
    ],
)
def test_12_1_only_a_lambda_authorizer_names_a_key(api: Api, company: str, shape: Any, key_id: str | None) -> None:
    """Claims are the identity provider's, and some let users write them."""
    named = {"company_id": company, "contact_id": ALPHA_CONTACT, "key_id": KEY}
    answer = invoke(api.api.lambda_handler, sent_by(shape(named), "POST", "/tasks", '{"subject": "x"}'))
    assert actor_of(item_of(company, answer.document()["id"])) == Actor(ALPHA_CONTACT, key_id)


@pytest.mark.parametrize("key_id", ["", " ", "a b", "a\n", "é", "k" * 65, 7, None, ["k"], {"S": "k"}])
def test_12_1_a_key_id_that_is_none_is_nobody_s(api: Api, company: str, key_id: Any) -> None:
    named = {"company_id": company, "contact_id": "", "key_id": key_id}
    answer = invoke(api.api.lambda_handler, sent_by(named, "POST", "/tasks", '{"subject": "x"}'))
    assert actor_of(item_of(company, answer.document()["id"])) == NOBODY


@pytest.mark.parametrize(("versions"), [(2, 2), (2, 3), (1, 1), (1, 2)])
def test_12_1_an_operator_s_hand_is_nobody(versions: tuple[int, int]) -> None:
    """An edit of the table does not inherit the actor of the previous write, whether it raises the version or not."""
    before, after = versions
    task = a_task(OTHER_CONTACT, 1, contact_id=OTHER_CONTACT)
    written_before = record(task, before, actor=f"{before} {OTHER_CONTACT} {KEY}" if before > 1 else "")
    image = written_before["dynamodb"]["NewImage"]
    assert actor_of(image) != NOBODY
    by_hand = image | {"version": {"N": str(after)}, "customer_reference": {"S": "by hand"}}
    assert actor_of(by_hand, image) == NOBODY
    told = task_stream.read(written_before)
    assert told
    assert told.version == before


def test_12_1_an_item_without_the_attributes_is_nobody_s() -> None:
    """The attributes of an operator's edit, or broken ones."""
    image = dict(task_items.of_task(a_task(OTHER_CONTACT, 1), "1:digest", version=2))
    for broken in ({}, {"actor": {"S": "2"}}, {"actor": {"S": ""}}, {"actor": {"S": "2 a b c"}}):
        assert actor_of(image | broken) == NOBODY
    del image["created"]
    assert actor_of(image | {"version": {"N": "1"}}) == NOBODY
