"""The query options that a route supports, and the treatment of all others (contract rule 1.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from servicedesk.wire import ignored_fields
from servicedesk.wire.gateway import Request
from servicedesk.wire.headers import Fields
from servicedesk.wire.preferences import Preferences
from servicedesk.wire.problems import INVALID_PARAMETER, Problem, shown_name

_SAYS_NOTHING = {"format": ("json", "application/json"), "count": ("false",)}
"""Options that ask for what an OData client gets anyway, below ``/api`` (contract rule 13.3)."""

CACHE_BUSTER = "_"
"""The option by which jQuery and others bypass caches. It has no meaning for the service."""

_ODATA = {
    *("apply", "compute", "count", "deltatoken", "expand", "filter", "format", "id", "index", "orderby"),
    *("schemaversion", "search", "select", "skip", "skiptoken", "top"),
}
"""The system query options of OData 4.01 Part 2 section 5.1. Services must accept them with and without ``$``."""


def taken(request: Request, options: Sequence[str], *, reads: bool) -> tuple[Request, Mapping[str, str]]:
    """Return the request with only the query options that its route supports, and headers that name the others.

    ``options`` are those of the route, with the ``$`` of OData's. ``reads`` tells whether it only reads: if it writes,
    a misspelt option must not be ignored, because it may have meant a dry run.

    Raises:
        Problem: ``invalid-parameter``, for an option of OData that the route does not support, and for any unknown
            option if the route writes or the client prefers ``handling=strict``.
    """
    preferences = Preferences.of(request)
    applied = preferences.applied_to_problem if reads else ""
    known, ignored = [], []
    for name in request.query:
        is_odata = name.startswith("$") or name in _ODATA
        if name in options or (is_odata and f"${name.removeprefix('$')}" in options):
            known += [(name, value) for value in request.query.get_all(name)]
        elif reads and request.is_odata and _says_nothing(name, request.query.get_all(name)):
            continue
        elif is_odata or (name != CACHE_BUSTER and (preferences.strict or not reads)):
            detail = _detail(request.query.as_sent(name), options)
            raise Problem(INVALID_PARAMETER, detail, headers={"Preference-Applied": applied})
        elif name != CACHE_BUSTER:
            ignored.append(request.query.as_sent(name))
    headers = {"Ignored-Parameters": ignored_fields.header(ignored, ()), "Preference-Applied": applied}
    return replace(request, query=Fields(known)), headers


def _says_nothing(name: str, values: Sequence[str]) -> bool:
    sayings = _SAYS_NOTHING.get(name.removeprefix("$"), ())
    return all(value.partition(";")[0].strip().lower() in sayings for value in values)


def _detail(name: str, options: Sequence[str]) -> str:
    shown = f"${shown_name(name[1:])}" if name.startswith("$") else shown_name(name)
    return f"The query option {shown} is not supported here; supported are {', '.join(options) or 'none'}."
