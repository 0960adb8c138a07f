"""Invoked by operators: erases all that is stored of a company, step by step, keys first."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from servicedesk.domain import values
from servicedesk.domain.api_key import ApiKey
from servicedesk.store import dynamodb
from servicedesk.store.api_keys import KeyStore
from servicedesk.store.companies import CompanyStore
from servicedesk.store.usage_plan import UsagePlan
from servicedesk.telemetry import observed
from servicedesk.wire import commands
from servicedesk.wire.commands import Command, EraseCompany

IN_FLIGHT = timedelta(seconds=60)
"""How long what began before can go on: a request that API Gateway let in (the authorizer and a function, 25 seconds
each), or another call of an operator (57), and some for clocks that differ."""

client = dynamodb.client()
companies = CompanyStore(client, os.environ["TASKS_TABLE"])
keys = KeyStore(client, os.environ["KEYS_TABLE"])
usage_plan = UsagePlan(os.environ["USAGE_PLAN"]) if os.environ.get("USAGE_PLAN") else None
verdicts_last = timedelta(seconds=int(os.environ["AUTHORIZER_CACHE_SECONDS"]))


@observed
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Erase as much of the company as there is time for, and say whether ``nothing_left`` is true.

    The first call revokes the keys and closes the company to new ones. Tasks, numbers and catalogue go when nothing can
    be under way any more: API Gateway remembers the authorizer's verdict on a key, and a late create would leave a task
    behind, and a counter that begins again. Until then the answer says ``not_before`` when to send the same command
    again. Only a problem document has a member ``status``.
    """
    return commands.operate(event, context, _erase)


def _erase(command: Command, context: Any) -> dict[str, Any]:
    if not isinstance(command, EraseCompany):
        raise commands.sent_to_the_wrong_function("OnboardCompany")
    company_id = command.company_id
    known = keys.known(company_id) or bool(companies.keys_of_items(company_id))
    revoked: list[ApiKey] = []
    closed = values.now()
    if known:
        closed = keys.close(company_id, closed)
        every = keys.of_company(company_id)
        revoked = [key if key.revoked else keys.revoke(key.key_id, values.now()) for key in every]
    deleted = int(usage_plan.remove(company_id)) if usage_plan else 0
    if not known:
        return _answer(company_id, deleted=deleted, nothing_left=True)
    quiet_from = _quiet_from(closed, revoked)
    if datetime.now(UTC) < quiet_from:
        return _answer(company_id, deleted=deleted, not_before=quiet_from)
    while found := companies.keys_of_items(company_id):
        if not dynamodb.has_time_for(2, context):
            return _answer(company_id, deleted=deleted)
        deleted += companies.delete(found)
    for key in revoked:
        if not dynamodb.has_time_for(2, context):
            return _answer(company_id, deleted=deleted)
        keys.delete(key.key_id)
        deleted += 1
    # Last, since the list is how a repeated call finds the keys.
    keys.forget(company_id)
    return _answer(company_id, deleted=deleted, nothing_left=True)


def _quiet_from(closed: str, revoked: Sequence[ApiKey]) -> datetime:
    """Return the instant from which on nothing that began before can be under way: a request, or an operator's call."""
    # Canonical dates compare as instants.
    latest = datetime.fromisoformat(max([closed, *(key.revoked for key in revoked if key.revoked)])).replace(tzinfo=UTC)
    # In whole seconds, as it is shown.
    return latest.replace(microsecond=0) + timedelta(seconds=1) + verdicts_last + IN_FLIGHT


def _answer(
    company_id: str, *, deleted: int, nothing_left: bool = False, not_before: datetime | None = None
) -> dict[str, Any]:
    """How many items and keys this call deleted, and whether, and when, to send the same command again."""
    if nothing_left:
        detail = "Nothing of the company is left."
    elif not_before:
        detail = "The company's keys are revoked. Send the same command again at not_before, for what is left."
    else:
        detail = "There was no time for more. Send the same command again, for what is left."
    return {
        "company_id": company_id,
        "deleted": deleted,
        "nothing_left": nothing_left,
        "not_before": f"{not_before:%Y-%m-%dT%H:%M:%SZ}" if not_before else None,
        "detail": detail,
    }
