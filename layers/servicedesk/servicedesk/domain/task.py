"""What a task is: ``NewTask``, what a client may say of one, and ``Task``, what is stored and returned.

Knows neither AWS nor HTTP. Every value is canonical (``servicedesk.domain.values``), so equal values are equal texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from servicedesk.domain import values
from servicedesk.domain.values import InvalidValueError
from servicedesk.wire.formats import Members
from servicedesk.wire.problems import Fault, MalformedBody, shown_name

SUBJECT_CHARACTERS = 150
REFERENCE_CHARACTERS = 50
REMARK_BYTES = 262_144
"""The longest remark, in bytes of UTF-8 (contract section 2); it keeps an item below DynamoDB's 400 KB."""


type Guid = str
type Date = str
type Text = str
type Subject = str
type Remark = str
type Reference = str


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """A new task's foreign keys, filled in from the company's catalogue."""

    task_type_id: str
    task_status_id: str
    task_priority_id: str
    to_db_table_id: str | None
    to_db_table_name: str | None
    archived: bool
    """Whether the status is a completed one."""


@dataclass(slots=True, kw_only=True)
class NewTask:
    """The client's fields of contract section 2; ``None`` is "not filled"."""

    id: Guid | None = None
    task_type_id: Guid | None = None
    task_priority_id: Guid | None = None
    to_db_table_id: Guid | None = None
    to_db_table_name: Text | None = None
    to_id_in_table: Guid | None = None
    subject: Subject | None = None
    remark: Remark | None = None
    customer_reference: Reference | None = None
    date_create: Date | None = None
    date_start: Date | None = None
    due_date: Date | None = None
    date_assigned: Date | None = None
    date_suggested_by_company: Date | None = None
    reference_back_office: Reference | None = None

    def complete(
        self, *, task_id: str, company_id: str, contact_id: str | None, references: References, now: str
    ) -> Task:
        """The task that this becomes at the instant ``now``, yet without a number (contract section 2)."""
        return Task(
            id=task_id,
            task_type_id=references.task_type_id,
            task_status_id=references.task_status_id,
            task_priority_id=references.task_priority_id,
            company_id=company_id,
            contact_id=contact_id,
            to_db_table_id=references.to_db_table_id,
            to_db_table_name=references.to_db_table_name,
            to_id_in_table=self.to_id_in_table,
            subject=self.subject or "",
            remark=self.remark,
            customer_reference=self.customer_reference,
            date_create=self.date_create or now,
            date_start=self.date_start,
            due_date=self.due_date,
            date_closed=now if references.archived else None,
            archived=references.archived,
            date_assigned=self.date_assigned,
            date_suggested_by_company=self.date_suggested_by_company,
            id2=None,
            reference_back_office=self.reference_back_office,
            created_by_servicedesk_api=True,
            modified_dateutc=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as stored and returned: the 23 fields of the published page, in the page's order."""

    id: Guid
    task_type_id: Guid
    task_status_id: Guid
    task_priority_id: Guid
    company_id: Guid
    contact_id: Guid | None
    to_db_table_id: Guid | None
    to_db_table_name: Text | None
    to_id_in_table: Guid | None
    subject: Subject
    remark: Remark | None
    customer_reference: Reference | None
    date_create: Date
    date_start: Date | None
    due_date: Date | None
    date_closed: Date | None
    archived: bool
    date_assigned: Date | None
    date_suggested_by_company: Date | None
    id2: int | None
    reference_back_office: Reference | None
    created_by_servicedesk_api: bool
    modified_dateutc: Date

    def document(self, zone: str) -> dict[str, object]:
        """The task as an answer shows it: null where unset, dates ending in ``zone`` (rules 5.1, 5.5)."""
        document: dict[str, object] = {}
        for name in FIELDS:
            value = getattr(self, name)
            document[name] = values.date_text(value, zone) if name in _DATES and value else value
        return document

    def receipt(self, _zone: str) -> dict[str, object]:
        """What a client needs to find the task again, for one that wants no more (rule 5.6)."""
        return {"id": self.id, "id2": self.id2}


_KINDS = {field.name: str(field.type).removesuffix(" | None") for field in fields(Task)}
FIELDS: Sequence[str] = tuple(_KINDS)
"""The names of a task's fields, in the page's order."""

_CLIENT_FIELDS = frozenset(field.name for field in fields(NewTask))
_DATES = frozenset(name for name, kind in _KINDS.items() if kind == "Date")
_NOT_FILLED = {"Guid": values.ZERO_GUID, "Date": values.UNSET_DATE, "bool": "false", "int": "0"}


def _characters(value: object, limit: int) -> str:
    text = values.text(value)
    if len(text) > limit:
        raise InvalidValueError("too_long", f"The text is longer than {limit} characters.", limit)
    return text


def _subject(value: object) -> str:
    text = _characters(value, SUBJECT_CHARACTERS)
    if not text.strip():
        raise InvalidValueError("required", "A task needs a subject that is not only white space.")
    return text


def _remark(value: object) -> str:
    text = values.text(value)
    if len(text.encode()) > REMARK_BYTES:
        raise InvalidValueError("too_long", f"The text is longer than {REMARK_BYTES} bytes of UTF-8.", REMARK_BYTES)
    return text


_READERS: Mapping[str, Callable[[object], str]] = {
    "Guid": values.guid,
    "Date": values.date,
    "Text": values.text,
    "Subject": _subject,
    "Remark": _remark,
    "Reference": lambda value: _characters(value, REFERENCE_CHARACTERS),
    "bool": values.boolean,
    "int": values.integer,
}


@dataclass(frozen=True, slots=True)
class Submission:
    """One body, sorted: what the client may say, the faults in it, and what the service does not take from it."""

    new_task: NewTask
    faults: Sequence[Fault]
    unknown: Sequence[str]
    """Names that are no field of a task, as sent."""
    claimed: Mapping[str, str | None]
    """Server fields that the client filled, as canonical text; ``None`` where the value is none of its kind."""

    @classmethod
    def read(cls, members: Members) -> Submission:
        """Sort a body's members by contract rules 3.5 to 3.10; faults in fields are collected, not raised.

        Raises:
            MalformedBody: a field given twice, also in two cases (rule 3.5).
        """
        new_task = NewTask()
        faults: list[Fault] = []
        unknown: list[str] = []
        claimed: dict[str, str | None] = {}
        for name, sent_name, value in _each_once(members):
            if value is None or value == "":
                continue
            kind = _KINDS.get(name, "")
            if name in _CLIENT_FIELDS:
                try:
                    text = _READERS[kind](value)
                except InvalidValueError as error:
                    faults.append(Fault(name, error.code, error.detail, error.limit))
                else:
                    setattr(new_task, name, text if text != _NOT_FILLED.get(kind) else None)
            elif kind:
                claim = _claim(kind, value)
                if claim != _NOT_FILLED[kind]:
                    claimed[name] = claim
            elif not _unset_somewhere(value):
                unknown.append(sent_name)
        if new_task.subject is None and not any(fault.field == "subject" for fault in faults):
            faults.append(Fault("subject", "required", "A task needs a subject."))
        return cls(new_task, faults, unknown, claimed)

    def not_taken(self, task: Task) -> list[Fault]:
        """What a strict request is refused for: every unknown field, every server field filled otherwise (rule 4.3)."""
        unknown = [Fault(name, "unknown_field", "A task has no such field.") for name in self.unknown]
        return unknown + [
            Fault(name, "server_assigned", "The service sets this field; leave it out.")
            for name in self.overruled(task)
        ]

    def overruled(self, task: Task) -> Sequence[str]:
        """The server fields that the client filled otherwise than ``task`` has them (rule 4.1)."""
        return [
            name for name, claim in self.claimed.items() if claim is None or claim != _canonical(getattr(task, name))
        ]


def in_page_order(faults: Sequence[Fault]) -> Sequence[Fault]:
    """``faults`` in the order of the page's fields, those of unknown fields last, as sent."""
    return sorted(faults, key=lambda fault: FIELDS.index(fault.field) if fault.field in _KINDS else len(FIELDS))


def _each_once(members: Members) -> Iterator[tuple[str, str, object]]:
    seen: dict[str, str] = {}
    for sent_name, value in members:
        name = sent_name.lower()
        if name.isascii() and not sent_name.isascii():
            name = sent_name  # letters like the Kelvin sign become ASCII ones, but no field is meant
        if name in seen:
            raise MalformedBody(
                f"The field {shown_name(seen[name])} is given twice (names match without regard to case)."
            )
        seen[name] = sent_name
        yield name, sent_name, value


def _claim(kind: str, value: object) -> str | None:
    try:
        return _READERS[kind](value)
    except InvalidValueError:
        return None


def _unset_somewhere(value: object) -> bool:
    """Whether a value means "not filled" in one of the kinds whose fields can be unknown here (rule 3.6)."""
    return any(_claim(kind, value) == _NOT_FILLED[kind] for kind in ("Guid", "Date"))


def _canonical(value: object) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)
