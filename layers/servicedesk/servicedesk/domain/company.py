"""The rules for a company as a whole, from its onboarding to its erasure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from servicedesk.domain.api_key import ApiKey
from servicedesk.domain.faults import Code, Fault, InvalidCommandError

LARGEST_FIRST_NUMBER = 10**15
"""The largest first number of a company's tasks. It and its successors are exact in every JSON reader."""

IN_FLIGHT = timedelta(seconds=60)
"""The longest time that a started operation can take: a request that API Gateway accepted (25 seconds each for the
authorizer and the function) or an operator's command (57 seconds), with a margin for clock skew."""


def not_onboarded() -> InvalidCommandError:
    """Return the error for a command about a company that was never onboarded."""
    return InvalidCommandError([Fault("company_id", Code.NOT_ONBOARDED, "This company is not onboarded.")])


def being_erased() -> InvalidCommandError:
    """Return the error for a command about a company that is being erased."""
    detail = "This company is being erased. Finish that first."
    return InvalidCommandError([Fault("company_id", Code.BEING_ERASED, detail)])


def quiet_from(closed: str, revoked: Sequence[ApiKey], verdicts_last: timedelta) -> datetime:
    """Return the instant, in whole seconds, after which no operation that could write for the company is in flight.

    ``closed`` is when the company was closed to new keys, and ``revoked`` are its keys. API Gateway caches the
    authorizer's verdict on a key for ``verdicts_last``.
    """
    # Canonical dates sort in the order of time.
    latest = datetime.fromisoformat(max([closed, *(key.revoked for key in revoked if key.revoked)])).replace(tzinfo=UTC)
    return latest.replace(microsecond=0) + timedelta(seconds=1) + verdicts_last + IN_FLIGHT
