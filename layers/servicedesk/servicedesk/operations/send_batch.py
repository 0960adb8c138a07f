"""Many creates and changes in one request, each with the effect and the answer that it would have alone."""

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
"""The largest answer in bytes, as Lambda's runtime for Python 3.13 sends it on: JSON, in a text of JSON, in UTF-8
without ``\\u`` escapes (``awslambdaric.lambda_runtime_marshaller``). Lambda takes some six million bytes."""

AT_ONCE = 8
"""How many requests of a batch run at once: fewer than the ten connections that boto3 keeps."""

_ROUTER: Router[Operation] = Router(
    (*route.split(" "), taken)  # type: ignore[misc]
    for taken in (create_task.create_task, change_task.change_task)
    for route in taken.routes
)


@operation("POST /api/$batch")
def send_batch(request: Request, stores: Stores) -> Response:
    """Carry out the requests of a batch, and answer them in their order (contract section 14).

    What the batch asks for and cannot be done is refused before anything is done.
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
    if isinstance(ids, Problem):  # then nothing is begun
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

    answers = _each_at_once(carry_out, works)
    shown = [_shown(part.id, answer, request) for part, answer in zip(parts, answers, strict=True)]
    fitting = _fitting(shown, [part.request.method for part in parts])
    written = (media_types.JSON.name, json_format.encode({"responses": fitting}))
    headers = {"Preference-Applied": applied, **gateway.ODATA_VERSION}
    return Response(200, None, headers, _recorded(answers), written=written)


type _Work = Create | Request | Problem
"""What a request of the batch comes to: a create, a change, or the problem that it has before the table is asked."""

type _Shown = dict[str, object]


def _continue_on_error(prefer: str | None) -> str:
    """Return what of the preference is applied (OData 4.01 Part 1 section 8.2.8.3)."""
    asked = preferences.asked(prefer)
    said = asked.get("continue-on-error", asked.get("odata.continue-on-error"))
    if said == "false":
        detail = "One request that fails stops no other: continue-on-error=false is not supported. Nothing was done."
        raise Problem(INVALID_HEADER, detail)
    return "continue-on-error" if said in ("", "true") else ""


def _route(request: Request, name: str) -> tuple[Operation, Request]:
    try:
        match = _ROUTER.match(request.method, request.path)
    except Problem:
        raise batch_body.refusal(name, "is none that a batch takes: POST Task, and PATCH or PUT Task(<id>).") from None
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
    """Look all numbers of a batch up before anything is done: a create of the batch could get one of them."""
    if not numbers:
        return {}
    time_limit.require(requests=2)
    with _pool() as pool:
        return stores.lists.ids_of_numbers(company_id, numbers, pool.map)


def _numbered(works: Sequence[_Work], company_id: str, stores: Stores, time_limit: TimeLimit) -> Sequence[_Work]:
    """Give each create that will be written a number, in their order, by one request (contract rule 14.5).

    Where the numbers cannot be had, each such create has that problem, and the others go on.
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
    """Return what a function returns, or the problem that it ends with."""
    try:
        return do(*args, **kwargs)
    except Exception as error:
        return gateway.problem_of(error)


def _each_at_once[I, T](do: Callable[[I], T], items: Sequence[I]) -> list[T | Problem]:
    """Return what a function returns of each item, or the problem that it ends with; some run at once."""
    with _pool() as pool:
        return list(pool.map(lambda item: _attempt(do, item), items))


def _pool() -> "ThreadPoolExecutor":
    # Only a batch has to wait for the import at a cold start.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    # The threads know nothing of the invocation, so that they write no facts over each other's into its log line.
    return ThreadPoolExecutor(AT_ONCE)


def _recorded(answers: Sequence[Response | Problem]) -> Outcome:
    """Count the answers in the log line and the metrics, and return what they make the batch."""
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
    """Return an answer as the batch's answer has it."""
    headers, body = gateway.shown(answer, request, media_types.JSON)
    shown: _Shown = {"id": id, "status": answer.status, "headers": headers}
    return shown if body is None else shown | {"body": body}


def _fitting(shown: Sequence[_Shown], methods: Sequence[str]) -> Sequence[_Shown]:
    """Return the answers so that all together stay below ``ANSWER_BYTES``, the later ones minimal if need be."""
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
    """Return an answer as ``return=minimal`` has it (rules 5.6 and 10.8), and a problem without its single faults."""
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
