"""Pages of a list as answers, with links to the next page (contract rules 8.1 and 8.6)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from servicedesk.domain.task import Task
from servicedesk.domain.task_position import AfterVersion, Position
from servicedesk.domain.task_query import Order
from servicedesk.telemetry import Outcome
from servicedesk.wire import cursors
from servicedesk.wire.cursors import TOKEN_CHARACTERS, Cursor
from servicedesk.wire.gateway import ODATA_VERSION, Request, Response
from servicedesk.wire.odata import ListOptions
from servicedesk.wire.problems import INVALID_PARAMETER, Problem

LINK_BYTES = 8000
"""The longest link. API Gateway's limit for request line and headers is 10,240 bytes."""

LINK_HEADER_BYTES = 4000
"""The longest header ``Link`` of an answer whose body has the links, too. Many proxies limit a header to 4 KB."""

type Entry[Of = Task] = Callable[[Of, str], Mapping[str, object]]
"""Makes an entry of a list from a task, given the suffix of UTC dates in the answer's format."""


@dataclass(frozen=True, slots=True)
class Paging:
    """The position of a page in its list, and the link to the next one (contract rules 8.2 and 8.6).

    Attributes:
        cursor: where the page begins, with the rest of ``$top`` and ``$skip``.
        size: the most entries of the page.
    """

    cursor: Cursor[Any]
    size: int
    _request: Request
    _company_id: str
    _query_text: str

    @classmethod
    def of(cls, request: Request, options: ListOptions, company_id: str, order: Order | None, of: str = "") -> "Paging":
        """Return the paging of a request. ``of`` is the task that the list belongs to, if it is not the company's.

        Raises:
            Problem: as ``cursors.from_token``.
        """
        text = f"{of} {query_text(request)}" if of else query_text(request)
        cursor: Cursor[Any] = Cursor(None, options.top, options.skip)
        if options.skip_token:
            cursor = cursors.from_token(options.skip_token, company_id, text, order)
        size = options.page_size if cursor.top is None else min(options.page_size, cursor.top)
        return cls(cursor, size, request, company_id, text)

    def links(self, shown: int, following: Position | AfterVersion | None, skip: int) -> Mapping[str, str]:
        """Return the link to the next page, if there is one, after a page with ``shown`` entries."""
        top = None if self.cursor.top is None else self.cursor.top - shown
        if not following or top == 0:
            return {}
        token = cursors.to_token(Cursor(following, top, skip), self._company_id, self._query_text)
        return {"next": link(self._request, "$skiptoken", token)}


def response[Of](
    request: Request,
    of: Sequence[Of],
    entry: Entry[Of],
    *,
    entity_set: str,
    links: Mapping[str, str],
    applied: str = "",
) -> Response:
    """Return a page of the list of an entity set, with ``links`` by their relations.

    In XML the entries of ``Task`` are named ``task``, as on the published page.
    """

    def document(zone: str) -> Mapping[str, object]:
        page: dict[str, object] = {"@odata.context": request.context_url(entity_set)}
        page["value"] = [entry(one, zone) for one in of]
        return page | {f"@odata.{relation}Link": url for relation, url in links.items()}

    link_header = ", ".join(f'<{url}>; rel="{relation}"' for relation, url in links.items())
    if request.media_type.format == "json" and len(link_header) > LINK_HEADER_BYTES:
        link_header = ""
    headers = {"Link": link_header, "Preference-Applied": applied, **ODATA_VERSION}
    root = f"ArrayOf{'task' if entity_set == 'Task' else entity_set}"
    return Response(200, document, headers, Outcome.LISTED, root=root)


def select(entry: Entry, names: Sequence[str] | None) -> Entry:
    """Return an entry with only the fields ``names``, or with all if that is ``None`` (contract rule 8.5)."""
    if names is None:
        return entry
    chosen = set(names)
    return lambda task, zone: {name: value for name, value in entry(task, zone).items() if name in chosen}


def link(request: Request, option: str, token: str) -> str:
    """Return the address of the same list with ``option`` in place of the request's tokens."""
    kept = [(name, value) for name, value in _query(request) if "token" not in name]
    # A space is encoded as +: with %20, a link could be three times as long as the client's own query.
    return f"{request.url}?{urlencode([*kept, (option, token)], safe="$'(),:/!*?@")}"


def require_short_links(request: Request) -> None:
    """Raise ``invalid-parameter`` if a link to a further page of the list could be longer than ``LINK_BYTES``.

    It does so even if there is no further page, so that a query does not start to fail when tasks are added.
    """
    if len(link(request, "$skiptoken", "x" * TOKEN_CHARACTERS)) > LINK_BYTES:
        detail = f"The query options are too long: the link to the next page would have more than {LINK_BYTES} bytes."
        raise Problem(INVALID_PARAMETER, detail)


def query_text(request: Request) -> str:
    """Return a text that identifies the list within a company, for ``servicedesk.wire.cursors``."""
    options = sorted((name.removeprefix("$"), value) for name, value in _query(request) if "token" not in name)
    return json.dumps([request.route, options])


def _query(request: Request) -> Sequence[tuple[str, str]]:
    return [(name, value) for name in request.query for value in request.query.get_all(name)]
