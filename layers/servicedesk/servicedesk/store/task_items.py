"""The one shape that a task has in the table, and what of it the indexes have.

What an index has as a key is an attribute of its own, and all other fields stand in the map ``fields``. So an index
names a handful of attributes, which can never be changed, and a new field is in the map without being named. The id and
the company stand only in the key. Unset fields are absent.

A long remark is an attribute of its own that no index has, and the map has its size in its place. So what a write
costs in the indexes, and what a list reads, does not depend on how much people write.

Beside the fields an item has the digest of what its create said, its version (1, 2, …) and ``task_list``, which places
it in the index ``by_number``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicedesk.domain.task import FIELDS, Task
from servicedesk.domain.task_query import INDEXED_REFERENCES
from servicedesk.store import dynamodb, keys

FIRST_VERSION = 1
"""The version of a task that was created and never changed."""

SHORT_REMARK_BYTES = 500
"""The longest remark, in bytes of UTF-8, that stands in the map, and so in the indexes."""

_IN_KEY = ("id", "company_id")
_OWN = ("id2", "modified_dateutc", *INDEXED_REFERENCES)
_IN_MAP = [name for name in FIELDS if name not in (*_IN_KEY, *_OWN)]
_MAP, _REMARK = "fields", "remark"


@dataclass(frozen=True, slots=True)
class Versioned:
    """A task as the table or an index has it.

    Attributes:
        task: the task.
        version: how often it was written: 1 as created, and one more with each change.
        missing_remark: the bytes of its remark, where that is long and the item is one of an index, which has none.
    """

    task: Task
    version: int
    missing_remark: int = 0


def of_task(task: Task, digest: str, version: int = FIRST_VERSION) -> dynamodb.Item:
    """Return the item of a numbered task, with its keys in the table and in all indexes."""
    attributes: dict[str, object] = {"content_digest": digest, "version": version}
    fields: dict[str, object] = {}
    for (name, *inside), value in _values(task).items():
        (fields if inside else attributes)[inside[0] if inside else name] = value
    return keys.task(task.company_id, task.id) | dynamodb.to_item(attributes | {_MAP: fields})


def read(item: Mapping[str, object]) -> Versioned:
    """Return the task that an item, as plain values, holds.

    Attributes that this release does not know are left out: a later release, running beside it, may store more.
    """
    fields = item[_MAP]
    if not isinstance(fields, Mapping):
        raise TypeError("The fields of a task are a map.")
    values = {name: item.get(name) for name in _OWN} | {name: fields.get(name) for name in _IN_MAP}
    missing = 0
    if isinstance(size := values[_REMARK], int):
        values[_REMARK] = item.get(_REMARK)
        missing = 0 if _REMARK in item else size
    company_id, task_id = keys.of_task(item)
    task = Task.model_construct(**{"id": task_id, "company_id": company_id, **values})  # type: ignore[arg-type]
    return Versioned(task, int(str(item["version"])), missing)


def changes(before: Task, after: Task) -> tuple[dict[tuple[str, ...], object], Sequence[tuple[str, ...]]]:
    """Return what a change writes: the values to set, and what to remove, both by the steps that lead to an attribute.

    Only attributes that differ are named, so that those of a later release, running beside this one, stay.
    """
    old, new = _values(before), _values(after)
    return {path: value for path, value in new.items() if old.get(path) != value}, [
        path for path in old if path not in new
    ]


def _values(task: Task) -> Mapping[tuple[str, ...], object]:
    """Return all attributes of a task that has a number, by the steps that lead to each."""
    values: dict[tuple[str, ...], object] = {(name,): getattr(task, name) for name in _OWN}
    values |= {(_MAP, name): getattr(task, name) for name in _IN_MAP}
    if task.remark and (size := len(task.remark.encode())) > SHORT_REMARK_BYTES:
        values |= {(_REMARK,): task.remark, (_MAP, _REMARK): size}
    values["task_list",] = keys.task_list(task.company_id, archived=task.archived)
    return {path: value for path, value in values.items() if value is not None}
