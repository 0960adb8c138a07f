"""The body of ``POST /api/TaskView/Search``, which the original's grid sends (contract rule 8.10)."""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.domain import values
from servicedesk.domain.faults import InvalidValueError
from servicedesk.domain.task_query import Order, TaskFilter
from servicedesk.wire import media_types
from servicedesk.wire.formats import Members
from servicedesk.wire.gateway import Request
from servicedesk.wire.odata import LARGEST_PAGE_SIZE, LARGEST_SKIP
from servicedesk.wire.problems import INVALID_PARAMETER, UNSUPPORTED_MEDIA_TYPE, Problem, shown_name


@dataclass(frozen=True, slots=True)
class Search:
    """A search of the grid.

    Attributes:
        filter: the archived tasks or the open ones; ``None`` for all.
        start: how many tasks to skip.
        size: how many tasks to show.
        order: the field by which the tasks are sorted.
        descending: whether the order is descending.
    """

    filter: TaskFilter | None
    start: int
    size: int
    order: Order
    descending: bool


def read(request: Request) -> Search:
    """Parse the body of ``request`` as a search.

    Raises:
        Problem: ``invalid-parameter``, if the search is not supported; ``unsupported-media-type``, if the body is not
            JSON; and the problems of ``media_types.read``.
    """
    if media_types.from_content_type(request.headers.get("Content-Type"))[0].format != "json":
        # The XML parser keeps only what a task can have, so a query_object in it would be lost silently.
        detail = "The body of a search must be application/json or text/json."
        raise Problem(UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": "application/json, text/json"})
    body = _members(media_types.read(request.body(), request.headers, what="search"), "the body", _BODY)
    grid = _members(body.get("query_object"), "query_object", _GRID)
    filters = grid.get("filterModel")
    if filters and not (isinstance(filters, Members) and not any(value for _, value in filters)):
        raise Problem(INVALID_PARAMETER, "filterModel is not supported. Send it empty, or use $filter of GET /tasks.")
    start = _integer(grid.get("startRow"), "startRow", 0, LARGEST_SKIP, default=0)
    last = start + LARGEST_PAGE_SIZE
    end = _integer(grid.get("endRow"), "endRow", start, last, default=last)
    order, descending = _order(grid.get("sortModel"))
    return Search(_filter(body.get("archived")), start, end - start, order, descending)


_BODY = ("archived", "query_object")
_GRID = ("startRow", "endRow", "filterModel", "sortModel")
_SORT = ("colId", "sort")


def _members(value: object, name: str, known: tuple[str, ...]) -> Mapping[str, object]:
    """Return the members of an object by their names as ``known`` spells them.

    An unknown member that is falsy (null, false, or an empty string, array or object) is ignored; grids send many.
    """
    if not value:
        return {}
    if not isinstance(value, Members):
        raise Problem(INVALID_PARAMETER, f"{name} must be an object.")
    spelled = {member.lower(): member for member in known}
    members: dict[str, object] = {}
    for sent_name, content in value:
        member = spelled.get(sent_name.lower())
        if member in members:
            raise Problem(INVALID_PARAMETER, f"{name} has the member {member} twice.")
        if member:
            members[member] = content
        elif content:
            supported = ", ".join(known)
            detail = f"{shown_name(sent_name)} is not supported in {name}; supported are {supported}."
            raise Problem(INVALID_PARAMETER, detail)
    return members


def _integer(value: object, name: str, least: int, largest: int, *, default: int) -> int:
    if not value:
        return default
    try:
        return values.integer(value, least, largest)
    except InvalidValueError:
        detail = f"{name} must be an integer from {least} to {largest}."
        raise Problem(INVALID_PARAMETER, detail) from None


def _filter(archived: object) -> TaskFilter | None:
    if not archived and archived is not False:
        return None
    try:
        wanted = values.boolean(archived) == "true"
    except InvalidValueError:
        raise Problem(INVALID_PARAMETER, "archived must be true or false.") from None
    return TaskFilter(lambda task: task.archived is wanted, archived=wanted)


def _order(model: object) -> tuple[Order, bool]:
    if not model:
        return Order.NUMBER, True
    if isinstance(model, list) and not isinstance(model, Members) and len(model) == 1:
        sort = _members(model[0], "sortModel", _SORT)
        if sort.get("colId") in list(Order) and sort.get("sort") in ("asc", "desc"):
            return Order(str(sort["colId"])), sort["sort"] == "desc"
    orders = " or ".join(Order)
    raise Problem(INVALID_PARAMETER, f"sortModel must name one column, {orders}, with asc or desc.")
