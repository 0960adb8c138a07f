"""The operations of the API, a module for each: its routes and its way, with its documentation beside it (`…_docs`).

The modules of this package are the table of routes. The router, the OpenAPI document, the help page and the tests all
read it, so that a new operation is a new module and no line anywhere else.
"""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from servicedesk.operations.operation import Operation
from servicedesk.wire.router import Match, Router

AT_START = "create_task"
"""The module whose routes a start imports. The others wait for the first request that is none of its."""

DOCS = "_docs"
"""What the name of a module with documentation ends in. Only what writes documents imports one."""


def routes(*modules: str) -> Iterator[tuple[str, str, Operation]]:
    """Yield the method, the path and the operation of each route, or of those of some modules."""
    for name in modules or (module.name for module in pkgutil.iter_modules(__path__)):
        if not name.endswith(DOCS):
            for declared in vars(import_module(f"{__name__}.{name}")).values():
                if isinstance(declared, Operation):
                    yield from ((*route.split(" "), declared) for route in declared.routes)  # type: ignore[misc]


@cache
def router(*modules: str) -> Router[Operation]:
    """Return the router over all routes, or over those of some modules."""
    return Router(routes(*modules))


def match(method: str, path: str) -> Match[Operation]:
    """Return the operation that a method and a path lead to, as the router over all routes would.

    A create is found without importing the other operations, for which its caller would wait at a cold start.

    Raises:
        Problem: as ``Router.match``.
    """
    return router(AT_START).literal(method, path) or router().match(method, path)
