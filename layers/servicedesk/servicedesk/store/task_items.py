"""The one shape that a task has in the table: its fields, and beside them what only the store needs.

Unset fields have no attribute. Beside the fields an item has the digest of what its create said, its version (1, 2, …)
and ``task_list``, which places it in the index ``by_number``.
"""

from collections.abc import Mapping, Sequence

from servicedesk.domain.task import FIELDS, Task
from servicedesk.store import dynamodb, keys

FIRST_VERSION = 1
"""The version of a task that was created and never changed."""


def of_task(task: Task, digest: str, version: int = FIRST_VERSION) -> dynamodb.Item:
    """Return the item of a numbered task, with its keys in the table and in both indexes."""
    values = {name: getattr(task, name) for name in FIELDS}
    beside = {
        "content_digest": digest,
        "version": version,
        "task_list": keys.task_list(task.company_id, archived=task.archived),
    }
    return keys.task(task.company_id, task.id) | dynamodb.to_item(values | beside)


def to_task(item: Mapping[str, object]) -> Task:
    """Return the task that an item, as plain values, holds.

    Attributes that this release does not know are left out: a later release, running beside it, may store more.
    """
    return Task.model_construct(**{name: item.get(name) for name in FIELDS})  # type: ignore[arg-type]


def changes(before: Task, after: Task) -> tuple[dict[str, object], Sequence[str]]:
    """Return what a change writes: the attributes to set, and the names of those to remove.

    Only attributes that differ are named, so that those of a later release, running beside this one, stay.
    """
    differing = [name for name in FIELDS if getattr(after, name) != getattr(before, name)]
    values: dict[str, object] = {name: value for name in differing if (value := getattr(after, name)) is not None}
    removed = [name for name in differing if name not in values]
    if "archived" in differing:
        values["task_list"] = keys.task_list(after.company_id, archived=after.archived)
    return values, removed


def version(item: Mapping[str, object]) -> int:
    """Return the version of the task in an item."""
    return int(str(item["version"]))
