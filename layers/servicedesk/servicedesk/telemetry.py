"""Logs and metrics: each invocation writes one structured log line and one line of metrics.

The metrics are in embedded metric format, so CloudWatch reads them from the log. Neither line contains a secret or a
client's text. An exception is logged with its types and source lines but without its message, which can quote either.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from pathlib import PurePath
from time import perf_counter
from traceback import walk_tb
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from servicedesk.domain.faults import UnavailableError, UndeliveredError

logger = Logger(location=None)
"""The logger. ``POWERTOOLS_SERVICE_NAME`` names it and ``POWERTOOLS_LOG_LEVEL`` sets its level."""

type LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Outcome(StrEnum):
    """The outcome of an invocation: its log line's message, and a metric. OPERATING.md shows the sentences."""

    CREATED = "Created"
    """The service stored a new task."""

    REPLAYED = "Replayed"
    """A create was repeated, and the service returned the stored task."""

    BATCH = "Batch"
    """The service answered a batch. Its requests are counted one by one, and `statuses` has their statuses."""

    VALIDATED = "Validated"
    """The service answered a dry run (`validate_only`)."""

    CHANGED = "Changed"
    """The service changed a task."""

    CLOSED = "Closed"
    """The change closed the task."""

    REOPENED = "Reopened"
    """The change opened the task again."""

    UNCHANGED = "Unchanged"
    """The task already had the values of the change."""

    LISTED = "Listed"
    """The service answered a list."""

    ANSWERED = "Answered"
    """The service answered any other read."""

    CONFLICT = "Conflict"
    """The create's identity belongs to other content, or the change's `If-Match` names another version."""

    INVALID = "Invalid"
    """The task has faults in its fields; `codes` lists them."""

    REFUSED = "Refused"
    """The service answered any other 4xx, or refused an operator's command; `problem` says which."""

    UNAVAILABLE = "Unavailable"
    """The database or API Gateway throttled, failed, was closed or did not answer in time; `error` says how."""

    FAILED = "Failed"
    """The service has a fault of its own; `error` says where."""

    ALLOWED = "Allowed"
    """The authorizer accepted a key."""

    DENIED = "Denied"
    """The authorizer refused a key."""

    OPERATED = "Operated"
    """An operator's function carried out a command."""

    PUBLISHED = "Published"
    """The bus accepted a batch of events."""

    UNDELIVERED = "Undelivered"
    """History or bus did not accept a whole batch; `codes` and `error` say why. Lambda retries what can be retried."""


@dataclass(slots=True)
class _Invocation:
    """The facts for the log line and the metrics of the current invocation."""

    started: float = field(default_factory=perf_counter)
    outcome: Outcome = Outcome.FAILED
    facts: dict[str, object] = field(default_factory=dict)
    counts: list[str] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)


_current: ContextVar[_Invocation] = ContextVar("_current")
_environment = {"cold": True}
_LOGGED_BY = {Outcome.FAILED: logger.error, Outcome.UNAVAILABLE: logger.warning, Outcome.UNDELIVERED: logger.warning}


class InvocationFailedError(Exception):
    """Raised to Lambda in place of an exception that a handler did not catch."""


def observed(handle: LambdaHandler) -> LambdaHandler:
    """Make a Lambda handler that writes the log line and the metrics of each invocation of ``handle``.

    An exception that ``handle`` does not catch becomes an ``InvocationFailedError`` without its message.
    """

    @logger.inject_lambda_context(clear_state=True, log_event=False)
    @wraps(handle)
    def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        invocation = _Invocation()
        token = _current.set(invocation)
        try:
            return handle(event, context)
        except Exception as error:
            record(_outcome_of(error), error=describe(error))
            raise InvocationFailedError("The function failed; its log line says where.") from None
        finally:
            _current.reset(token)
            _write(invocation)

    return lambda_handler


def record(outcome: Outcome | None = None, *, counts: Sequence[str] = (), **facts: object) -> None:
    """Add to the log line and the metrics of the current invocation. Outside of an invocation, do nothing.

    ``outcome`` becomes the log line's message and a metric with the count 1; the latest outcome replaces earlier ones.
    ``counts`` names further metrics, each counted as often as it is named, and ``facts`` are members of the log line.
    None of them may contain text that a client wrote in a task.
    """
    if invocation := _current.get(None):
        invocation.outcome = outcome or invocation.outcome
        invocation.counts += counts
        invocation.facts |= {name: value for name, value in facts.items() if value is not None}


@contextmanager
def timed(metric: str) -> Iterator[None]:
    """Add the milliseconds that the block takes to ``metric``, whether it succeeds or fails."""
    started = perf_counter()
    try:
        yield
    finally:
        if invocation := _current.get(None):
            invocation.milliseconds[metric] = invocation.milliseconds.get(metric, 0.0) + _since(started)


def describe(error: BaseException | None) -> list[dict[str, object]]:
    """Return type, AWS error code and source lines of an exception and its causes, the newest first."""
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


def _outcome_of(error: Exception) -> Outcome:
    match error:
        case UnavailableError():
            return Outcome.UNAVAILABLE
        case UndeliveredError():
            return Outcome.UNDELIVERED
        case _:
            return Outcome.FAILED


def _since(started: float) -> float:
    return round((perf_counter() - started) * 1000, 3)


def _write(invocation: _Invocation) -> None:
    log = _LOGGED_BY.get(invocation.outcome, logger.info)
    total = _since(invocation.started)
    log(invocation.outcome, extra={**invocation.facts, "milliseconds": {"Total": total, **invocation.milliseconds}})
    metrics = EphemeralMetrics()
    if invocation.outcome is Outcome.FAILED and (version := os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")):
        # The alarm of a roll-out watches this dimension. Only failures carry it, because each value is a paid metric.
        metrics.add_dimensions(version=f"{os.environ['AWS_LAMBDA_FUNCTION_NAME']}:{version}")
    cold = ["ColdStart"] if _environment.pop("cold", False) else []
    for name, count in Counter([invocation.outcome, *invocation.counts, *cold]).items():
        metrics.add_metric(name, "Count", count)
    for name, value in invocation.milliseconds.items():
        metrics.add_metric(name, "Milliseconds", value)
    for name in ("request_id", "company_id"):
        if name in invocation.facts:
            metrics.add_metadata(name, invocation.facts[name])
    metrics.flush_metrics()
