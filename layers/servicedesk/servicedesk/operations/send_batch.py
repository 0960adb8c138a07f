"""Many creates and changes in one request, each with the same effect and response as alone."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from servicedesk.operations import change_task, create_task
from servicedesk.operations.create_task import Create
from servicedesk.operations.operation import Operation, Stores, TimeLimit, operation
from servicedesk.store.task_lists import id_in
from servicedesk.telemetry import Outcome, describe, record
from servicedesk.wire import batch_body, gateway, json_format, media_types, preferences, query_options, task_address
from servicedesk.wire.gateway import Request, Response
from servicedesk.wire.problems import INVALID_HEADER, Problem
from servicedesk.wire.router import Router

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

ANSWER_BYTES = 5_000_000
"""The largest answer in bytes, as Lambda's runtime for Python 3.13 serializes it: JSON in a JSON string, in UTF-8
without ``\\u`` escapes (``awslambdaric.lambda_runtime_marshaller``). Lambda's limit is some six million bytes."""

CONCURRENCY = 8
"""The most requests of a batch that run concurrently, fewer than the ten connections in boto3's pool."""

_ROUTER: Router[Operation] = Router(
    (*route.split(" "), taken)  # type: ignore[misc]
    for taken in (create_task.create_task, change_task.change_task)
    for route in taken.routes
)


@operation("POST /api/$batch")
def send_batch(request: Request, stores: Stores) -> Response:
    """Carry out the requests of a batch, and return their responses in order (contract section 14).

    An invalid batch is refused before any of its requests is carried out.
    """
    time_limit = TimeLimit(request)
    company_id = request.caller().company_id
    applied = _continue_on_error(request.headers.get("Prefer"))
    parts = batch_body.read(request)
    routed = [_route(part.request, batch_body.name_of(place)) for place, part in enumerate(parts)]
    stores = replace(stores, catalogues=stores.catalogues.with_copy_for(company_id))
    works: Sequence[_Work] = [_attempt(_read, *one, stores) for one in routed]
    named = [_named(work) for work in works]
    batch_body.require_different(named, "name the same task.")
    ids = _attempt(_ids_of_numbers, {task for task in named if isinstance(task, int)}, company_id, stores, time_limit)
    if isinstance(ids, Problem):  # then no request is carried out
        works, ids = [work if isinstance(work, Problem) else ids for work in works], {}
    batch_body.require_different(
        [ids.get(task, task) if isinstance(task, int) else task for task in named], "name the same task."
    )
    works = _numbered(works, company_id, stores, time_limit)

    def carry_out(work: _Work) -> Response:
        if isinstance(work, Problem):
            raise work
        if isinstance(work, Create):
            time_limit.require(requests=1)
            return work.answer(stores.tasks)
        time_limit.require(requests=2)
        return change_task.change(work, stores, partial(id_in, ids))

    answers = _map_concurrently(carry_out, works)
    shown = [_shown(part.id, answer, request) for part, answer in zip(parts, answers, strict=True)]
    fitting = _fitting(shown, [part.request.method for part in parts])
    written = (media_types.JSON.name, json_format.encode({"responses": fitting}))
    headers = {"Preference-Applied": applied, **gateway.ODATA_VERSION}
    return Response(200, None, headers, _recorded(answers), written=written)


type _Work = Create | Request | Problem
"""A request of the batch after validation: a create, a change, or the problem that it ends with."""

type _Shown = dict[str, object]


def _continue_on_error(prefer: str | None) -> str:
    """Return the applied preference ``continue-on-error`` (OData 4.01 Part 1 section 8.2.8.3)."""
    asked = preferences.asked(prefer)
    said = asked.get("continue-on-error", asked.get("odata.continue-on-error"))
    if said == "false":
        detail = (
            "A failed request does not stop the others: continue-on-error=false is not supported. Nothing was done."
        )
        raise Problem(INVALID_HEADER, detail)
    return "continue-on-error" if said in ("", "true") else ""


def _route(request: Request, name: str) -> tuple[Operation, Request]:
    try:
        match = _ROUTER.match(request.method, request.path)
    except Problem:
        detail = "is not supported in a batch, which takes POST Task, and PATCH or PUT Task(<id>)."
        raise batch_body.refusal(name, detail) from None
    return match.target, request.at(match.route, match.parameters)


def _read(target: Operation, request: Request, stores: Stores) -> Create | Request:
    taken, _ = query_options.taken(request, target.options, reads=target.reads)
    return Create.read(taken, stores.catalogues) if target is create_task.create_task else taken


def _named(work: _Work) -> str | int | None:
    """Return the id or the number of the task that a request names, if it names one."""
    if isinstance(work, Create):
        identity = work.creation.identity
        return identity.task_id if identity.is_repeatable else None
    named = work if isinstance(work, Problem) else _attempt(task_address.of, work)
    return None if isinstance(named, Problem) else named


def _ids_of_numbers(
    numbers: Collection[int], company_id: str, stores: Stores, time_limit: TimeLimit
) -> Mapping[int, str]:
    """Look up all numbers of a batch before anything is written: a create of the batch could get one of them."""
    if not numbers:
        return {}
    time_limit.require(requests=2)
    with _pool() as pool:
        return stores.lists.ids_of_numbers(company_id, numbers, pool.map)


def _numbered(works: Sequence[_Work], company_id: str, stores: Stores, time_limit: TimeLimit) -> Sequence[_Work]:
    """Take numbers for all creates that will be written, in order, by one request (contract rule 14.5).

    If that fails, each such create ends with the problem, and the other requests go on.
    """

    def take(count: int) -> range:
        time_limit.require(requests=2)
        return stores.tasks.take_numbers(company_id, count)

    count = sum(isinstance(work, Create) and work.takes_number for work in works)
    taken = _attempt(take, count) if count else range(0)
    numbers: Iterator[int] = iter(range(0) if isinstance(taken, Problem) else taken)
    numbered: list[_Work] = []
    for work in works:
        if isinstance(work, Create) and work.takes_number:
            numbered.append(taken if isinstance(taken, Problem) else replace(work, number=next(numbers)))
        else:
            numbered.append(work)
    return numbered


def _attempt[**P, T](do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Problem:
    """Return the result of a function, or the problem that it raises."""
    try:
        return do(*args, **kwargs)
    except Exception as error:
        return gateway.problem_of(error)


def _map_concurrently[I, T](do: Callable[[I], T], items: Sequence[I]) -> list[T | Problem]:
    """Return the result of a function for each item, or the problem that it raises."""
    with _pool() as pool:
        return list(pool.map(lambda item: _attempt(do, item), items))


def _pool() -> "ThreadPoolExecutor":
    # Imported here, because only a batch needs it.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    # The threads do not inherit the invocation's context, so they do not overwrite each other's facts in its log line.
    return ThreadPoolExecutor(CONCURRENCY)


def _recorded(answers: Sequence[Response | Problem]) -> Outcome:
    """Count the answers in the log line and the metrics, and return the outcome of the batch."""
    problems = [one for one in answers if isinstance(one, Problem)]
    outcomes = [one.outcome if isinstance(one, Response) else gateway.outcome_of(one) for one in answers]
    codes = [f"Invalid_{code}" for one in problems for code in gateway.codes_of(one)]
    worst = next((each for each in (Outcome.FAILED, Outcome.UNAVAILABLE) if each in outcomes), Outcome.BATCH)
    if worst in outcomes:
        outcomes.remove(worst)  # it is counted for the batch
    causes = [one.__cause__ for one in problems if one.status >= 500 and one.__cause__]
    statuses = Counter(str(one.status) for one in answers)
    record(counts=[*outcomes, *codes], statuses=statuses, error=describe(causes[0]) if causes else None)
    return worst


def _shown(id: str, answer: Response | Problem, request: Request) -> _Shown:
    """Return an answer as an entry of ``responses``."""
    headers, body = gateway.shown(answer, request, media_types.JSON)
    shown: _Shown = {"id": id, "status": answer.status, "headers": headers}
    return shown if body is None else shown | {"body": body}


def _fitting(shown: Sequence[_Shown], methods: Sequence[str]) -> Sequence[_Shown]:
    """Return the answers within ``ANSWER_BYTES`` in total, the later ones minimal if necessary."""
    if _size(shown) <= ANSWER_BYTES:
        return shown
    fitting = [_minimal(one, method) for one, method in zip(shown, methods, strict=True)]
    room = ANSWER_BYTES - _size(fitting)
    for place, one in enumerate(shown):
        room -= _size([one]) - _size([fitting[place]])
        if room < 0:
            break
        fitting[place] = one
    return fitting


def _minimal(shown: _Shown, method: str) -> _Shown:
    """Return an answer in the form of ``return=minimal`` (rules 5.6 and 10.8), or a problem without its faults."""
    headers, body = dict(shown["headers"]), dict(shown.get("body") or {})  # type: ignore[call-overload]
    if "Preference-Applied" in headers:
        headers["Preference-Applied"] = headers["Preference-Applied"].replace("representation", "minimal")
    if int(str(shown["status"])) >= 400:
        body.pop("errors", None)
        body["error"] = {name: value for name, value in body["error"].items() if name != "details"}
    elif method == "POST":
        body = {name: body[name] for name in ("id", "id2")}  # no entity any more (rule 13.2)
    else:
        headers.pop("Content-Type", None)
        return {"id": shown["id"], "status": 204, "headers": headers}
    return shown | {"headers": headers, "body": body}


def _size(shown: Sequence[_Shown]) -> int:
    return len(json.dumps(json_format.encode(shown), ensure_ascii=False).encode("utf-8", "surrogatepass"))
