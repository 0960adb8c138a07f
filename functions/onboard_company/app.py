"""Invoked by operators: companies, their catalogues, their numbers and their keys."""

import os
from dataclasses import asdict, replace
from typing import Any

from botocore.exceptions import ClientError
from servicedesk.domain import api_key, values
from servicedesk.domain.api_key import ApiKey
from servicedesk.domain.faults import Fault, InvalidCommandError
from servicedesk.store import dynamodb
from servicedesk.store.api_keys import KeysChangedError, KeyStore
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.companies import CompanyStore
from servicedesk.store.task_index import index_tasks
from servicedesk.store.tasks import TaskStore
from servicedesk.store.usage_plan import UsagePlan
from servicedesk.telemetry import observed
from servicedesk.wire import commands
from servicedesk.wire.commands import (
    Command,
    EraseCompany,
    IndexTasks,
    IssueKey,
    ListKeys,
    Onboard,
    RaiseNumbers,
    RevokeKey,
)

_client = dynamodb.client()
tasks = TaskStore(_client, os.environ["TASKS_TABLE"])
# What a backup is restored to before it takes the place of the tasks table (OPERATING.md).
RESTORED_TABLE = f"{os.environ['TASKS_TABLE']}-restored"
restored = TaskStore(_client, RESTORED_TABLE)
companies = CompanyStore(_client, os.environ["TASKS_TABLE"])
catalogues = CatalogueStore(_client, os.environ["TASKS_TABLE"])
keys = KeyStore(_client, os.environ["KEYS_TABLE"])
# Where there is no API Gateway, as under SAM local, there is no usage plan either.
usage_plan = UsagePlan(os.environ["USAGE_PLAN"]) if os.environ.get("USAGE_PLAN") else None

_BEING_ERASED = Fault("company_id", "being_erased", "This company is being erased. Finish that first.")


@observed
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do the one command that ``event`` is, or say all that is wrong with it as a problem document.

    Only a problem document has a member ``status``. Each command can be sent again and then changes nothing more.
    """
    return commands.operate(event, context, _do)


def _do(command: Command, context: Any) -> dict[str, Any]:
    match command:
        case Onboard():
            return _onboard(command)
        case IssueKey():
            return _issue_key(command)
        case ListKeys():
            return _list_keys(command)
        case RevokeKey():
            return _revoke_key(command)
        case RaiseNumbers():
            return _raise_numbers(command, context)
        case IndexTasks():
            return _index_tasks(command, context)
        case EraseCompany():
            raise commands.sent_to_the_wrong_function("EraseCompany")


def _onboard(command: Onboard) -> dict[str, object]:
    """The company's id and name, its whole ``catalogue``, and the ``next_number`` that a task of its will get."""
    if keys.closed(command.company_id):
        raise InvalidCommandError([_BEING_ERASED])
    if usage_plan:
        usage_plan.include(command.company_id)
    catalogue = catalogues.latest(command.company_id)
    if command.catalogue or command.company_name:
        name = command.company_name or catalogue.company_name
        catalogue = replace(command.catalogue.catalogue() if command.catalogue else catalogue, company_name=name)
        catalogues.put(command.company_id, catalogue)
    shown = asdict(catalogue)
    # The name stands beside the catalogue, so that the catalogue can be sent back as it is.
    company_name = shown.pop("company_name")
    return {
        "company_id": command.company_id,
        "company_name": company_name,
        "catalogue": shown,
        "next_number": tasks.start_numbers_at(command.company_id, command.first_number or 1),
    }


def _issue_key(command: IssueKey) -> dict[str, object]:
    """The key as ``list_keys`` shows it and, this once, the ``key`` itself.

    The same call again finds the key made and shows it without ``key``: whoever made the first call has it.
    """
    _require_onboarded(command.company_id)
    now = values.now()
    others = keys.of_company(command.company_id)
    live = [key for key in others if key.live(now)]
    for key in live:
        if key.label == command.label:
            return _issued_before(key, command)
    faults = []
    if len(live) >= commands.LIVE_KEYS:
        detail = f"The company has {len(live)} live keys: {', '.join(key.key_id for key in live)}. Revoke one first."
        faults.append(Fault("company_id", "too_many_keys", detail, commands.LIVE_KEYS))
    if command.expires and command.expires <= now:
        faults.append(Fault("expires", "in_the_past", "A key has to expire in the future."))
    if faults:
        raise InvalidCommandError(faults)
    secret = api_key.new_secret()
    key = ApiKey(
        key_id=api_key.new_key_id(),
        company_id=command.company_id,
        contact_id=command.contact_id,
        secret_digest=api_key.digest(secret),
        label=command.label,
        created=now,
        expires=command.expires,
        usage_key=usage_plan.include(command.company_id) if usage_plan else None,
    )
    try:
        keys.add(key, beside=others)
    except KeysChangedError:
        changed = Fault("company_id", "keys_changed", "Another call changed the keys meanwhile. Try again.")
        raise InvalidCommandError([_BEING_ERASED if keys.closed(command.company_id) else changed]) from None
    return _shown(key) | {"key": f"{key.key_id}.{secret}"}


def _issued_before(key: ApiKey, command: IssueKey) -> dict[str, object]:
    if (key.contact_id, key.expires) != (command.contact_id, command.expires):
        detail = f"The live key {key.key_id} has this label, and another contact_id or expires."
        raise InvalidCommandError([Fault("label", "taken", detail)])
    return _shown(key)


def _list_keys(command: ListKeys) -> dict[str, object]:
    """All ``keys`` that the company ever had."""
    _require_onboarded(command.company_id)
    return {"keys": [_shown(key) for key in keys.of_company(command.company_id)]}


def _revoke_key(command: RevokeKey) -> dict[str, object]:
    """The key as ``list_keys`` shows it, with the instant at which it was revoked, now or before."""
    _require_onboarded(command.company_id)
    key = keys.get(command.key_id)
    if key is None or key.company_id != command.company_id:
        raise InvalidCommandError([Fault("key_id", "unknown_reference", "The company has no such key.")])
    return _shown(keys.revoke(key.key_id, values.now()))


def _raise_numbers(command: RaiseNumbers, context: Any) -> dict[str, object]:
    """How many ``companies`` have their numbers raised now, and the ``next_command`` for those that are left."""
    raised, after = 0, command.after
    while True:
        found = companies.numbers(after)
        for company_id, last in found.last.items():
            # What one more company takes, and the next page.
            if raised and not dynamodb.has_time_for(2, context):
                return _raised(raised, command, after)
            if command.above:
                tasks.start_numbers_at(company_id, command.above + 1)
            else:
                _raise_in_restored(company_id, last)
            raised, after = raised + 1, company_id
        after = found.after
        if after is None or not dynamodb.has_time_for(2, context):
            return _raised(raised, command, after)


def _raise_in_restored(company_id: str, last: int) -> None:
    try:
        restored.start_numbers_at(company_id, last + 1)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        detail = (
            f"There is no table {RESTORED_TABLE}. Restore the backup under that name first; where the table to "
            "restore is lost, restore under its own name and say above which number all companies shall go on."
        )
        raise InvalidCommandError([Fault("above", "required", detail)]) from None


def _raised(count: int, command: RaiseNumbers, after: str | None) -> dict[str, object]:
    following = command.model_copy(update={"after": after}).model_dump(exclude_none=True) if after else None
    return {"companies": count, "next_command": following}


def _index_tasks(command: IndexTasks, context: Any) -> dict[str, object]:
    """How many ``tasks`` this pass has found so far that were not in the indexes, and the ``next_command``.

    A pass that found some is followed by another one, because a write can have come between. There is no next command
    once a whole pass has found none.
    """

    def has_time() -> bool:
        # For one more task, and for the next page.
        return dynamodb.has_time_for(2, context)

    found, start = command.found, command.after.model_dump() if command.after else None
    while True:
        step = index_tasks(_client, os.environ["TASKS_TABLE"], start, has_time=has_time)
        found, start = found + step.found, step.next
        if start is None:
            return {"tasks": found, "next_command": {"action": command.action} if found else None}
        if not has_time():
            return {"tasks": found, "next_command": {"action": command.action, "after": start, "found": found}}


def _require_onboarded(company_id: str) -> None:
    if not companies.onboarded(company_id):
        raise InvalidCommandError([Fault("company_id", "not_onboarded", "This company is not onboarded.")])


def _shown(key: ApiKey) -> dict[str, object]:
    """All that is stored but the digest, and whether the key is ``live``; instants end in Z."""
    shown: dict[str, object] = asdict(key)
    del shown["secret_digest"]
    for name in ("created", "expires", "revoked"):
        if instant := shown[name]:
            shown[name] = values.date_text(str(instant), "Z")
    return shown | {"live": key.live(values.now())}
