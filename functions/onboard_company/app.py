"""Operators' commands for companies, their catalogues, their numbers and their keys."""

import os
from dataclasses import replace
from typing import Any

from servicedesk.domain import values
from servicedesk.domain.faults import Code, Fault, InvalidCommandError
from servicedesk.store import dynamodb, usage_plan
from servicedesk.store.api_keys import KeyStore
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.companies import COUNTER_REQUESTS, CompanyStore
from servicedesk.store.tasks import TaskStore
from servicedesk.store.usage_plan import UsagePlan
from servicedesk.wire import command_answers, commands
from servicedesk.wire.commands import (
    Command,
    EraseCompany,
    IssueKey,
    ListCompanies,
    ListKeys,
    Onboard,
    RaiseNumbers,
    RevokeKey,
)

client = dynamodb.client()
tasks = TaskStore(client, os.environ["TASKS_TABLE"])
companies = CompanyStore(client, os.environ["TASKS_TABLE"])
catalogues = CatalogueStore(client, os.environ["TASKS_TABLE"])
keys = KeyStore(client, os.environ["KEYS_TABLE"])
# Without API Gateway, as under SAM local, there is no usage plan.
plan = UsagePlan(usage_plan.client(), os.environ["USAGE_PLAN"]) if os.environ.get("USAGE_PLAN") else None

RESTORED_TABLE = f"{os.environ['TASKS_TABLE']}-restored"
"""The table that an operator restores a backup to, before it replaces the tasks table (OPERATING.md)."""
restored_tasks = TaskStore(client, RESTORED_TABLE)


@commands.handler
def lambda_handler(command: Command, context: Any) -> dict[str, object]:
    """Carry out a command, and return its answer. Each command is idempotent."""
    match command:
        case Onboard():
            return _onboard(command)
        case IssueKey():
            return _issue_key(command)
        case ListKeys():
            return _list_keys(command)
        case RevokeKey():
            return _revoke_key(command)
        case ListCompanies():
            return _list_companies(command, context)
        case RaiseNumbers():
            return _raise_numbers(command, context)
        case EraseCompany():
            raise commands.wrong_function("EraseCompany")


def _onboard(command: Onboard) -> dict[str, object]:
    keys.require_open(command.company_id)
    if plan:
        plan.include(command.company_id)
    catalogue = catalogues.latest(command.company_id)
    if command.catalogue or command.company_name:
        changed = command.catalogue.catalogue() if command.catalogue else catalogue
        catalogue = replace(changed, company_name=command.company_name or catalogue.company_name)
        catalogues.put(command.company_id, catalogue)
    next_number = tasks.start_numbers_at(command.company_id, command.first_number or 1)
    return command_answers.company(command.company_id, catalogue, next_number)


def _issue_key(command: IssueKey) -> dict[str, object]:
    """Issue a key, and return it with the whole ``key``, which no retry can show again."""
    companies.require_onboarded(command.company_id)
    now, request = values.now(), command.request()
    existing = keys.for_company(command.company_id)
    if issued := request.find_issued(existing, now):
        return command_answers.key(issued, now)
    request.check(existing, now)
    key, whole_key = request.issue(plan.include(command.company_id) if plan else None, now)
    keys.add(key, existing=existing)
    return command_answers.key(key, now) | {"key": whole_key}


def _list_keys(command: ListKeys) -> dict[str, object]:
    companies.require_onboarded(command.company_id)
    return command_answers.keys(keys.for_company(command.company_id), values.now())


def _revoke_key(command: RevokeKey) -> dict[str, object]:
    companies.require_onboarded(command.company_id)
    now = values.now()
    return command_answers.key(keys.revoke(command.company_id, command.key_id, now), now)


def _list_companies(command: ListCompanies, context: Any) -> dict[str, object]:
    """Show as many companies as time allows, but at least one."""
    found: list[tuple[str, str, int]] = []
    for company_id, last_number in companies.counters(command.after):
        # The time must suffice for this company's name, and for reading the next company.
        if found and not dynamodb.has_time_for(1 + COUNTER_REQUESTS, context):
            return command_answers.companies(found, command, found[-1][0])
        found.append((company_id, catalogues.latest(company_id).company_name, last_number + 1))
    return command_answers.companies(found, command, None)


def _raise_numbers(command: RaiseNumbers, context: Any) -> dict[str, object]:
    """Raise the numbers of as many companies as time allows, but at least of one."""
    raised, after = 0, command.after
    for company_id, last_number in companies.counters(after):
        # The time must suffice for this company, and for reading the next one.
        if raised and not dynamodb.has_time_for(1 + COUNTER_REQUESTS, context):
            return command_answers.numbers_raised(raised, command, after)
        if command.above:
            tasks.start_numbers_at(company_id, command.above + 1)
        else:
            _raise_in_restored_table(company_id, last_number)
        raised, after = raised + 1, company_id
    return command_answers.numbers_raised(raised, command, None)


def _raise_in_restored_table(company_id: str, last_number: int) -> None:
    try:
        restored_tasks.start_numbers_at(company_id, last_number + 1)
    except client.exceptions.ResourceNotFoundException:
        detail = (
            f"There is no table {RESTORED_TABLE}. Restore the backup under that name first. If the tasks table itself "
            "is lost, restore the backup under its own name, and send the number above which all companies continue."
        )
        raise InvalidCommandError([Fault("above", Code.REQUIRED, detail)]) from None
