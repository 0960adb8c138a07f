"""A company's catalogue as an answer shows it (contract section 9)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict

from servicedesk.domain import values
from servicedesk.domain.catalogue import Catalogue, Priority, Status, TaskType
from servicedesk.domain.faults import InvalidValueError
from servicedesk.domain.kinds import BOOLEAN, GUID, INTEGER, TEXT, Kind
from servicedesk.wire import odata, task_address
from servicedesk.wire.gateway import Request
from servicedesk.wire.problems import NO_SUCH_ROUTE, Problem

MEMBERS: Mapping[str, Mapping[str, Kind]] = {
    kind: {"id": GUID, "name": TEXT, "is_default": BOOLEAN, "sequence": INTEGER, **own}
    for kind, own in {
        "TaskType": {"default_status_id": GUID},
        "TaskStatus": {"is_completed": BOOLEAN},
        "TaskPriority": {},
    }.items()
}
"""The members of the entries of each entity set, and the kinds of their values."""

NULLABLE = {"default_status_id"}
"""The members that can be null."""

type Document = Mapping[str, object] | Sequence[Mapping[str, object]]


def for_route(request: Request, catalogue: Catalogue) -> tuple[Document, str]:
    """Return the document that the request's route names, and its root element in XML.

    Raises:
        Problem: ``invalid-parameter``, if a query option of the entries cannot be read.
    """
    kind, _, translations = request.route.removeprefix("/api/").partition("/")
    if kind not in MEMBERS:
        return _whole(catalogue), "catalogue"
    shown = _entries(kind, catalogue)
    if translations:
        # The service has one language, so nothing is translated.
        names = [{"id": entry["id"], "name": entry["name"], "translations": []} for entry in shown]
        return names, f"ArrayOf{kind}"
    chosen = odata.chosen_entries(shown, MEMBERS[kind], request.query)
    return {"@odata.context": request.context_url(kind), "value": chosen}, f"ArrayOf{kind}"


def entry(request: Request, catalogue: Catalogue) -> tuple[Mapping[str, object], str]:
    """Return the entry that the request's address names, and its entity set (contract rule 13.4).

    Raises:
        Problem: ``no-such-route``, if the catalogue has no such entry; ``invalid-parameter``, if ``$select`` cannot be
            read.
    """
    kind = task_address.entity_set(request)
    names = odata.selected(request.query, MEMBERS[kind])
    with suppress(InvalidValueError):
        entry_id = values.guid(task_address.key(request.path_parameters["id"]))
        for shown in _entries(kind, catalogue):
            if shown["id"] == entry_id:
                return {name: shown[name] for name in names}, kind
    raise Problem(NO_SUCH_ROUTE, "The company's catalogue has no entry with this id.")


def _entries(kind: str, catalogue: Catalogue) -> Sequence[Mapping[str, object]]:
    entries: Mapping[str, Sequence[TaskType | Status | Priority]] = {
        "TaskType": catalogue.types,
        "TaskStatus": catalogue.statuses,
        "TaskPriority": catalogue.priorities,
    }
    return [_original(entry, sequence) for sequence, entry in enumerate(entries[kind], 1)]


def _whole(catalogue: Catalogue) -> Mapping[str, object]:
    whole = asdict(catalogue)
    return {name: whole[name] for name in ("types", "statuses", "priorities", "tables")}


def _original(entry: TaskType | Status | Priority, sequence: int) -> Mapping[str, object]:
    """Return an entry as the original shows it."""
    shown: dict[str, object] = {"id": entry.id, "name": entry.name, "is_default": entry.default, "sequence": sequence}
    if isinstance(entry, Status):
        shown["is_completed"] = entry.completed
    if isinstance(entry, TaskType):
        shown["default_status_id"] = entry.default_status_id
    return shown
