"""The task that an address names, by its id or by its number (contract rules 1.2, 8.8, 8.10, 10.1 and 10.2)."""

import re

from servicedesk.domain import values
from servicedesk.domain.faults import InvalidValueError, NoSuchTaskError
from servicedesk.wire.gateway import Request
from servicedesk.wire.problems import NO_SUCH_ROUTE, Problem

_NUMBER = re.compile(r"[0-9]{1,18}")


def of(request: Request) -> str | int:
    """Return the id, or else the number, of the task that the request's address names.

    The address is ``…/{id}``, or the original's ``/api/Task(<id>)``, whose key can be quoted, and named as in
    ``Task(id=<id>)`` (OData 4.01 Part 2 section 4.3.1).

    Raises:
        NoSuchTaskError: the address names neither an id nor a number.
        Problem: ``no-such-route``, if the address names another key than the id.
    """
    text = request.path_parameters["id"]
    if "(" in request.route:
        text = key(text)
    if _NUMBER.fullmatch(text):
        return int(text)
    try:
        return values.guid(text)
    except InvalidValueError:
        raise NoSuchTaskError("The company has no task with this id.") from None


def entity_set(request: Request) -> str:
    """Return the entity set of an OData address that names or creates one entity (contract rule 13.2).

    It is empty for other addresses: ``/tasks/{id}`` and ``/api/Task/{id}`` show a task as the published page does.
    """
    name, parenthesis, _ = request.route.removeprefix("/api/").partition("(")
    return name if parenthesis or (request.method, request.route) == ("POST", "/api/Task") else ""


def key(text: str) -> str:
    """Return the id or number in the parentheses of an address.

    Raises:
        Problem: ``no-such-route``, if they name another key than the id.
    """
    name, equals, value = text.partition("=")
    if equals and name.strip().lower() != "id":
        raise Problem(NO_SUCH_ROUTE, "The API has no such path.")
    return (value if equals else text).strip().strip("'")


def content_location(request: Request, task_id: str) -> str:
    """Return the address of a task by its id, for a request that named it by its number."""
    return f"{request.base_url}{'/api/Task' if request.route.startswith('/api/') else '/tasks'}/{task_id}"
