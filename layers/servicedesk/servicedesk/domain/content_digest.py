"""What a create said, as a digest that is stored beside its task: does a repeated create say the same?

Each digest names the rule that made it (contract rule 7.7): ``1:`` and 64 hexadecimal digits. A rule never changes,
because identities hold for ever. A release that reads more fields, or reads them otherwise, adds a rule and keeps the
older ones: it stores the digests of all, parted by spaces, so that the release before it, which may be running beside
it, finds the one that it knows.
"""

import hashlib
import json
from collections.abc import Callable, Mapping

from servicedesk.domain.task import NewTask
from servicedesk.wire.problems import Unavailable

_RETRY_AFTER = 5
_FIELDS_OF_RULE_1 = (
    "task_type_id",
    "task_priority_id",
    "to_db_table_id",
    "to_db_table_name",
    "to_id_in_table",
    "subject",
    "remark",
    "customer_reference",
    "date_create",
    "date_start",
    "due_date",
    "date_assigned",
    "date_suggested_by_company",
    "reference_back_office",
)


def _rule_1(new_task: NewTask) -> str:
    """SHA-256 over the client's fields of the first releases that are filled, the identity aside (rule 7.2)."""
    said = {name: getattr(new_task, name) for name in _FIELDS_OF_RULE_1}
    content = {name: value for name, value in said.items() if value is not None}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


RULES: Mapping[str, Callable[[NewTask], str]] = {"1": _rule_1}
"""The rules that this release knows, the oldest first."""


def of(new_task: NewTask) -> str:
    """Return the digest to store beside a new task, with the version of its rule."""
    return " ".join(f"{version}:{rule(new_task)}" for version, rule in RULES.items())


def same(stored: str, new_task: NewTask) -> bool:
    """Return whether ``new_task`` says what the create with the digest ``stored`` said, by the rule of that digest.

    A digest without a version is from before versions were stored, and of rule 1.

    Raises:
        Unavailable: this release knows no rule of ``stored``: a later one made it, and that one can tell.
    """
    digests = {version or "1": digest for version, _, digest in (one.rpartition(":") for one in stored.split())}
    known = [version for version in RULES if version in digests]
    if not known:
        raise Unavailable(
            "A newer release of the service stored this task. Send the same request again.",
            headers={"Retry-After": str(_RETRY_AFTER)},
        )
    return RULES[known[-1]](new_task) == digests[known[-1]]
