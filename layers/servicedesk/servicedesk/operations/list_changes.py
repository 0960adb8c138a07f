"""The feed of changes of the caller's company, page by page."""

from servicedesk.domain import values
from servicedesk.operations.operation import Stores, operation
from servicedesk.store import task_lists
from servicedesk.wire import cursors, odata, task_document, task_list
from servicedesk.wire.cursors import Cursor
from servicedesk.wire.gateway import Request, Response


@operation("GET /tasks/delta", options=odata.DELTA_OPTIONS)
def list_changes(request: Request, stores: Stores) -> Response:
    """Return a page of the feed of changes (contract rule 8.9)."""
    company_id = request.caller().company_id
    options = odata.delta_options(request.query, request.headers.get("Prefer"))
    query_text = task_list.query_text(request)
    now = values.now()
    position = task_lists.latest(now) if options.from_now else None
    if options.token:
        position = cursors.from_delta_token(options.token, company_id, query_text, stores.epoch)
    changes = stores.lists.changes(company_id, options.page_size, now, position)
    relation, option = ("delta", "$deltatoken") if changes.is_up_to_date else ("next", "$skiptoken")
    token = cursors.to_token(Cursor(changes.position, epoch=stores.epoch), company_id, query_text)
    links = {relation: task_list.link(request, option, token)}
    return task_list.response(
        request, changes.tasks, task_document.whole, entity_set="Task", links=links, applied=options.applied
    )
