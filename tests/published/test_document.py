"""The OpenAPI document agrees with the service."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from servicedesk.domain.catalogue import BUILT_IN
from servicedesk.domain.task import CHANGEABLE_FIELDS, CLIENT_FIELDS, FIELDS, Task
from servicedesk.operations import create_task_docs, get_catalogue_docs, routes, search_task_views_docs
from servicedesk.wire import gateway, json_format, task_view

from tests.api import Answer, Api, event, invoke
from tests.conftest import shared_api
from tests.contract.test_6_errors import CODES as FAULTS
from tests.published.openapi import DOCUMENT, validator
from tools.publishing.__main__ import FILE, text
from tools.publishing.document import documented, problem_types
from tools.publishing.prose import CODES
from tools.publishing.schemas import example_task
from tools.template import ROOT

SCHEMAS = DOCUMENT["components"]["schemas"]
XML = "application/xml"


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of the document, with its method and path."""
    for path, item in DOCUMENT["paths"].items():
        yield from ((method, path, item[method]) for method in item if method != "parameters")


def closed(schema: Any) -> Any:
    """A schema that allows no members which it does not name."""
    if isinstance(schema, dict):
        more = {"additionalProperties": False} if "properties" in schema else {}
        return {name: closed(value) for name, value in schema.items()} | more
    return [closed(value) for value in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module")
def shared() -> Iterator[Api]:
    """All functions over one database."""
    with shared_api() as api:
        yield api


# ---- The document and the declarations ------------------------------------------------------------------------------


def test_11_2_the_committed_file_is_what_the_declarations_make() -> None:
    assert FILE.read_text() == text(), "it is not up to date; run `make openapi`"


def test_11_2_the_document_has_the_routes_of_the_service() -> None:
    described = {(method, path) for method, path, _ in operations()}
    assert described == {(method.lower(), path) for method, path, _ in routes()}


def test_11_2_a_route_has_the_query_options_that_it_takes() -> None:
    named = {name: one["name"] for name, one in DOCUMENT["components"]["parameters"].items() if one["in"] == "query"}
    taken = {(method.lower(), path): set(operation.options) for method, path, operation in routes()}
    for method, path, said in operations():
        references = [one["$ref"].rpartition("/")[2] for one in said.get("parameters", [])]
        assert {named[name] for name in references if name in named} == taken[method, path], (method, path)


def test_11_2_every_component_is_used() -> None:
    used = set(re.findall(r'"#/components/(\w+)/([^"]+)"', json.dumps(DOCUMENT)))
    defined = {(section, name) for section, names in DOCUMENT["components"].items() for name in names}
    assert used == {one for one in defined if one[0] != "securitySchemes"}


def test_11_2_a_route_that_nobody_described_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_catalogue_docs, "DOCUMENTATION", {})
    documented.cache_clear()
    with pytest.raises(KeyError, match="GET /catalogue"):
        documented()
    documented.cache_clear()


def test_11_2_the_document_has_the_headers_that_a_browser_app_may_read() -> None:
    assert set(gateway.EXPOSED_HEADERS.split(", ")) <= DOCUMENT["components"]["headers"].keys()


def test_11_2_a_body_has_the_fields_that_a_client_can_fill() -> None:
    assert list(SCHEMAS["NewTask"]["properties"]) == list(CLIENT_FIELDS)
    assert SCHEMAS["NewTask"]["required"] == ["subject"]


CONTRACT = (ROOT / "docs/wire-contract.md").read_text()
LIMITS = {
    name: int(limit.replace(",", ""))
    for name, limit in re.findall(r"^\| (\w+) \| string \| client \|.* (?:to|up to) ([\d,]+) ", CONTRACT, re.MULTILINE)
}
"""The longest text of each field that has a limit in contract section 2."""


def test_the_limits_of_the_contract_are_found() -> None:
    assert LIMITS.keys() >= {"subject", "remark", "customer_reference", "reference_back_office"}


@pytest.mark.parametrize("schema", ["NewTask", "TaskChange", "TaskReplacement", "Task", "ListedTask", "TaskView"])
@pytest.mark.parametrize("name", LIMITS)
def test_11_2_a_text_one_longer_than_its_limit_is_refused_by_each_schema(schema: str, name: str) -> None:
    of_field = validator({"$ref": f"#/components/schemas/{schema}/properties/{name}"})
    assert of_field.is_valid("x" * LIMITS[name])
    assert not of_field.is_valid("x" * (LIMITS[name] + 1))


@pytest.mark.parametrize("schema", ["TaskChange", "TaskReplacement"])
def test_10_3_a_field_of_a_change_is_one_that_clients_fill(schema: str) -> None:
    properties = SCHEMAS[schema]["properties"]
    assert list(properties) == list(CHANGEABLE_FIELDS)
    assert {about["x-filled-by"] for about in properties.values()} == {"client", "client or default"}


def test_8_11_a_view_without_null_is_as_its_schema_says() -> None:
    nothing = Task.model_construct(**{**dict.fromkeys(FIELDS), "subject": "x"})  # type: ignore[arg-type]
    for task in (nothing, example_task()):
        shown = task_view.entry(task, BUILT_IN) | {"archived": True, "created_by_servicedesk_api": True}
        validator({"$ref": "#/components/schemas/TaskView"}).validate(json.loads(json_format.encode(shown)))


# ---- Examples -------------------------------------------------------------------------------------------------------


def examples() -> Iterator[Any]:
    """Every example of a body in JSON, with its schema."""
    bodies: dict[str, Any] = dict(DOCUMENT["components"]["responses"])
    for method, path, operation in operations():
        bodies[f"{method} {path}"] = operation.get("requestBody", {})
        bodies |= {f"{method} {path} {status}": answer for status, answer in operation["responses"].items()}
    for name, body in bodies.items():
        for media_type, about in body.get("content", {}).items():
            values = [one["value"] for one in about.get("examples", {}).values()]
            values += [about["example"]] if "example" in about else []
            for value in values if media_type.endswith("json") else []:
                yield pytest.param(about["schema"], value, id=name)


@pytest.mark.parametrize(("schema", "example"), list(examples()))
def test_an_example_is_as_its_schema_says(schema: dict[str, Any], example: Any) -> None:
    validator(schema).validate(example)


@pytest.mark.parametrize("summary", create_task_docs.DOCUMENTATION["POST /tasks"].examples)
def test_a_documented_request_is_taken_in_both_formats(shared: Api, summary: str) -> None:
    content = DOCUMENT["paths"]["/tasks"]["post"]["requestBody"]["content"]
    shown = {
        media_type: next(one["value"] for one in content[media_type]["examples"].values() if one["summary"] == summary)
        for media_type in ("application/json", XML)
    }
    sender: dict[str, Any] = {"company": str(uuid4()), "headers": {"Idempotency-Key": "one"}}
    created = shared.create(shown["application/json"], **sender)
    assert created.status == 201, created.body
    assert "Ignored-Fields" not in created.headers
    # In XML it says the same, so it is the same task.
    again = shared.create(shown[XML], XML, **sender)
    assert (again.status, again.headers.get("Idempotent-Replayed")) == (201, "true"), again.body
    assert again.task() == created.task()


def test_the_documented_search_is_answered(shared: Api) -> None:
    [body] = search_task_views_docs.DOCUMENTATION["POST /api/TaskView/Search"].examples.values()
    sent = event("POST", "/api/TaskView/Search", json.dumps(body), headers={"Content-Type": "application/json"})
    assert invoke(shared.api.lambda_handler, sent).status == 200


# ---- Answers --------------------------------------------------------------------------------------------------------

READS = [path for method, path, said in operations() if method == "get" and said.get("security") != []]


@pytest.mark.parametrize("path", READS)
def test_11_2_an_answer_has_what_the_document_says_and_no_more(shared: Api, path: str) -> None:
    company = str(uuid4())
    task_id = shared.create({"subject": "x", "remark": "y"}, company=company).task()["id"]
    shared.create({"subject": "z"}, company=company)
    entries = {
        "/api/TaskType({id})": BUILT_IN.types[0].id,
        "/api/TaskStatus({id})": BUILT_IN.statuses[0].id,
        "/api/TaskPriority({id})": BUILT_IN.priorities[0].id,
    }
    answer = read(shared, path.replace("{id}", entries.get(path, task_id)), company)
    assert answer.status == 200, answer.body
    described = DOCUMENT["paths"][path]["get"]["responses"]["200"]
    Draft202012Validator(
        {**described["content"]["application/json"]["schema"], "components": closed(DOCUMENT["components"])}
    ).validate(json.loads(answer.body))
    described_headers = set(described["headers"])
    cors = {"Access-Control-Allow-Origin", "Access-Control-Expose-Headers"}
    assert {name for name, value in answer.headers.items() if value} - cors <= {*described_headers, "Content-Type"}


def read(api: Api, path: str, company: str) -> Answer:
    """GET a path as a company."""
    sent = event("GET", path, headers={"Accept": "application/json"}, company=company)
    return invoke(api.api.lambda_handler, sent)


# ---- Problems -------------------------------------------------------------------------------------------------------

STRICT = {"Prefer": "handling=strict"}


def test_every_documented_code_has_its_body() -> None:
    assert FAULTS.keys() == CODES.keys()


@pytest.mark.parametrize("code", FAULTS)
def test_11_2_a_documented_code_is_met(shared: Api, code: str) -> None:
    answer = shared.create({"subject": "x"} | FAULTS[code], headers=STRICT)
    assert answer.status == 422
    problem = json.loads(answer.body)
    assert code in {error["code"] for error in problem["errors"]}
    validator({"$ref": "#/components/schemas/Problem"}).validate(problem)


def test_11_2_every_type_of_problem_that_a_caller_can_meet_is_described() -> None:
    described = {
        name
        for response in DOCUMENT["components"]["responses"].values()
        for about in response["content"].values()
        for name in about.get("examples", {})
    }
    # An operator's command is no request of a client, and no operation leads to another method.
    never = {"invalid-command", "method-not-allowed", "bad-request"}
    assert described == (problem_types().keys() - never)
