"""The OpenAPI document, from the table of routes, the declarations that validate, and the prose of the operations."""

import json
import pkgutil
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any
from xml.dom import minidom

from servicedesk import operations
from servicedesk.domain import task_history
from servicedesk.domain.catalogue import BUILT_IN
from servicedesk.domain.faults import Code, Fault, InvalidTaskError
from servicedesk.domain.task import FIELDS, Task
from servicedesk.domain.task_query import Order
from servicedesk.operations import get_history
from servicedesk.operations.shared_docs import TAGS, Answer, Documentation
from servicedesk.wire import entity_tag, json_format, odata_model, problems, task_document, task_view, xml_format
from servicedesk.wire.gateway import ODATA_VERSION
from servicedesk.wire.idempotency_key import KEY_CHARACTERS
from servicedesk.wire.odata import LARGEST_PAGE_SIZE, LARGEST_SKIP, LARGEST_TOP, PAGE_SIZE, UNTYPED
from servicedesk.wire.problems import INVALID_TASK, ProblemType

from tools.publishing import events, prose, samples
from tools.publishing.schemas import (
    BASE_URL,
    ENTITIES,
    Schema,
    catalogue_entries,
    catalogue_shown,
    example_task,
    schemas,
)
from tools.template import ROOT, resources, template

_REASONS = {
    400: "The request cannot be read.",
    401: "The request needs credentials.",
    403: "The credentials are not accepted.",
    404: "Not found.",
    405: "The address does not support this method.",
    409: "A different task has this id.",
    410: "The service has restored a backup since.",
    412: "The task has changed since.",
    413: "The body is too large.",
    415: "The media type is not supported.",
    422: "The body can be read, but is not valid.",
    428: "The request needs `If-Match`.",
    429: "Too many requests.",
    500: "The request failed.",
    503: "The service is not available right now.",
}


def document() -> dict[str, Any]:
    """Return the whole OpenAPI document.

    Raises:
        KeyError: a route has no documentation.
    """
    components = {
        "schemas": _schemas(),
        "parameters": _parameters(),
        "headers": _headers(),
        "responses": _problem_components(),
        "securitySchemes": {
            "ApiKey": {"type": "http", "scheme": "bearer", "description": "The API key of your company."},
            "Basic": {"type": "http", "scheme": "basic", "description": "The API key as user name or password."},
        },
    }
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), operation in documented().items():
        parameters = [_reference("parameters", "id")] if "{id}" in path else []
        item = paths.setdefault(path, {"parameters": parameters} if parameters else {})
        item[method] = _operation(method, path, operation)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Task API",
            "version": tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"],
            "summary": "The tasks of a service desk, over HTTP, in JSON and XML.",
            "description": "\n".join([prose.INTRODUCTION, prose.RETRYING, prose.PAGING, _limits()]),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        # Relative to the address of this document, so that it holds wherever the API is deployed.
        "servers": [{"url": ".", "description": "The API that this document comes from."}],
        "security": [{"ApiKey": []}, {"Basic": []}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "webhooks": {"taskEvent": events.webhook(example_task())},
        "components": components,
    }


@cache
def documented() -> Mapping[tuple[str, str], Documentation]:
    """Return the documentation of each route, by method and path, in the order of the documents."""
    said: dict[str, Documentation] = {}
    for module in pkgutil.iter_modules(operations.__path__):
        if module.name.endswith(operations.DOCS):
            said |= getattr(import_module(f"{operations.__name__}.{module.name}"), "DOCUMENTATION", {})
    routes = [(method, path) for method, path, _ in operations.routes()]
    tags, methods = list(TAGS), ("POST", "GET", "PATCH", "PUT")

    def place(route: tuple[str, str]) -> tuple[object, ...]:
        # A parameter comes before a literal, so that the operations on one task stand together; a batch comes last.
        method, path = route
        segments = path.replace("{", " ").split("/")
        return tags.index(said[f"{method} {path}"].tag), segments[1] == "api", segments, methods.index(method)

    return {(method.lower(), path): said[f"{method} {path}"] for method, path in sorted(routes, key=place)}


@cache
def _schemas() -> Mapping[str, Schema]:
    """Return all schemas: those of several operations, those of one, and that of an event."""
    own = {name: dict(schema) for said in documented().values() for name, schema in said.schemas.items()}
    return schemas() | own | {"TaskEvent": events.schema()}


def _limits() -> str:
    """Return the section on rate limits, with the defaults of the template's parameters."""
    parameters = template()["Parameters"]
    rate, burst = (parameters[f"CompanyRequest{name}"]["Default"] for name in ("sPerSecond", "Burst"))
    return f"""\
## Limits

The rate limit is {rate} requests a second for each company, with bursts of {burst}, unless the operator has set another
one. All companies together have a limit, too. Requests beyond it get a 429 with `Retry-After`.

A body can have up to 1 MiB.
"""


@cache
def problem_types() -> Mapping[str, ProblemType]:
    """Return the types of problem that callers can get: the functions' own, and those of the gateway."""
    return {**gateway_types(), **own_types()}


@cache
def own_types() -> Mapping[str, ProblemType]:
    """Return the types of problem that the functions return."""
    return {one.name: one for one in vars(problems).values() if isinstance(one, ProblemType)}


@cache
def gateway_types() -> Mapping[str, ProblemType]:
    """Return the types of problem that the gateway returns."""
    [api] = resources("AWS::Serverless::Api").values()
    responses = api["GatewayResponses"].values()
    sent = [json.loads(response["ResponseTemplates"]["application/json"]) for response in responses]
    named = {one["type"].rpartition(":")[2]: one for one in sent}
    return {name: ProblemType(one["status"], name, one["title"]) for name, one in named.items()}


def _operation(method: str, path: str, operation: Documentation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
    }
    parameters = [*operation.parameters]
    if (method.upper(), path) in _reads() and "Prefer-list" not in parameters:
        parameters.append("Prefer-read")
    if parameters:
        described["parameters"] = [_reference("parameters", _component(name)) for name in parameters]
    if operation.body:
        described["requestBody"] = {
            "description": "In utf-8 or utf-16, at most 1 MiB.",
            "required": True,
            "content": {media_type: _request_content(operation, media_type) for media_type in operation.body_types},
        }
    described["responses"] = {
        str(status): _answer(method, path, answer, operation) for status, answer in operation.answers.items()
    } | _problem_responses(path, operation)
    if operation.is_public:
        described["security"] = []
    if operation.alias_of:
        described["x-alias-of"] = operation.alias_of
    described["x-codeSamples"] = _samples(method, path, operation)
    return described


# ---- Bodies ---------------------------------------------------------------------------------------------------------


def _request_content(operation: Documentation, media_type: str) -> dict[str, Any]:
    schema = _reference("schemas", operation.body)
    if media_type.startswith("text/"):
        return {"schema": schema}
    shown = operation.examples
    return {
        "schema": schema,
        "examples": {
            _example_name(summary): {"summary": summary, "value": _written(body, media_type)}
            for summary, body in shown.items()
        },
    }


def _written(body: Mapping[str, object], media_type: str) -> object:
    """Return an example in OpenAPI's form: a value for JSON, and the text for XML."""
    return pretty_xml(xml_format.encode(body)) if media_type.endswith("xml") else body


def pretty_xml(text: str) -> str:
    """Return XML with one element on a line, for people."""
    # The text is our own. The first line is an XML declaration, which the service does not write.
    return minidom.parseString(text).toprettyxml(indent="  ").partition("\n")[2].strip()  # noqa: S318


@cache
def _reads() -> Collection[tuple[str, str]]:
    """Return the routes that need a key and only read."""
    routes = {(method, path) for method, path, operation in operations.routes() if operation.reads}
    return {(method, path) for method, path in routes if not documented()[method.lower(), path].is_public}


def _answer(method: str, path: str, answer: Answer, operation: Documentation) -> dict[str, Any]:
    names = ["Content-Security-Policy", "Vary-public"] if answer.json == "Html" else ["Vary"]
    names = ["X-Request-Id", "Cache-Control-public" if operation.is_public else "Cache-Control", *names]
    names += ["Ignored-Parameters", "Preference-Applied"] if (method.upper(), path) in _reads() else []
    names += ["OData-Version"] if _is_odata(path) else []
    described: dict[str, Any] = {
        "description": answer.description,
        "headers": {
            name.removesuffix("-public"): _reference("headers", _component(name))
            for name in sorted({*names, *answer.headers})
        },
    }
    if answer.json:
        described["content"] = _response_content(method, path, answer, operation)
    if answer.links:
        described["links"] = {
            target: {"operationId": target, "parameters": dict(parameters)}
            for target, parameters in answer.links.items()
        }
    return described


def _response_content(method: str, path: str, answer: Answer, operation: Documentation) -> dict[str, Any]:
    if answer.json == "Html":
        return {"text/html": {"schema": _reference("schemas", "Html")}}
    is_entity = "(" in path or (method, path) == ("post", "/api/Task")
    name = ENTITIES[answer.json] if is_entity else answer.json
    if name == "Model":
        model = {"schema": _reference("schemas", name)}
        return {"application/xml": model, "text/xml": model, "application/json": model}
    as_json = {"schema": _reference("schemas", name), **_response_example(name, operation)}
    if operation.is_public or answer.only_json:
        return {"application/json": as_json}
    as_xml: dict[str, Any] = {"schema": _reference("schemas", answer.xml or answer.json)}
    if example := _response_example(answer.json, operation).get("example"):
        root = _schemas()[answer.xml or answer.json]["xml"]["name"]
        as_xml["example"] = pretty_xml(xml_format.encode(_with_zone(example), root=root))
    bare_json, bare_xml = {"schema": as_json["schema"]}, {"schema": as_xml["schema"]}
    return {"application/json": as_json, "text/json": bare_json, "application/xml": as_xml, "text/xml": bare_xml}


def _with_zone(example: Any) -> Any:
    """Return a JSON example for XML, with ``Z`` at the end of dates (rule 5.5)."""
    return json.loads(json.dumps(example).replace("+00:00", "Z"))


def _response_example(schema: str, operation: Documentation) -> dict[str, Any]:
    task = example_task()
    whole, view = task_document.whole(task, "+00:00"), task_view.entry(task, BUILT_IN)
    kind = schema.removesuffix("Page")
    known: Mapping[str, Any] = {
        "Task": whole,
        "TaskOrIds": whole,
        "TaskEntity": _example_entity("Task", whole),
        "TaskEntityOrIds": _example_entity("Task", whole),
        "TaskView": view,
        "TaskViewEntity": _example_entity("TaskView", view),
        "ServiceDocument": {
            "@odata.context": f"{BASE_URL}/api/$metadata",
            "value": [{"name": name, "kind": "EntitySet", "url": name} for name in odata_model.ENTITY_SETS],
        },
        "TaskViews": [view],
        "TaskPage": _example_page("Task", [whole], "next", "/tasks?$skiptoken=…"),
        "ChangePage": _example_page("Task", [whole], "delta", "/tasks/delta?$deltatoken=…"),
        "TaskViewPage": _example_page("TaskView", [view], "next", "/api/TaskView?$skiptoken=…"),
        "TaskHistory": _example_page(UNTYPED, _example_history(task), "next", f"/tasks/{task.id}/history?$skiptoken=…"),
        "Catalogue": catalogue_shown("/catalogue"),
    }
    if schema in known:
        return {"example": json.loads(json_format.encode(known[schema]))}
    if schema == "Translations":
        kind = "TaskType" if "Type" in operation.id else "TaskStatus"
        names = [{"id": one["id"], "name": one["name"], "translations": []} for one in catalogue_entries(kind)]
        return {"example": names}
    if schema.endswith(("Entity", "Entry")):
        return {}
    if kind != schema:
        return {
            "example": {"@odata.context": f"{BASE_URL}/api/$metadata#{kind}", "value": list(catalogue_entries(kind))}
        }
    return {}


def _example_history(task: Task) -> Sequence[object]:
    change = events.example(task)
    created = task_history.of_creation(task.date_create, change.actor)
    return [get_history.shown(one, "+00:00") for one in (task_history.of_change(change), created)]


def _example_page(name: str, entries: Sequence[object], relation: str, path: str) -> Mapping[str, object]:
    link = {f"@odata.{relation}Link": BASE_URL + path}
    return {"@odata.context": f"{BASE_URL}/api/$metadata#{name}", "value": entries, **link}


def _example_entity(name: str, members: Mapping[str, object]) -> Mapping[str, object]:
    context = f"{BASE_URL}/api/$metadata#{name}/$entity"
    return {"@odata.context": context, "@odata.etag": entity_tag.of_task(example_task(), 1), **members}


# ---- Problems -------------------------------------------------------------------------------------------------------


def _problems_by_status(operation: Documentation) -> Mapping[int, Sequence[ProblemType]]:
    names: Sequence[str] = (*operation.problems, *prose.EVERYWHERE)
    if operation.is_public:
        names = ("too-many-requests", "internal", "unavailable")
    by_status: dict[int, list[ProblemType]] = {}
    for one in (problem_types()[name] for name in names):
        by_status.setdefault(one.status, []).append(one)
    return by_status


def _problem_responses(path: str, operation: Documentation) -> dict[str, Any]:
    return {
        str(status): _reference("responses", _name_of_problems(status, types, as_odata=_is_odata(path)))
        for status, types in sorted(_problems_by_status(operation).items())
    }


def _is_odata(path: str) -> bool:
    """Return whether a path is one of the original's, an OData service (rule 13.5)."""
    return f"{path}/".startswith("/api/")


def _name_of_problems(status: int, types: Sequence[ProblemType], *, as_odata: bool) -> str:
    return "-".join([str(status), *(one.name for one in types), *(["odata"] if as_odata else [])])


def _problem_components() -> dict[str, Any]:
    """Return a response for each combination of problem types with one status that an operation has."""
    found: dict[str, Any] = {}
    for (_, path), operation in documented().items():
        as_odata = _is_odata(path)
        for status, members in _problems_by_status(operation).items():
            name = _name_of_problems(status, members, as_odata=as_odata)
            found[name] = _problem_response(status, members, as_odata=as_odata)
    return found


def _problem_response(status: int, types: Sequence[ProblemType], *, as_odata: bool) -> dict[str, Any]:
    headers = ["X-Request-Id", "Cache-Control"]
    headers += {
        401: ["WWW-Authenticate"],
        409: ["Location"],
        412: ["ETag"],
        415: ["Accept", "Accept-Encoding", "Accept-Patch"],
    }.get(status, [])
    headers += ["Retry-After"] if status in (429, 503) else []
    headers += ["Ignored-Fields", "Preference-Applied"] if status in (409, 422) else []
    headers += ["OData-Version"] if as_odata else []
    content = _odata_problems(types) if as_odata else _problems(types)
    meanings = "\n".join(f"- `{one.name}`: {prose.PROBLEMS[one.name]}" for one in types)
    return {
        "description": f"{_REASONS[status]}\n\n{meanings}",
        "headers": {name: _reference("headers", name) for name in sorted(headers)},
        "content": content,
    }


def _problems(types: Sequence[ProblemType]) -> dict[str, Any]:
    """Return the bodies of problems of these types, by media type."""
    documents = {one.name: _example_problem(one, as_odata=one.name not in own_types()) for one in types}
    content: dict[str, Any] = {"application/problem+json": _examples_of("Problem", documents)}
    if own := {name: one for name, one in documents.items() if name in own_types()}:
        as_xml = {name: pretty_xml(xml_format.encode(one, root="problem")) for name, one in own.items()}
        content["application/problem+xml"] = {
            "schema": _reference("schemas", "Problem"),
            "examples": {name: {"summary": own[name]["title"], "value": text} for name, text in as_xml.items()},
        }
    return content


def _odata_problems(types: Sequence[ProblemType]) -> dict[str, Any]:
    """Return the same for the original's addresses, which the gateway does not distinguish (rule 13.5)."""
    content: dict[str, Any] = {}
    if own := {one.name: _example_problem(one, as_odata=True) for one in types if one.name in own_types()}:
        content["application/json"] = _examples_of("ODataProblem", own)
        content["application/problem+xml"] = {"schema": _reference("schemas", "Problem")}
    if sent := {one.name: _example_problem(one, as_odata=True) for one in types if one.name in gateway_types()}:
        content["application/problem+json"] = _examples_of("ODataProblem", sent)
    return content


def _examples_of(schema: str, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "schema": _reference("schemas", schema),
        "examples": {
            name: {"summary": one["title"], "description": prose.PROBLEMS[name], "value": one}
            for name, one in documents.items()
        },
    }


def _example_problem(kind: ProblemType, *, as_odata: bool = False) -> dict[str, Any]:
    if kind == INVALID_TASK:
        faults = [
            Fault("subject", Code.TOO_LONG, "The text is longer than 150 characters.", 150),
            Fault("due_date", Code.INVALID_DATE, "30 February 2026 does not exist."),
        ]
        problem = problems.from_domain_error(InvalidTaskError(faults))
    else:
        problem = problems.Problem(kind, prose.PROBLEMS[kind.name].replace("`", ""))
    return problem.document("6f1c2a52-4a0e-4d0a-9d6f-0a4a5a0c8f11", as_odata=as_odata)


# ---- Parameters and headers -----------------------------------------------------------------------------------------


def _parameters() -> dict[str, Any]:
    def one_of(*values: str) -> Schema:
        return {"type": "string", "enum": list(values)}

    def up_to(most: int) -> Schema:
        return {"type": "integer", "minimum": 0, "maximum": most}

    # Without examples and defaults, because the console would send them.
    anything, a_text = {"type": "string"}, {"type": "string", "minLength": 1}
    in_query: Mapping[str, tuple[str, Schema]] = {
        "validate_only": (prose.VALIDATE_ONLY, {"type": "boolean"}),
        "$filter": (prose.FILTER, a_text),
        "$orderby": (
            "The order of the list; by default, the newest number comes first.",
            one_of(*(f"{order}{way}" for order in Order for way in ("", " asc", " desc"))),
        ),
        "$top": ("The most tasks of the whole list.", up_to(LARGEST_TOP)),
        "$skip": ("The number of tasks to skip. To go further, follow the links.", up_to(LARGEST_SKIP)),
        "$select": (
            "Only these fields of each task, as in `id,id2,subject`.",
            {"type": "array", "minItems": 1, "items": one_of(*FIELDS)},
        ),
        "$skiptoken": ("The cursor of a page, from a link. Follow the links instead of setting it yourself.", a_text),
        "$deltatoken": ("The cursor from a delta link, or `latest` to start with changes from now on.", a_text),
        "$orderby-entries": (
            "The order of the entries: their members, separated by commas, each with `asc` or `desc`.",
            one_of("name", "name desc", "sequence", "sequence desc", "is_default desc,name"),
        ),
        "$format": ("The format of the metadata; overrides `Accept`.", one_of("json", "xml")),
        "$filter-entries": ("Only entries that meet this condition on their members, as in `name eq 'High'`.", a_text),
        "$select-entries": ("Only these members of each entry, as in `id,name`.", a_text),
    }
    sizes = f"`maxpagesize=n` sets the page size, 1 to {LARGEST_PAGE_SIZE}; the default is {PAGE_SIZE}."
    in_header: Mapping[str, tuple[str, Schema]] = {
        "Idempotency-Key": (
            "The identity of a create without an `id`, as in `erp-order-4711`: the same key is the same task.",
            a_text | {"maxLength": KEY_CHARACTERS, "pattern": r"^[!#-\[\]-~]+$"},
        ),
        "If-None-Match": (
            "The `ETag` of your copy. If it is up to date, the answer is 304 without a body.",
            anything,
        ),
        "If-Match": (prose.IF_MATCH, a_text),
        "If-Match-optional": (f"{prose.IF_MATCH} Optional at this address.", a_text),
        "Prefer-create": (prose.PREFER_CREATE, anything),
        "Prefer-list": (f"{sizes} {prose.PREFER_READ}", anything),
        "Prefer-read": (prose.PREFER_READ, anything),
    }
    more: Mapping[str, Schema] = {"If-Match": {"required": True}, "$select": {"style": "form", "explode": False}}
    of_tasks = a_text | {"maxLength": 38, "pattern": "^[0-9A-Fa-f(){}-]+$"}
    places = {
        "path": {"id": ("The task's `id`, or its number, `id2`.", of_tasks)},
        "query": in_query,
        "header": in_header,
    }
    return {
        _component(name): {
            "name": re.sub("-(entries|optional|create|list|read)$", "", name),
            "in": place,
            "description": description,
            **({"required": True} if place == "path" else {}),
            "schema": schema,
            **more.get(name, {}),
        }
        for place, described in places.items()
        for name, (description, schema) in described.items()
    }


def _headers() -> dict[str, Any]:
    address = f"{BASE_URL}/tasks/{example_task().id}"
    described: Mapping[str, tuple[str, object]] = {
        "X-Request-Id": ("The id of the request in the service's logs.", "6f1c2a52-4a0e-4d0a-9d6f-0a4a5a0c8f11"),
        "Cache-Control": ("No cache may store an answer with a company's data.", "no-store"),
        "Cache-Control-public": ("Caches may store the answer for a while.", "public, max-age=300"),
        "Vary": ("The request headers that the answer depends on.", "Accept, Content-Type"),
        "Vary-public": ("The request headers that the answer depends on.", "Accept-Encoding"),
        "Content-Security-Policy": ("The page may load nothing from elsewhere.", "default-src 'none'"),
        "ETag": ("The entity tag of this version.", entity_tag.of_task(example_task(), 1)),
        "Location": ("The address of the task.", address),
        "Content-Location": ("The task's address by its id, if the request used its number.", address),
        "Ignored-Fields": (
            "The ignored fields of the body, with the reason, as a Structured Field list (RFC 9651).",
            "db_address_id;reason=unknown, company_id;reason=server-assigned",
        ),
        "Ignored-Parameters": (
            "The ignored query options, as a Structured Field list (RFC 9651).",
            "page;reason=unknown",
        ),
        "OData-Version": ("The answer's version of OData.", ODATA_VERSION["OData-Version"]),
        "Preference-Applied": ("The preferences of the request that were applied.", "return=minimal"),
        "Idempotent-Replayed": ("An earlier request created the task.", "true"),
        "Task-Version": ("The current version of the task.", 2),
        "Complete-To-Version": (
            "The same as `Task-Version` if the page lacks no entry, else the version below its highest gap.",
            2,
        ),
        "Link": (
            "The address of the next page, or of the next changes.",
            f'<{BASE_URL}/tasks?$skiptoken=…>; rel="next"',
        ),
        "Retry-After": ("The seconds to wait before a retry.", problems.RETRY_AFTER),
        "Accept": ("The media types that a body can have.", "application/json, text/json"),
        "Accept-Encoding": ("The content codings that a body can have.", "identity"),
        "Accept-Patch": (
            "The media types that the body of a change can have.",
            "application/merge-patch+json, application/json",
        ),
        "WWW-Authenticate": ("How to send the API key.", 'Basic realm="Task API", charset="UTF-8", Bearer'),
    }
    return {
        _component(name): {
            "description": description,
            "schema": {"type": "integer" if isinstance(example, int) else "string"},
            "example": example,
        }
        for name, (description, example) in described.items()
    }


# ---- Samples --------------------------------------------------------------------------------------------------------


def _samples(method: str, path: str, operation: Documentation) -> Sequence[Mapping[str, str]]:
    headers = {}
    body = ""
    address = path.replace("{id}", "33" if method == "get" else example_task().id)
    if operation.body:
        headers["Content-Type"] = operation.body_types[0]
        if "Idempotency-Key" in operation.parameters:
            headers["Idempotency-Key"] = "erp-order-4711"
        if "If-Match" in operation.parameters:
            headers["If-Match"] = entity_tag.of_task(example_task(), 1)
        body = json.dumps(next(iter(operation.examples.values())), ensure_ascii=False)
    if "$filter" in operation.parameters:
        address += "?$filter=archived%20eq%20false&$select=id,id2,subject"
    return samples.all_samples(method, address, headers, body)


# ---- References -----------------------------------------------------------------------------------------------------


def _component(name: str) -> str:
    """Return a parameter's name without the characters that the name of a component cannot have."""
    return name.replace("$", "_")


def _example_name(summary: str) -> str:
    words = re.findall(r"[a-z0-9]+", summary.lower())
    return "-".join(words[:5])


def _reference(section: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{section}/{name}"}
