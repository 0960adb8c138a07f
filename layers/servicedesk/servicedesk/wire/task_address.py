"""Which task an address means: by its id, or by its number (contract rules 1.2, 8.8, 8.10, 10.1 and 10.2)."""

import re
from urllib.parse import unquote

from servicedesk.domain import values
from servicedesk.domain.faults import InvalidValueError, NoSuchTaskError
from servicedesk.wire.gateway import Request
from servicedesk.wire.problems import NO_SUCH_ROUTE, Problem

_ENTITY = re.compile(r"(Task|TaskView)\((.+)\)")
_NUMBER = re.compile(r"[0-9]{1,18}")


def of(request: Request) -> str | int:
    """Return the id, or else the number, of the task that the request's address names.

    Raises:
        NoSuchTaskError: the address names neither an id nor a number.
        Problem: ``no-such-route``, if it is not the address of a task.
    """
    entity, address = of_entity(request)
    if entity != "Task":
        raise _no_such_route()
    return address


def of_entity(request: Request) -> tuple[str, str | int]:
    """Return ``Task`` or ``TaskView``, which the request's address is of, and the id or the number that it names.

    The address is ``…/{id}``, or the original's ``/api/Task(<id>)`` or ``/api/TaskView(<id>)``, where the key can be
    named, as in ``Task(id=<id>)`` (OData 4.01 Part 2 section 4.3.1). A parameter of a route has to be a whole part of
    its path, so that API Gateway knows the latter as ``/api/{entity}``.

    Raises:
        NoSuchTaskError: the address names neither an id nor a number.
        Problem: ``no-such-route``, if it is neither of these addresses.
    """
    kind, text = "Task", request.path_parameters.get("id", "")
    if entity := request.path_parameters.get("entity"):
        match = _ENTITY.fullmatch(unquote(entity))
        if not match:
            raise _no_such_route()
        kind, text = match[1], _key(match[2])
    if _NUMBER.fullmatch(text):
        return kind, int(text)
    try:
        return kind, values.guid(text)
    except InvalidValueError:
        raise NoSuchTaskError("The company has no task with this id.") from None


def _key(text: str) -> str:
    """Return the id or number in the parentheses of an address."""
    name, equals, value = text.partition("=")
    if equals and name.strip().lower() != "id":
        raise _no_such_route()
    return (value if equals else text).strip().strip("'")


def _no_such_route() -> Problem:
    return Problem(NO_SUCH_ROUTE, "The API has no such path, or not with this method.")


def content_location(request: Request, task_id: str) -> str:
    """Return the address of a task by its id, for a request that named it by its number."""
    folder, slash, _ = request.url.rpartition("/")
    return f"{folder}{slash}{'Task/' if 'entity' in request.path_parameters else ''}{task_id}"
