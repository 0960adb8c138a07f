"""What the functions tell their operators: for each invocation one structured log line and one line of metrics.

Metrics are in embedded metric format: CloudWatch reads them from the log. Neither line ever holds what a client wrote
in a task, nor a secret; an exception is told by its types and places, because its message can quote either.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from pathlib import PurePath
from time import perf_counter
from traceback import walk_tb
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from servicedesk.domain.faults import UnavailableError

logger = Logger(location=None)
"""Named by ``POWERTOOLS_SERVICE_NAME``, as verbose as ``POWERTOOLS_LOG_LEVEL`` says."""

type LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(slots=True)
class _Invocation:
    """What its log line and its metrics will say of the invocation under way."""

    started: float = field(default_factory=perf_counter)
    outcome: str = "Failed"
    facts: dict[str, object] = field(default_factory=dict)
    counts: list[str] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)


_under_way: ContextVar[_Invocation] = ContextVar("_under_way")
_environment = {"cold": True}


class InvocationFailedError(Exception):
    """What Lambda gets to see of an exception that a handler let through."""


def observed(handle: LambdaHandler) -> LambdaHandler:
    """Make a Lambda handler of one that tells what it does with ``record`` and ``timed``.

    An exception that ``handle`` lets through becomes an ``InvocationFailedError`` without its message.
    """

    @logger.inject_lambda_context(clear_state=True, log_event=False)
    @wraps(handle)
    def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        invocation = _Invocation()
        token = _under_way.set(invocation)
        try:
            return handle(event, context)
        except Exception as error:
            record("Unavailable" if isinstance(error, UnavailableError) else "Failed", error=describe(error))
            raise InvocationFailedError("The function failed; its log line says where.") from None
        finally:
            _under_way.reset(token)
            _write(invocation)

    return lambda_handler


def record(outcome: str | None = None, *, counts: list[str] | None = None, **facts: object) -> None:
    """Add to what is told of the invocation under way; outside of one, nothing happens.

    ``outcome`` is a metric (a count of one) and the log line's message, the latest one counts. ``counts`` are metrics
    beside it, ``facts`` members of the log line; none of them may hold what a client wrote in a task.
    """
    if invocation := _under_way.get(None):
        invocation.outcome = outcome or invocation.outcome
        invocation.counts += counts or []
        invocation.facts |= {name: value for name, value in facts.items() if value is not None}


@contextmanager
def timed(metric: str) -> Iterator[None]:
    """Measure what happens inside as ``metric``, in milliseconds, also when it fails; repeated ones add up."""
    started = perf_counter()
    try:
        yield
    finally:
        if invocation := _under_way.get(None):
            invocation.milliseconds[metric] = invocation.milliseconds.get(metric, 0.0) + _since(started)


def describe(error: BaseException | None) -> list[dict[str, object]]:
    """An exception and those behind it, the newest first: type, AWS error code and place of each; no messages."""
    described = []
    while error is not None:
        one: dict[str, object] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            one["code"] = f"{getattr(error, 'operation_name', '')}: {response.get('Error', {}).get('Code', '')}"
        one["at"] = [
            f"{PurePath(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}"
            for frame, line in walk_tb(error.__traceback__)
        ]
        described.append(one)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return described


def _since(started: float) -> float:
    return round((perf_counter() - started) * 1000, 3)


def _write(invocation: _Invocation) -> None:
    log = {"Failed": logger.error, "Unavailable": logger.warning}.get(invocation.outcome, logger.info)
    total = _since(invocation.started)
    log(invocation.outcome, extra={**invocation.facts, "milliseconds": {"Total": total, **invocation.milliseconds}})
    metrics = EphemeralMetrics()
    for name in [invocation.outcome, *invocation.counts, *(["ColdStart"] if _environment.pop("cold", False) else [])]:
        metrics.add_metric(name, "Count", 1)
    for name, value in invocation.milliseconds.items():
        metrics.add_metric(name, "Milliseconds", value)
    for name in ("request_id", "company_id"):
        if name in invocation.facts:
            metrics.add_metadata(name, invocation.facts[name])
    metrics.flush_metrics()
