"""A company's catalogue as an answer shows it (contract section 9)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from servicedesk.domain.catalogue import Catalogue, Priority, Status, TaskType
from servicedesk.wire import odata
from servicedesk.wire.gateway import Request

type Document = Mapping[str, object] | Sequence[Mapping[str, object]]


def for_route(request: Request, catalogue: Catalogue) -> tuple[Document, str]:
    """Return the document that the request's route names, and its root element in XML.

    Raises:
        Problem: ``invalid-parameter``, if the entries cannot be sorted as the query asks.
    """
    kind, _, translations = request.route.removeprefix("/api/").partition("/")
    entries: Mapping[str, Sequence[TaskType | Status | Priority]] = {
        "TaskType": catalogue.types,
        "TaskStatus": catalogue.statuses,
        "TaskPriority": catalogue.priorities,
    }
    if kind not in entries:
        return _whole(catalogue), "catalogue"
    if translations:
        # The service has one language, so nothing is translated.
        return [{"id": entry.id, "name": entry.name, "translations": []} for entry in entries[kind]], f"ArrayOf{kind}"
    shown = [_original(entry, sequence) for sequence, entry in enumerate(entries[kind], 1)]
    ordered = odata.sort_members(shown, request.query)
    return {"@odata.context": request.context_url(kind), "value": ordered}, f"ArrayOf{kind}"


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
