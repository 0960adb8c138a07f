"""The answers to operators' commands, as JSON objects."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from servicedesk.domain import values
from servicedesk.domain.api_key import ApiKey
from servicedesk.domain.catalogue import Catalogue
from servicedesk.wire.commands import ListCompanies, RaiseNumbers


def company(company_id: str, catalogue: Catalogue, next_number: int) -> dict[str, object]:
    """Return a company as operators see it: its name, its catalogue, and the number of its next task.

    The name is a member beside the catalogue, so that the catalogue can be sent back unchanged.
    """
    shown = asdict(catalogue)
    company_name = shown.pop("company_name")
    return {"company_id": company_id, "company_name": company_name, "catalogue": shown, "next_number": next_number}


def key(key: ApiKey, now: str) -> dict[str, object]:
    """Return ``key`` without its digest, and whether it is ``live`` at the instant ``now``."""
    shown: dict[str, object] = asdict(key)
    del shown["secret_digest"]
    for name in ("created", "expires", "revoked"):
        if instant := shown[name]:
            shown[name] = values.date_text(str(instant), "Z")
    return shown | {"live": key.is_live(now)}


def keys(keys: Sequence[ApiKey], now: str) -> dict[str, object]:
    """Return ``keys``, each as ``key`` shows it."""
    return {"keys": [key(each, now) for each in keys]}


def companies(
    found: Sequence[tuple[str, str, int]], command: ListCompanies, stopped_after: str | None
) -> dict[str, object]:
    """Return the companies ``found``, as id, name and next number, and the command to send next.

    ``stopped_after`` is the last of these companies if others are left. Without it ``next_command`` is null.
    """
    following = command.model_copy(update={"after": stopped_after}).model_dump(exclude_none=True)
    return {
        "companies": [
            {"company_id": company_id, "company_name": name, "next_number": number}
            for company_id, name, number in found
        ],
        "next_command": following if stopped_after else None,
    }


def numbers_raised(companies: int, command: RaiseNumbers, stopped_after: str | None) -> dict[str, object]:
    """Return the number of companies whose numbers were raised, and the command to send next.

    ``stopped_after`` is the last of these companies if others are left. Without it ``next_command`` is null.
    """
    following = command.model_copy(update={"after": stopped_after}).model_dump(exclude_none=True)
    return {"companies": companies, "next_command": following if stopped_after else None}


def erasure(
    company_id: str, deleted: int, *, nothing_left: bool = False, not_before: datetime | None = None
) -> dict[str, object]:
    """Return how many items and keys a call ``deleted``, and whether and when to send the same command again."""
    if nothing_left:
        detail = (
            "Nothing of the company is left. If the alarm events-late or events-undelivered went off meanwhile, send "
            "this command again once it is quiet, and onboard the company again only after that: late records of the "
            "stream may have left entries of the history."
        )
    elif not_before:
        detail = "The company's keys are revoked. Send the same command again at not_before to erase the rest."
    else:
        detail = "The call ran out of time. Send the same command again to erase the rest."
    return {
        "company_id": company_id,
        "deleted": deleted,
        "nothing_left": nothing_left,
        "not_before": f"{not_before:%Y-%m-%dT%H:%M:%SZ}" if not_before else None,
        "detail": detail,
    }
