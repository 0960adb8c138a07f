"""The operations of the API, a module for each: its routes and its way, with its documentation beside it (`…_docs`).

The modules of this package are the table of routes. The router, the OpenAPI document, the help page and the tests all
read it, so that a new operation is a new module and no line anywhere else.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from servicedesk.operations.operation import Operation
from servicedesk.wire.router import Router

DOCS = "_docs"
"""What the name of a module with documentation ends in. Only what writes documents imports one."""


def routes() -> Iterator[tuple[str, str, Operation]]:
    """Yield the method, the path and the operation of each route."""
    for module in pkgutil.iter_modules(__path__):
        if not module.name.endswith(DOCS):
            for declared in vars(import_module(f"{__name__}.{module.name}")).values():
                if isinstance(declared, Operation):
                    yield from ((*route.split(" "), declared) for route in declared.routes)  # type: ignore[misc]


def router() -> Router[Operation]:
    """Return the router over all routes."""
    return Router(routes())
