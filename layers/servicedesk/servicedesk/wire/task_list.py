"""Pages of a list as answers, with the links to what follows (contract rules 8.1 and 8.6)."""

import json
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, urlencode

from servicedesk.domain.task import Task
from servicedesk.wire.gateway import Request, Response

type Entry = Callable[[Task, str], Mapping[str, object]]
"""Makes an entry of a list from a task, given how a date says UTC in the answer's format."""


def response(
    request: Request, tasks: Sequence[Task], entry: Entry, *, name: str, links: Mapping[str, str], applied: str = ""
) -> Response:
    """Return a page of a list. ``name`` is that of an entry, and ``links`` are the relations of what follows."""

    def document(zone: str) -> Mapping[str, object]:
        page: dict[str, object] = {"@odata.context": f"{request.base_url}/$metadata#{name}"}
        page["value"] = [entry(task, zone) for task in tasks]
        return page | {f"@odata.{relation}Link": url for relation, url in links.items()}

    headers = {
        "Link": ", ".join(f'<{url}>; rel="{relation}"' for relation, url in links.items()),
        "Preference-Applied": applied,
    }
    return Response(200, document, headers, "Listed", root=f"ArrayOf{name}")


def select(entry: Entry, names: Sequence[str] | None) -> Entry:
    """Return an entry that has only the fields ``names`` (contract rule 8.5), or all without names."""
    if names is None:
        return entry
    chosen = set(names)
    return lambda task, zone: {name: value for name, value in entry(task, zone).items() if name in chosen}


def link(request: Request, option: str, token: str) -> str:
    """Return the address of the same list with ``option`` in place of the tokens that the request has."""
    kept = [(name, value) for name, value in _query(request) if "token" not in name]
    return f"{request.url}?{urlencode([*kept, (option, token)], quote_via=quote, safe="$'(),:/")}"


def query_text(request: Request) -> str:
    """Return a text that tells apart the lists that a company can ask for, for ``servicedesk.wire.cursors``."""
    options = sorted((name.removeprefix("$"), value) for name, value in _query(request) if "token" not in name)
    return json.dumps([request.route, options])


def _query(request: Request) -> Sequence[tuple[str, str]]:
    return [(name, value) for name in request.query for value in request.query.get_all(name)]
