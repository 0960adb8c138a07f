"""The operations of the API: a module for each, with its routes, and its documentation in a second one (`…_docs`).

The modules of this package are the table of routes. The router, the OpenAPI document, the help page and the tests all
read it, so a new operation is a new module, and no line anywhere else.
"""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from servicedesk.operations.operation import Operation
from servicedesk.wire.router import Match, Router

AT_START = "create_task"
"""The module that a cold start imports. The others are imported by the first request that needs one."""

DOCS = "_docs"
"""The suffix of modules with documentation, which only the tools that write documents import."""


def routes(*modules: str) -> Iterator[tuple[str, str, Operation]]:
    """Yield the method, the path and the operation of each route of these modules, or of all."""
    for name in modules or (module.name for module in pkgutil.iter_modules(__path__)):
        if not name.endswith(DOCS):
            for declared in vars(import_module(f"{__name__}.{name}")).values():
                if isinstance(declared, Operation):
                    yield from ((*route.split(" "), declared) for route in declared.routes)  # type: ignore[misc]


@cache
def router(*modules: str) -> Router[Operation]:
    """Return the router over the routes of these modules, or of all."""
    return Router(routes(*modules))


def match(method: str, path: str) -> Match[Operation]:
    """Return the match of the router over all routes.

    A create is found without importing the other operations, which keeps its cold start short.

    Raises:
        Problem: as ``Router.match``.
    """
    return router(AT_START).literal(method, path) or router().match(method, path)
