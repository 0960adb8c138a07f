"""The body of ``POST /api/TaskView/Search``, which the original's grid sends (contract rule 8.10)."""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.domain import values
from servicedesk.domain.faults import InvalidValueError
from servicedesk.domain.task_query import Order, TaskFilter
from servicedesk.wire import media_types, odata
from servicedesk.wire.formats import Members
from servicedesk.wire.gateway import Request
from servicedesk.wire.odata import LARGEST_PAGE_SIZE, LARGEST_SKIP
from servicedesk.wire.problems import INVALID_PARAMETER, UNSUPPORTED_MEDIA_TYPE, Problem, shown_name


@dataclass(frozen=True, slots=True)
class Search:
    """What the grid asks for.

    Attributes:
        filter: the archived tasks or the open ones; ``None`` for all.
        start: how many of the first tasks to leave out.
        size: how many tasks to show.
        order: what the tasks are ordered by, and ``descending`` in which direction.
    """

    filter: TaskFilter | None
    start: int
    size: int
    order: Order
    descending: bool


def read(request: Request) -> Search:
    """Read the body of ``request``, which is all that a search has: query options are refused.

    Raises:
        Problem: ``invalid-parameter``, if the body asks for more than this service can do;
            ``unsupported-media-type``, if it is not JSON; and the problems of ``media_types.read``.
    """
    odata.refuse_all_options(request.query)
    content_type = request.headers.get("Content-Type")
    if media_types.from_content_type(content_type)[0].format != "json":
        # Reading XML keeps only what a task can have, so a query_object in it would be lost without a word.
        detail = "The body of a search has to be application/json or text/json."
        raise Problem(UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": "application/json, text/json"})
    body = _members(media_types.read(request.body(), content_type), "the body", _BODY)
    grid = _members(body.get("query_object"), "query_object", _GRID)
    if grid.get("filterModel"):
        raise Problem(INVALID_PARAMETER, "filterModel is not supported: send it empty. GET /tasks has $filter.")
    start = _integer(grid.get("startRow"), "startRow", 0)
    end = _integer(grid.get("endRow"), "endRow", start + LARGEST_PAGE_SIZE)
    if not 0 <= start <= LARGEST_SKIP or not 0 <= end - start <= LARGEST_PAGE_SIZE:
        detail = f"startRow can be 0 to {LARGEST_SKIP}, and endRow 0 to {LARGEST_PAGE_SIZE} more than startRow."
        raise Problem(INVALID_PARAMETER, detail)
    order, descending = _order(grid.get("sortModel"))
    return Search(_filter(body.get("archived")), start, end - start, order, descending)


_BODY = ("archived", "query_object")
_GRID = ("startRow", "endRow", "filterModel", "sortModel")
_SORT = ("colId", "sort")


def _members(value: object, name: str, known: tuple[str, ...]) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Members):
        raise Problem(INVALID_PARAMETER, f"{name} has to be an object.")
    members = dict(value)
    if len(members) < len(value):
        raise Problem(INVALID_PARAMETER, f"{name} has a member twice.")
    for member in members:
        if member not in known:
            supported = ", ".join(known)
            detail = f"{shown_name(member)} is not supported in {name}; supported are {supported}."
            raise Problem(INVALID_PARAMETER, detail)
    return members


def _integer(value: object, name: str, default: int) -> int:
    if value is None:
        return default
    try:
        return values.integer(value)
    except InvalidValueError:
        raise Problem(INVALID_PARAMETER, f"{name} has to be an integer.") from None


def _filter(archived: object) -> TaskFilter | None:
    if archived is None or archived == "":
        return None
    try:
        wanted = values.boolean(archived) == "true"
    except InvalidValueError:
        raise Problem(INVALID_PARAMETER, "archived has to be true or false.") from None
    return TaskFilter(lambda task: task.archived is wanted, archived=wanted)


def _order(model: object) -> tuple[Order, bool]:
    if not model:
        return Order.NUMBER, True
    if isinstance(model, list) and not isinstance(model, Members) and len(model) == 1:
        sort = _members(model[0], "sortModel", _SORT)
        if sort.get("colId") in list(Order) and sort.get("sort") in ("asc", "desc"):
            return Order(str(sort["colId"])), sort["sort"] == "desc"
    orders = " or ".join(Order)
    raise Problem(INVALID_PARAMETER, f"sortModel can name one column, {orders}, with asc or desc.")
