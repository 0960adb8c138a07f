"""Operators' command to erase a company with all its data, step by step and keys first."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from servicedesk.domain import values
from servicedesk.domain.api_key import ApiKey
from servicedesk.domain.company import quiet_from
from servicedesk.store import dynamodb, usage_plan
from servicedesk.store.api_keys import KeyStore
from servicedesk.store.companies import CompanyStore
from servicedesk.store.usage_plan import UsagePlan
from servicedesk.wire import command_answers, commands
from servicedesk.wire.commands import Command, EraseCompany

STEP_REQUESTS = 2
"""The most requests between two moments at which a call can stop."""

client = dynamodb.client()
companies = CompanyStore(client, os.environ["TASKS_TABLE"])
keys = KeyStore(client, os.environ["KEYS_TABLE"])
plan = UsagePlan(usage_plan.client(), os.environ["USAGE_PLAN"]) if os.environ.get("USAGE_PLAN") else None
verdicts_last = timedelta(seconds=int(os.environ["AUTHORIZER_CACHE_SECONDS"]))


@commands.handler
def lambda_handler(command: Command, context: Any) -> dict[str, object]:
    """Erase as much of the company as time allows, and tell whether ``nothing_left`` is true.

    The first call revokes the keys and closes the company to new ones. API Gateway caches the authorizer's verdicts,
    and a task that is created late would survive, with a counter that starts again. So tasks, numbers and catalogue are
    deleted only once no request can be in flight any more. Until then ``not_before`` tells when to send the same
    command again.
    """
    if not isinstance(command, EraseCompany):
        raise commands.wrong_function("OnboardCompany")
    company_id = command.company_id
    if not (keys.has_list(company_id) or companies.some_item_keys(company_id)):
        return command_answers.erasure(company_id, _remove_usage_key(company_id), nothing_left=True)
    closed, revoked = _close(company_id)
    deleted = _remove_usage_key(company_id)
    not_before = quiet_from(closed, revoked, verdicts_last)
    if datetime.now(UTC) < not_before:
        return command_answers.erasure(company_id, deleted, not_before=not_before)
    for count in chain([0], _deletions(company_id, revoked)):
        deleted += count
        if not dynamodb.has_time_for(STEP_REQUESTS, context):
            return command_answers.erasure(company_id, deleted)
    return command_answers.erasure(company_id, deleted, nothing_left=True)


def _close(company_id: str) -> tuple[str, Sequence[ApiKey]]:
    """Close the company to new keys, and revoke those that it has. Return when it was closed, and its keys."""
    closed, existing = keys.close(company_id, values.now())
    return closed, [key if key.revoked else keys.revoke(company_id, key.key_id, values.now()) for key in existing]


def _remove_usage_key(company_id: str) -> int:
    return int(plan.remove(company_id)) if plan else 0


def _deletions(company_id: str, revoked: Sequence[ApiKey]) -> Iterator[int]:
    """Delete the company's data in steps of ``STEP_REQUESTS``, and yield how many items each step deleted."""
    while item_keys := companies.some_item_keys(company_id):
        yield companies.delete_items(item_keys)
    for key in revoked:
        keys.delete(key.key_id)
        yield 1
    # The list comes last, because a retry finds the keys by it.
    keys.delete_list(company_id)
