"""The schemas of the OpenAPI document, from the declarations that validate and the answers of the functions."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from servicedesk.domain.catalogue import BUILT_IN, Catalogue
from servicedesk.domain.identity import IdentifiedBy, Identity
from servicedesk.domain.task import CHANGEABLE_FIELDS, CLIENT_FIELDS, FIELDS, FilledBy, Task, new_task, read_fields
from servicedesk.domain.task_query import Order
from servicedesk.operations import create_task_docs
from servicedesk.wire import catalogue_document, task_view
from servicedesk.wire.gateway import Request
from servicedesk.wire.odata import LARGEST_PAGE_SIZE, LARGEST_SKIP

from tools.publishing.prose import CODES, PROBLEMS

type Schema = dict[str, Any]

BASE_URL = "https://api.example.org/v1"
ENTITIES = {
    "Task": "TaskEntity",
    "TaskOrIds": "TaskEntityOrIds",
    "TaskView": "TaskViewEntity",
    **{f"{kind}Entry": f"{kind}Entity" for kind in ("TaskType", "TaskStatus", "TaskPriority")},
}
"""The schemas of entities with OData's control information, by the schemas of the same without it."""


def of(kind: str | Sequence[str], description: str, **more: object) -> Schema:
    """Return the schema of a value of a type of JSON Schema."""
    return {"type": kind, "description": description, **more}


_CONTEXT = of("string", "The context URL of OData.")
_LINKS = {
    "@odata.nextLink": of("string", "The address of the next page; the last page has none."),
    "@odata.deltaLink": of("string", "Only on the last page: the address to call later for further changes."),
}


def example_task() -> Task:
    """Return the task that the service makes of the fullest example."""
    sent = create_task_docs.DOCUMENTATION["POST /tasks"].examples["All that a client can fill"]
    fields, faults = read_fields(sent)
    references, reference_faults = BUILT_IN.resolve(fields)
    if faults or reference_faults:
        raise ValueError([*faults, *reference_faults])
    task = new_task(
        fields,
        references,
        identity=Identity(str(sent["id"]), IdentifiedBy.ID),
        company_id=str(Task.model_fields["company_id"].examples[0]),  # type: ignore[index]
        contact_id=str(Task.model_fields["contact_id"].examples[0]),  # type: ignore[index]
        now="2026-06-24T03:56:41.4578039",
    )
    return task.model_copy(update={"id2": 33})


def catalogue_shown(route: str) -> Any:
    """Return the built-in catalogue, or the route's part of it, as the service shows it in JSON."""
    request = Request.from_event({"stageVariables": {"public_url": BASE_URL}}, "").at(route, {})
    return catalogue_document.for_route(request, BUILT_IN)[0]


def catalogue_entries(kind: str) -> Sequence[Mapping[str, object]]:
    """Return the entries of the built-in catalogue as ``GET /api/<kind>`` shows them."""
    entries: Sequence[Mapping[str, object]] = catalogue_shown(f"/api/{kind}")["value"]
    return entries


def schemas() -> dict[str, Schema]:
    """Return all schemas by their names."""
    fields: dict[str, Schema] = {
        name: _tidy(schema) for name, schema in Task.model_json_schema(mode="serialization")["properties"].items()
    }
    create = {name: _sent(fields[name], is_required=FIELDS[name].is_required) for name in CLIENT_FIELDS}
    change = {
        name: _sent(fields[name], is_required=FIELDS[name].is_required) | _filled_in_a_change(name)
        for name in CHANGEABLE_FIELDS
    }
    required = [name for name, field in FIELDS.items() if field.is_required]
    shown = {name: _without(schema, ("x-changeable", "readOnly")) for name, schema in fields.items()}
    view = _view(shown)
    whole = _task("A task with all its fields, null where unset.", shown, list(shown))
    whole_view = entire("A task as the original shows it, without null.", view, xml={"name": "TaskView"})
    ids = {name: shown[name] for name in ("id", "id2")}
    return {
        "Task": whole,
        "TaskEntity": _entity(whole),
        "ListedTask": _task("A task of a list: all its fields, or those that `$select` names.", shown),
        "TaskIds": entire("The ids of a task, for `Prefer: return=minimal`.", ids, xml={"name": "task"}),
        **{
            f"{name}OrIds": {
                "description": "The task, or only its ids with `Prefer: return=minimal`.",
                "anyOf": [_ref(name), _ref("TaskIds")],
                "xml": {"name": "task"},
            }
            for name in ("Task", "TaskEntity")
        },
        "NewTask": _task("A task to create. Names match in any case.", create, required),
        "TaskChange": _task("The fields of a task to change. Names match in any case.", change),
        "TaskReplacement": _task("All changeable fields of a task. Names match in any case.", change, required),
        "TaskPage": _page("ListedTask", "@odata.nextLink"),
        "ChangePage": _page("Task", "@odata.nextLink", "@odata.deltaLink"),
        "ArrayOfTask": _array("A page of tasks in XML; `Link` has the next page.", "ListedTask", "ArrayOftask"),
        "TaskView": whole_view,
        "TaskViewEntity": _entity(whole_view),
        "ListedTaskView": _object(
            "A task of a list, as the original shows it, or the fields that `$select` names.",
            view,
            xml={"name": "TaskView"},
        ),
        "TaskViewPage": _page("ListedTaskView", "@odata.nextLink"),
        "TaskViews": _array("Tasks as the original shows them.", "TaskView", "ArrayOfTaskView"),
        "ArrayOfTaskView": _array("A page of tasks in XML.", "ListedTaskView", "ArrayOfTaskView"),
        "TaskViewSearch": _search(),
        **_catalogue(),
        **{name: schema for kind in ("TaskType", "TaskStatus", "TaskPriority") for name, schema in _entries(kind)},
        **_names(),
        **_service(),
        **_problem(),
        "Html": of("string", "A page for people."),
        "OpenApi": entire(
            "An OpenAPI document.",
            {
                "openapi": of("string", "The version of OpenAPI."),
                "info": of("object", "About the API."),
                "paths": of("object", "The operations, by path and method."),
            },
        ),
    }


def _task(description: str, properties: Mapping[str, Schema], required: Sequence[str] = ()) -> Schema:
    return _object(description, properties, required, xml={"name": "task"})


def _object(description: str, properties: Mapping[str, Schema], required: Sequence[str] = (), **more: object) -> Schema:
    schema = of("object", description, properties=dict(properties))
    return schema | ({"required": list(required)} if required else {}) | more


def entire(description: str, properties: Mapping[str, Schema], **more: object) -> Schema:
    """Return the schema of an object that has all its members."""
    return _object(description, properties, list(properties), **more)


def _entity(schema: Schema) -> Schema:
    """Return the schema of an entity with OData's control information, which comes first (rule 13.2)."""
    control = {"@odata.context": _CONTEXT, "@odata.etag": of("string", "The `ETag`; a dry run has none.")}
    # With $select, an entity has only the selected fields.
    return schema | {"properties": control | schema["properties"], "required": ["@odata.context"]}


def _array(description: str, name: str, root: str) -> Schema:
    return of("array", description, items=_ref(name), xml={"name": root, "wrapped": True})


def _page(entry: str, *links: str) -> Schema:
    value = of("array", "The entries of the page.", items=_ref(entry))
    properties = {"@odata.context": _CONTEXT, "value": value} | {link: _LINKS[link] for link in links}
    return _object("A page of a list.", properties, ["@odata.context", "value"])


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _without(schema: Mapping[str, Any], names: Collection[str]) -> Schema:
    return {name: value for name, value in schema.items() if name not in names}


def _tidy(schema: Mapping[str, Any]) -> Schema:
    """Return pydantic's schema of a field for OpenAPI: without titles, and with ``type`` instead of ``anyOf``.

    The constraints on the string in "string or null" hold beside both types, because null meets them.
    """
    kept = _without(schema, ("anyOf", "type", "title", "default", "x-content-rule"))
    either = schema.get("anyOf", [])
    for one in either:
        kept = _without(one, ("type",)) | kept
    return {"type": [one["type"] for one in either] or schema["type"]} | kept


def _sent(schema: Schema, *, is_required: bool) -> Schema:
    """Return the schema of a field in a request, where null means "not filled"."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kept = _without(schema, ("type", "x-changeable", "readOnly"))
    return {"type": types[0] if is_required else [*(one for one in types if one != "null"), "null"]} | kept


def _filled_in_a_change(name: str) -> Schema:
    """Return ``x-filled-by`` of a changeable field, which the client fills even if only the server does on a create."""
    filled_by = FIELDS[name].filled_by
    return {"x-filled-by": str(FilledBy.CLIENT_OR_DEFAULT if filled_by is FilledBy.SERVER else filled_by)}


_TYPES = {bool: "boolean", int: "integer", str: "string", type(None): ["string", "null"]}


def _view(shown: Mapping[str, Schema]) -> dict[str, Schema]:
    properties: dict[str, Schema] = {}
    for name, value in task_view.entry(example_task(), BUILT_IN).items():
        schema = shown.get(name) or _VIEW_ONLY[name] | {"x-filled-by": str(FilledBy.SERVER)}
        properties[name] = {"type": _TYPES[type(value)], **_without(schema, ("type", "examples")), "examples": [value]}
    # A task without a number has an empty one.
    return properties | {"id2": properties["id2"] | {"type": ["integer", "string"]}}


_VIEW_ONLY: Mapping[str, Schema] = {
    "task_type_name": {"description": "The name of the task's type."},
    "task_status_name": {"description": "The name of the task's status."},
    "task_priority_name": {"description": "The name of the task's priority."},
    "company_name": {"description": "The name of the company, or empty."},
    "contact_fullname": {"description": "Always empty.", "maxLength": 0},
    "assigned_to_user_id": {"description": "Always the zero GUID.", "format": "uuid"},
    "assigned_to_user_fullname": {"description": "Always empty.", "maxLength": 0},
    "date_update": {"description": "When the task was last written.", "format": "date-time"},
}


_ENTRY = {
    "id": "The entry's id.",
    "name": "The entry's name.",
    "default": "Whether this is the default entry.",
    "sequence": "The position of the entry in the catalogue, from 1.",
    "completed": "Whether a task with this status is archived.",
    "default_status_id": "The initial status of tasks of this type, if it has one.",
}
"""The members of an entry of the catalogue. The original's names of two of them begin with ``is_``."""


def _catalogue() -> dict[str, Schema]:
    whole = TypeAdapter(Catalogue).json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    shown = json.loads(json.dumps(whole["$defs"]))
    entries: dict[str, Schema] = {}
    for name, schema in shown.items():
        properties = {one: _tidy(about) | {"description": _ENTRY[one]} for one, about in schema["properties"].items()}
        for one, shown_as in properties.items():
            if one.endswith("id"):
                shown_as["format"] = "uuid"
        description = str(schema["description"]).replace("``", "`")
        entries[f"Catalogue{name}"] = entire(description, properties, xml={"name": "i"})
    parts: dict[str, Schema] = {}
    for name, about in whole["properties"].items():
        if name != "company_name":
            entry = _ref(f"Catalogue{about['items']['$ref'].rpartition('/')[2]}")
            parts[name] = of("array", f"The {name} of the company.", items=entry, xml={"wrapped": True})
    description = "The entries that a company's tasks may refer to. One type, status and priority is the default."
    return {"Catalogue": entire(description, parts, xml={"name": "catalogue"}), **entries}


def _entries(kind: str) -> Sequence[tuple[str, Schema]]:
    properties = {
        name: of(_TYPES[type(value)], _ENTRY[name.removeprefix("is_")], examples=[value])
        for name, value in catalogue_entries(kind)[0].items()
    }
    entry = f"{kind}Entry"
    whole = _object("An entry of the catalogue, with the members that `$select` names.", properties, xml={"name": kind})
    return [
        (entry, whole),
        (f"{kind}Entity", _entity(whole)),
        (f"{kind}Page", _page(entry)),
        (f"ArrayOf{kind}", _array("Entries of the catalogue in XML.", entry, f"ArrayOf{kind}")),
    ]


def _names() -> dict[str, Schema]:
    properties = {
        "id": of("string", _ENTRY["id"], format="uuid"),
        "name": of("string", _ENTRY["name"]),
        "translations": of("array", "Always empty.", maxItems=0, items={}),
    }
    kinds = ("TaskType", "TaskStatus")
    return {
        "Translation": entire("The name of an entry.", properties),
        "Translations": _array("The names of the entries.", "Translation", "ArrayOfEntry"),
        **{f"ArrayOf{kind}Name": _array("The names in XML.", "Translation", f"ArrayOf{kind}") for kind in kinds},
    }


def _service() -> dict[str, Schema]:
    properties = {
        "name": of("string", "The name of the entity set."),
        "kind": of("string", "Its kind.", enum=["EntitySet"]),
        "url": of("string", "Its address, relative to the service document."),
    }
    return {
        "EntitySet": entire("An entity set.", properties, xml={"name": "EntitySet"}),
        "ServiceDocument": _page("EntitySet"),
        "ArrayOfEntitySet": _array("The entity sets in XML.", "EntitySet", "ArrayOfEntitySet"),
        "Model": of("object", "CSDL 4.0.", xml={"name": "edmx:Edmx"}),
    }


def _search() -> Schema:
    sort = entire(
        "A column and a direction.",
        {
            "colId": of("string", "The column.", enum=list(Order)),
            "sort": of("string", "The direction.", enum=["asc", "desc"]),
        },
        additionalProperties=False,
    )
    end = f"The row to end before, at most {LARGEST_PAGE_SIZE} after startRow."
    grid = {
        "startRow": of("integer", "How many rows to skip.", minimum=0, maximum=LARGEST_SKIP, default=0),
        "endRow": of("integer", end, minimum=0, maximum=LARGEST_SKIP + LARGEST_PAGE_SIZE),
        "filterModel": of("object", "Must be empty: `GET /tasks` has `$filter`.", maxProperties=0),
        "sortModel": of("array", "One column to sort by.", maxItems=1, items=sort),
    }
    body = {
        "archived": of(["boolean", "null"], "The archived tasks, or the open ones; all without it."),
        "query_object": _object("The rows that the grid shows.", grid, additionalProperties=False),
    }
    return _object("A search of the original's grid.", body, additionalProperties=False)


def _odata_error() -> Schema:
    fault = {
        "code": of("string", "The fault for programs.", enum=list(CODES)),
        "message": of("string", "The fault for people."),
        "target": of("string", "The field.", examples=["subject"]),
    }
    properties = {
        "code": of("string", "The problem for programs.", enum=list(PROBLEMS)),
        "message": of("string", "This problem for people, as a sentence."),
        "details": of("array", "The faults of single fields.", items=entire("A fault of one field.", fault)),
    }
    description = "The error in the form of OData, below `/api/` and in the gateway's own answers."
    return _object(description, properties, ["code", "message"])


def _problem() -> dict[str, Schema]:
    code = of("string", "The fault for programs.", enum=list(CODES), examples=["too_long"])
    fault = {
        "pointer": of("string", "The field, as a JSON Pointer.", examples=["#/subject"]),
        "code": code | {"x-enumDescriptions": CODES},
        "detail": of("string", "The fault for people."),
        "limit": of("integer", "The limit that the value exceeds, if there is one."),
    }
    types = [f"urn:servicedesk:problem:{name}" for name in PROBLEMS]
    properties = {
        "type": of("string", "The problem for programs.", format="uri", enum=types),
        "title": of("string", "The type of problem for people."),
        "status": of("integer", "The status of the answer.", minimum=400, maximum=599),
        "detail": of("string", "This problem for people, as a sentence."),
        "instance": of("string", "The id of the request, for the operator.", format="uri"),
        "errors": of("array", "The faults of single fields.", items=_ref("Fault"), xml={"wrapped": True}),
        "error": _ref("ODataError"),
    }
    xml = {"name": "problem", "namespace": "urn:ietf:rfc:7807"}
    required = ["type", "title", "status", "detail", "instance"]
    return {
        "Problem": _object("A problem document (RFC 9457).", properties, required, xml=xml),
        "ODataProblem": {
            "description": "A problem document (RFC 9457), with the same error in the form of OData.",
            "allOf": [_ref("Problem")],
            "required": ["error"],
        },
        "ODataError": _odata_error(),
        "Fault": _object("A fault of one field.", fault, ["pointer", "code", "detail"], xml={"name": "i"}),
    }
