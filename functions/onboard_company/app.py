"""Invoked by operators: companies, their catalogues, their first number and their keys."""

import os
from dataclasses import asdict
from typing import Any

from servicedesk import api_key, dynamodb, onboarding, values
from servicedesk.api_key import ApiKey
from servicedesk.catalogue_store import CatalogueStore
from servicedesk.key_store import KeysChangedError, KeyStore
from servicedesk.onboarding import IssueKey, ListKeys, Onboard, RevokeKey
from servicedesk.problems import Fault, Problem
from servicedesk.task_store import TaskStore
from servicedesk.telemetry import logger

_client = dynamodb.client()
tasks = TaskStore(_client, os.environ["TASKS_TABLE"])
catalogues = CatalogueStore(_client, os.environ["TASKS_TABLE"])
keys = KeyStore(_client, os.environ["KEYS_TABLE"])


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, object]:
    """Do the one command that ``event`` is, or say all that is wrong with it as a problem document."""
    try:
        command = onboarding.read(event)
        logger.info("operator", action=command.action, company_id=command.company_id)
        match command:
            case Onboard():
                return _onboard(command)
            case IssueKey():
                return _issue_key(command)
            case ListKeys():
                return {"keys": [_shown(key) for key in keys.of_company(command.company_id)]}
            case RevokeKey():
                return _revoke_key(command)
    except Problem as problem:
        return problem.document(context.aws_request_id)


def _onboard(command: Onboard) -> dict[str, object]:
    if command.catalogue:
        catalogues.put(command.company_id, command.catalogue.catalogue())
    return {
        "company_id": command.company_id,
        "catalogue": asdict(catalogues.of(command.company_id)),
        "next_number": tasks.start_numbers_at(command.company_id, command.first_number or 1),
    }


def _issue_key(command: IssueKey) -> dict[str, object]:
    now = values.now()
    others = keys.of_company(command.company_id)
    live = [key for key in others if key.live(now)]
    for key in live:
        if key.label == command.label:
            # The same call again: the key exists, and its secret was shown to whoever made the first one.
            return _shown(key)
    if len(live) >= onboarding.LIVE_KEYS:
        detail = f"The company has {len(live)} live keys: {', '.join(key.key_id for key in live)}. Revoke one first."
        raise onboarding.invalid([Fault("label", "too_many_keys", detail, onboarding.LIVE_KEYS)])
    if command.expires and command.expires <= now:
        raise onboarding.invalid([Fault("expires", "in_the_past", "A key has to expire in the future.")])
    secret = api_key.new_secret()
    key = ApiKey(
        key_id=api_key.new_key_id(),
        company_id=command.company_id,
        contact_id=command.contact_id,
        secret_digest=api_key.digest(secret),
        label=command.label,
        created=now,
        expires=command.expires,
    )
    try:
        keys.add(key, beside=others)
    except KeysChangedError:
        raise onboarding.invalid(
            [Fault("label", "keys_changed", "Another call changed the keys. Try again.")]
        ) from None
    return _shown(key) | {"key": f"{key.key_id}.{secret}"}


def _revoke_key(command: RevokeKey) -> dict[str, object]:
    key = keys.get(command.key_id)
    if key is None or key.company_id != command.company_id:
        raise onboarding.invalid([Fault("key_id", "unknown_reference", "The company has no such key.")])
    keys.revoke(key.key_id, values.now())
    revoked = keys.get(key.key_id)
    return _shown(revoked or key)


def _shown(key: ApiKey) -> dict[str, object]:
    shown: dict[str, object] = asdict(key)
    del shown["secret_digest"]
    return shown | {"live": key.live(values.now())}
