"""The body of a request as the fields of a task (contract sections 3 and 4)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from servicedesk.domain.faults import Code, Fault, InvalidValueError
from servicedesk.domain.kinds import DATE, GUID, TEXT
from servicedesk.domain.task import CHANGEABLE_FIELDS, CLIENT_FIELDS, FIELDS, ClientFields, Task, read_fields
from servicedesk.wire import ignored_fields, json_format, media_types
from servicedesk.wire.formats import Members
from servicedesk.wire.gateway import NOT_READ, Request
from servicedesk.wire.problems import MALFORMED_BODY, Problem, shown_name


@dataclass(frozen=True, slots=True)
class TaskBody:
    """A body, sorted into client fields, server fields and unknown ones.

    Attributes:
        fields: the valid client fields.
        faults: the faults of the other client fields.
        unknown: the names that are not fields of a task, as sent.
        claims: the values sent for server fields, as canonical texts; ``None`` for a malformed one.
    """

    fields: ClientFields
    faults: Sequence[Fault]
    unknown: Sequence[str]
    claims: Mapping[str, str | None]

    @property
    def named_fields(self) -> frozenset[str]:
        """The client fields that the body fills, with valid values or not."""
        filled = {name for name, text in self.fields.items() if text is not None}
        return frozenset(filled | {fault.field for fault in self.faults})

    def ignored_fields(self, task: Task, before: Task | None = None) -> str:
        """Return the header ``Ignored-Fields``, which names the fields that were ignored (rule 4.2).

        ``before`` is the task before a change. A client that sends back what it read, and so the old
        ``modified_dateutc``, loses nothing, so that is not ignored.
        """
        return ignored_fields.header(self.unknown, self._overruled(task, before))

    def strict_faults(self, task: Task, before: Task | None = None) -> Sequence[Fault]:
        """Return a fault for each field that ``ignored_fields`` names, for ``handling=strict`` (rule 4.3)."""
        unknown = [Fault(name, Code.UNKNOWN_FIELD, "A task has no such field.") for name in self.unknown]
        return unknown + [
            Fault(name, Code.SERVER_ASSIGNED, "The service sets this field. Leave it out.")
            for name in self._overruled(task, before)
        ]

    def _overruled(self, task: Task, before: Task | None) -> Sequence[str]:
        """Return the server fields whose sent value differs from that of ``task`` (rule 4.1)."""
        return [
            name
            for name, claim in self.claims.items()
            if claim is None or claim not in {_canonical(getattr(one, name)) for one in (task, before or task)}
        ]


def read(request: Request) -> TaskBody:
    """Parse the body of ``request``, which creates a task. Faults in its fields are collected, not raised.

    Raises:
        Problem: ``unsupported-media-type``, ``body-too-large``, or ``malformed-body``, if the body cannot be parsed as
            a task or has a field twice, in whatever case (rule 3.5).
    """
    return _sorted(_members(request), CLIENT_FIELDS)


def read_change(request: Request) -> TaskBody:
    """Parse the body of ``request``, which changes a task: a JSON merge patch, if it is a PATCH (rule 10.1).

    The client fields are those that it may change (rule 10.3).

    Raises:
        Problem: as ``read``.
    """
    return _sorted(_members(request, merge_patch=request.method == "PATCH"), CHANGEABLE_FIELDS)


def _members(request: Request, *, merge_patch: bool = False) -> Members:
    if request.value is NOT_READ:
        return media_types.read(request.body(), request.headers, merge_patch=merge_patch)
    media_types.refuse_coding(request.headers)
    return json_format.members(request.value)


def _sorted(members: Members, client_fields: Collection[str]) -> TaskBody:
    sent: dict[str, object] = {}
    unknown: list[str] = []
    claims: dict[str, str | None] = {}
    for name, sent_name, value in _each_once(members):
        if name in client_fields:
            sent[name] = value
        elif name in FIELDS:
            if not FIELDS[name].kind.is_unset(value):
                claims[name] = _claim(name, value)
        elif not any(kind.is_unset(value) for kind in (TEXT, GUID, DATE)):
            unknown.append(sent_name)
    fields, faults = read_fields(sent)
    return TaskBody(fields, faults, unknown, claims)


def _each_once(members: Members) -> Iterator[tuple[str, str, object]]:
    """Yield each member's name in lower case, its name as sent, and its value."""
    seen: dict[str, str] = {}
    for sent_name, value in members:
        if "@" in sent_name:
            continue  # control information of OData or an annotation, not a field (rule 4.1)
        name = sent_name.lower()
        if name.isascii() and not sent_name.isascii():
            name = sent_name  # lower() maps the Kelvin sign to an ASCII k, but that names no field
        if name in seen:
            raise Problem(
                MALFORMED_BODY,
                f"The field {shown_name(seen[name])} is given twice (names match without regard to case).",
            )
        seen[name] = sent_name
        yield name, sent_name, value


def _claim(name: str, value: object) -> str | None:
    try:
        return FIELDS[name].kind.read(value)
    except InvalidValueError:
        return None


def _canonical(value: object) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)
