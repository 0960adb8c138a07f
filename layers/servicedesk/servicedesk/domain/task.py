"""The declaration of a task: ``Task`` declares each of the 23 fields of the published page once.

Everything else that concerns fields follows from that declaration: what a request may fill and how it is validated,
what is stored, what an answer shows, and what the documents say. Values are canonical (``servicedesk.domain.values``),
so two values are equal exactly when their texts are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from servicedesk.domain.catalogue import References
from servicedesk.domain.faults import Code, Fault, InvalidValueError
from servicedesk.domain.identity import Identity
from servicedesk.domain.kinds import BOOLEAN, DATE, GUID, INTEGER, TEXT, Kind, MaxBytes, NotBlank

REMARK_BYTES = 262_144
"""The longest remark, in bytes of UTF-8, so that an item stays below DynamoDB's limit of 400 KB."""

INDEXED_REFERENCES = ("customer_reference", "reference_back_office", "to_id_in_table")
"""The fields with an index, so that a value finds its tasks however many others there are (contract rule 8.7)."""

type ClientFields = Mapping[str, str | None]
"""The fields in a request: canonical texts by name. ``None`` means sent, but not filled (rule 3.6)."""


class FilledBy(StrEnum):
    """The source of a field's value (contract section 2)."""

    CLIENT = "client"
    CLIENT_OR_DEFAULT = "client or default"
    CLIENT_OR_SERVER = "client or server"
    SERVER = "server"


def _declare(
    filled_by: FilledBy,
    description: str,
    *,
    example: object,
    changeable: bool | None = None,
    content_rule: int = 1,
    **more: Any,
) -> Any:
    """Declare a field of ``Task``.

    ``changeable`` says whether a client may change the field of a stored task (contract rule 10.3). By default, a
    client may change what it may fill. ``content_rule`` is the number of the first rule of
    ``servicedesk.domain.content_digest`` that covers the field. A new field that clients fill takes the next number.
    """
    extra: dict[str, Any] = {
        "x-filled-by": str(filled_by),
        "x-changeable": filled_by is not FilledBy.SERVER if changeable is None else changeable,
        "x-content-rule": content_rule,
    }
    if filled_by is FilledBy.SERVER:
        extra["readOnly"] = True
    return Field(description=description, examples=[example], json_schema_extra=extra, **more)


class Task(BaseModel):
    """A task as it is stored and returned: the fields of the published page, in the page's order."""

    # Only documents need the schema, so no request waits for it to be built.
    model_config = ConfigDict(frozen=True, defer_build=True)

    id: Annotated[str, GUID] = _declare(
        FilledBy.CLIENT_OR_SERVER,
        "The task's primary key. It identifies the create: the same id with the same content is the same task.",
        example="3970f5af-af17-4420-b038-a1efdc261244",
        changeable=False,
    )
    task_type_id: Annotated[str, GUID] = _declare(
        FilledBy.CLIENT_OR_DEFAULT,
        "The task's type, one of the company's catalogue. Without it the task gets the default type.",
        example="0d617cf0-d523-44dc-aadd-19baf06cf913",
    )
    task_status_id: Annotated[str, GUID] = _declare(
        FilledBy.SERVER,
        "The task's status. A new task gets the default status of its type, or else that of the catalogue.",
        example="d04abcdd-1a87-4d49-af1d-33ef6195ebd3",
        changeable=True,
    )
    task_priority_id: Annotated[str, GUID] = _declare(
        FilledBy.CLIENT_OR_DEFAULT,
        "The task's priority, one of the company's catalogue. Without it the task gets the default priority.",
        example="d69a8b21-9de2-4ec2-9a48-f91277b2ba4c",
    )
    company_id: Annotated[str, GUID] = _declare(
        FilledBy.SERVER,
        "The company that the task belongs to, taken from the credentials.",
        example="586e803d-0d26-4307-9727-b1f8abd97122",
    )
    contact_id: Annotated[str | None, GUID] = _declare(
        FilledBy.SERVER,
        "The contact who created the task, taken from the credentials if they name one.",
        example="4c11664c-c6df-4e35-beb3-0290ddc7b6d7",
        default=None,
    )
    to_db_table_id: Annotated[str | None, GUID] = _declare(
        FilledBy.CLIENT,
        "The table that the task is linked to (projects or jobs, for example), by its id. The name is filled in.",
        example="4ea0c198-0550-444a-b8a6-2949d3c2938b",
        default=None,
    )
    to_db_table_name: Annotated[str | None, TEXT] = _declare(
        FilledBy.CLIENT,
        "The table that the task is linked to, by its name in any case. The id is filled in.",
        example="sample string 8",
        default=None,
    )
    to_id_in_table: Annotated[str | None, GUID] = _declare(
        FilledBy.CLIENT,
        "The object in that table that the task is linked to. It needs a table.",
        example="df39fee8-721c-4c83-9fe2-6403dce36537",
        default=None,
    )
    subject: Annotated[str, Field(min_length=1, max_length=150), TEXT, NotBlank()] = _declare(
        FilledBy.CLIENT, "What the task is about, in one line.", example="sample string 10"
    )
    remark: Annotated[str | None, MaxBytes(REMARK_BYTES), TEXT] = _declare(
        FilledBy.CLIENT, "The long description of the task.", example="sample string 11", default=None
    )
    customer_reference: Annotated[str | None, Field(max_length=50), TEXT] = _declare(
        FilledBy.CLIENT, "The customer's own reference of the task.", example="sample string 12", default=None
    )
    date_create: Annotated[str, DATE] = _declare(
        FilledBy.CLIENT_OR_DEFAULT,
        "When the task was created. Without it the task gets the moment of the request.",
        example="2026-06-24T03:56:41.4578039+00:00",
        changeable=False,
    )
    date_start: Annotated[str | None, DATE] = _declare(
        FilledBy.CLIENT,
        "When work on the task starts. The original's user interface hides tasks that start in the future.",
        example="2026-06-24T03:56:41.4578039+00:00",
        default=None,
    )
    due_date: Annotated[str | None, DATE] = _declare(
        FilledBy.CLIENT,
        "When the task must be closed.",
        example="2026-06-24T03:56:41.4578039+00:00",
        default=None,
    )
    date_closed: Annotated[str | None, DATE] = _declare(
        FilledBy.SERVER,
        "When the task was archived, that is, completed.",
        example="2026-06-24T03:56:41.4578039+00:00",
        default=None,
    )
    archived: Annotated[bool, BOOLEAN] = _declare(
        FilledBy.SERVER, "Whether the task is closed, that is, has a completed status.", example=True
    )
    date_assigned: Annotated[str | None, DATE] = _declare(
        FilledBy.CLIENT,
        "When the task was assigned to a user.",
        example="2026-06-24T03:56:41.4578039+00:00",
        default=None,
    )
    date_suggested_by_company: Annotated[str | None, DATE] = _declare(
        FilledBy.CLIENT,
        "When the company suggests starting work on the task.",
        example="2026-06-24T03:56:41.4578039+00:00",
        default=None,
    )
    id2: Annotated[int | None, INTEGER] = _declare(
        FilledBy.SERVER,
        "The task's number, by which people know it. Numbers are unique in their company and grow.",
        example=20,
        default=None,
    )
    reference_back_office: Annotated[str | None, Field(max_length=50), TEXT] = _declare(
        FilledBy.CLIENT, "The back office's reference of the task.", example="sample string 21", default=None
    )
    created_by_servicedesk_api: Annotated[bool, BOOLEAN] = _declare(
        FilledBy.SERVER, "Whether the task was created through this API.", example=True
    )
    modified_dateutc: Annotated[str, DATE] = _declare(
        FilledBy.SERVER,
        "When the task was last written, in UTC.",
        example="2026-06-24T03:56:41.4578039+00:00",
    )


@dataclass(frozen=True, slots=True)
class TaskField:
    """Properties of a field beyond its validation."""

    name: str
    kind: Kind
    filled_by: FilledBy
    is_required: bool
    """A create must fill the field: only the client can, and a stored task always has it."""
    is_changeable: bool
    """A client may change the field of a stored task."""
    content_rule: int


def _field(name: str, declared: FieldInfo) -> TaskField:
    [kind] = [entry for entry in declared.metadata if isinstance(entry, Kind)]
    extra = declared.json_schema_extra
    if not isinstance(extra, dict):
        raise TypeError(f"The field {name} is not declared by _declare.")
    filled_by = FilledBy(str(extra["x-filled-by"]))
    is_required = declared.is_required() and filled_by is FilledBy.CLIENT
    return TaskField(
        name,
        kind,
        filled_by,
        is_required,
        is_changeable=bool(extra["x-changeable"]),
        content_rule=int(str(extra["x-content-rule"])),
    )


FIELDS: Mapping[str, TaskField] = {name: _field(name, declared) for name, declared in Task.model_fields.items()}
"""The fields of a task by name, in the page's order."""

CLIENT_FIELDS: Mapping[str, TaskField] = {
    name: field for name, field in FIELDS.items() if field.filled_by is not FilledBy.SERVER
}
"""The fields that a client may fill when it creates a task."""

CHANGEABLE_FIELDS: Mapping[str, TaskField] = {name: field for name, field in FIELDS.items() if field.is_changeable}
"""The fields that a client may change afterwards (contract rule 10.3)."""

_READ_FIELDS = [name for name in FIELDS if name in CLIENT_FIELDS or name in CHANGEABLE_FIELDS]
_Request: type[BaseModel] = create_model(
    "TaskRequest",
    **{name: (Annotated[str | None, *Task.model_fields[name].metadata], None) for name in _READ_FIELDS},  # type: ignore[call-overload]
)
_CODES = {"string_too_long": Code.TOO_LONG}


def read_fields(sent: Mapping[str, object]) -> tuple[ClientFields, Sequence[Fault]]:
    """Validate the fields in a request. Return those that are valid, and the faults of the others.

    ``sent`` has values as the client spelled them (contract rules 3.6 to 3.10), by the names of ``CLIENT_FIELDS``
    or, for a change, of ``CHANGEABLE_FIELDS``. A value that means "not filled" becomes ``None``.
    """
    filled = {name: value for name, value in sent.items() if not FIELDS[name].kind.is_unset(value)}
    faults: list[Fault] = []
    try:
        request = _Request.model_validate(filled)
    except ValidationError as error:
        faults = [_fault(dict(details)) for details in error.errors(include_url=False, include_input=False)]
        faulty = {fault.field for fault in faults}
        request = _Request.model_validate({name: value for name, value in filled.items() if name not in faulty})
    texts = {name: getattr(request, name) for name in _READ_FIELDS if name in request.model_fields_set}
    return dict.fromkeys(sent.keys() - filled.keys()) | texts, faults


def missing_fields(fields: ClientFields, faulty: Sequence[Fault]) -> Sequence[Fault]:
    """Return a fault for each required field that a create does not fill, unless it has a fault already."""
    named = {fault.field for fault in faulty}
    return [
        Fault(name, Code.REQUIRED, f"A task needs a {name}.")
        for name, field in FIELDS.items()
        if field.is_required and name not in named and fields.get(name) is None
    ]


def new_task(
    fields: ClientFields,
    references: References,
    *,
    identity: Identity,
    company_id: str,
    contact_id: str | None,
    now: str,
) -> Task:
    """Return the task that a create with ``fields`` makes at the instant ``now``, without a number yet (section 2)."""
    filled = {name: fields.get(name) for name in CLIENT_FIELDS}
    return Task.model_construct(
        **filled
        | {"subject": filled["subject"] or "", "date_create": filled["date_create"] or now}
        | asdict(references)
        | {
            "id": identity.task_id,
            "company_id": company_id,
            "contact_id": contact_id,
            "date_closed": now if references.archived else None,
            "id2": None,
            "created_by_servicedesk_api": True,
            "modified_dateutc": now,
        }
    )


def in_page_order(faults: Sequence[Fault]) -> Sequence[Fault]:
    """Return ``faults`` in the order of the page's fields, followed by those of unknown fields in the order sent."""
    order = {name: place for place, name in enumerate(FIELDS)}
    return sorted(faults, key=lambda fault: order.get(fault.field, len(order)))


def _fault(details: Mapping[str, Any]) -> Fault:
    field = str(details["loc"][0])
    context = details.get("ctx", {})
    error = context.get("error")
    if isinstance(error, InvalidValueError):
        return Fault(field, error.code, error.detail, error.limit)
    limit = context["max_length"]
    return Fault(field, _CODES[details["type"]], f"The text is longer than {limit} characters.", limit)
