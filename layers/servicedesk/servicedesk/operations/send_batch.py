"""Many creates and changes in one request, each with the effect and the answer that it would have alone."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from servicedesk.domain.faults import NoSuchTaskError
from servicedesk.operations import change_task, create_task
from servicedesk.operations.create_task import Create
from servicedesk.operations.operation import Operation, Stores, TimeLimit, operation
from servicedesk.store.task_lists import TaskLists
from servicedesk.telemetry import Outcome, describe, record
from servicedesk.wire import batch_body, gateway, json_format, media_types, preferences, query_options, task_address
from servicedesk.wire.gateway import Request, Response
from servicedesk.wire.problems import INVALID_HEADER, Problem
from servicedesk.wire.router import Router

ANSWER_BYTES = 5_000_000
"""The largest answer, as the function returns it: JSON, in a text of JSON. Lambda takes some six million bytes."""

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
    _require_different_tasks(works, company_id, stores.lists, time_limit)
    works = _numbered(works, company_id, stores, time_limit)

    def carry_out(work: _Work) -> Response:
        if isinstance(work, Problem):
            raise work
        if isinstance(work, Create):
            time_limit.require(requests=1)
            return work.answer(stores.tasks)
        time_limit.require(requests=2)
        return change_task.change_task.handle(work, stores)

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


def _require_different_tasks(works: Sequence[_Work], company_id: str, lists: TaskLists, time_limit: TimeLimit) -> None:
    """Refuse a batch in which two requests name the same task, be it one by its id and the other by its number."""
    named = [_attempt(_task_of, work) for work in works]
    tasks = [None if isinstance(one, Problem) else one for one in named]

    def look_up(task: str | int | None) -> str | int | None:
        if not isinstance(task, int):
            return task
        time_limit.require(requests=2)
        try:
            return lists.id_of_number(company_id, task)
        except NoSuchTaskError:
            return task

    if {str, int} <= {type(task) for task in tasks}:
        found = _each_at_once(look_up, tasks)
        if problem := next((one for one in found if isinstance(one, Problem)), None):
            raise problem
        tasks = [one for one in found if not isinstance(one, Problem)]
    batch_body.require_different(tasks, "name the same task.")


def _task_of(work: _Work) -> str | int | None:
    """Return the id or the number of the task that a request names, if it names one."""
    if isinstance(work, Create):
        identity = work.creation.identity
        return identity.task_id if identity.is_repeatable else None
    return None if isinstance(work, Problem) else task_address.of(work)


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
    # Only a batch has to wait for the import at a cold start.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    # The threads know nothing of the invocation, so that they write no facts over each other's into its log line.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda item: _attempt(do, item), items))


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
        body = {name: value for name, value in body.items() if name in ("id", "id2") or "@" in name}
    else:
        headers.pop("Content-Type", None)
        return {"id": shown["id"], "status": 204, "headers": headers}
    return shown | {"headers": headers, "body": body}


def _size(shown: Sequence[_Shown]) -> int:
    return len(json.dumps(json_format.encode(shown)))
