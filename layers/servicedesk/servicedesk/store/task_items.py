"""The item of a task in the table and in its indexes.

The keys of indexes are attributes of their own, and all other fields are in the map ``fields``. So an index, whose
attributes can never be changed, names only a handful, and a new field needs no change of the indexes. The id and the
company are only in the key. Unset fields are absent.

A long remark is an attribute of its own that no index projects; the map has its size instead. So the cost of a write in
the indexes, and the size of a list's reads, do not depend on how much people write.

An item also has the digest of its create, its version (1, 2, …), ``task_list``, its partition key in the index
``by_number``, and two attributes with parts separated by spaces: ``created`` has the moment of the create and the id of
its key, ``actor`` the version that the last change made, its contact and its key. A direct edit of the table leaves
``actor`` alone, and the version in it shows that this is not the author of that write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicedesk.domain.actor import NOBODY, Actor
from servicedesk.domain.task import FIELDS, INDEXED_REFERENCES, Task
from servicedesk.store import dynamodb, keys

FIRST_VERSION = 1
"""The version of a task that was created and never changed."""

SHORT_REMARK_BYTES = 500
"""The longest remark, in bytes of UTF-8, that the map, and so an index, holds."""

_IN_KEY = ("id", "company_id")
_OWN = ("id2", "modified_dateutc", *INDEXED_REFERENCES)
_IN_MAP = [name for name in FIELDS if name not in (*_IN_KEY, *_OWN)]
_MAP, _REMARK = "fields", "remark"
_USUAL = {"created_by_servicedesk_api": True}
"""Values that are not stored, so that the write of a task with all fields costs one unit."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """A task as the table or an index has it.

    Attributes:
        task: the task.
        version: 1 as created, and one more with each change.
        actor: the author of this version; unknown in items of indexes.
        created: the moment and the author of the create; unknown in items of indexes.
        missing_remark: the size in bytes of a long remark that the item, which is one of an index, lacks.
    """

    task: Task
    version: int
    missing_remark: int = 0
    actor: Actor = NOBODY
    created: tuple[str, Actor] = ("", NOBODY)


def of_task(task: Task, digest: str, actor: Actor = NOBODY, version: int = FIRST_VERSION) -> dynamodb.Item:
    """Return the item of a numbered task that ``actor`` creates, with its keys in the table and all indexes."""
    created = f"{task.modified_dateutc} {actor.key_id or ''}"
    attributes: dict[str, object] = {"digest": digest, "version": version, "created": created}
    fields: dict[str, object] = {}
    for (name, *inside), value in _values(task).items():
        (fields if inside else attributes)[inside[0] if inside else name] = value
    return keys.task(task.company_id, task.id) | dynamodb.to_item(attributes | {_MAP: fields})


def read(item: Mapping[str, object]) -> Versioned:
    """Return the task in an item of plain values, without attributes that only a later release knows."""
    fields = item[_MAP]
    if not isinstance(fields, Mapping):
        raise TypeError("The fields of a task are a map.")
    values = {name: item.get(name) for name in _OWN} | {name: fields.get(name, _USUAL.get(name)) for name in _IN_MAP}
    missing = 0
    if isinstance(size := values[_REMARK], int):
        values[_REMARK] = item.get(_REMARK)
        missing = 0 if _REMARK in item else size
    company_id, task_id = keys.of_task(item)
    task = Task.model_construct(**{"id": task_id, "company_id": company_id, **values})  # type: ignore[arg-type]
    version = int(str(item["version"]))
    instant, key_id = _parts(item, "created", 2)
    created = Actor(task.contact_id, key_id)
    changed_in, *changed_by = _parts(item, "actor", 3)
    actor = created if version == FIRST_VERSION else Actor(*changed_by) if changed_in == str(version) else NOBODY
    return Versioned(task, version, missing, actor, (instant or task.date_create, created))


def changes(
    read: Versioned, changed: Task, actor: Actor
) -> tuple[dict[tuple[str, ...], object], Sequence[tuple[str, ...]]]:
    """Return the attributes that a change by ``actor`` sets, and those that it removes, by their paths.

    Only attributes that differ are written, so that those of a later release, running beside this one, stay.
    """
    old, new = _values(read.task), _values(changed)
    version = read.version + 1
    always: dict[tuple[str, ...], object] = {
        ("version",): version,
        ("actor",): f"{version} {actor.contact_id or ''} {actor.key_id or ''}",
    }
    return always | {path: value for path, value in new.items() if old.get(path) != value}, [
        path for path in old if path not in new
    ]


def _parts(item: Mapping[str, object], name: str, count: int) -> Sequence[str | None]:
    """Return the parts of an attribute, separated by spaces: ``None`` for an empty one, and for all if it is unset."""
    parts = str(item.get(name, "")).split(" ")
    return [part or None for part in parts] if len(parts) == count else [None] * count


def _values(task: Task) -> Mapping[tuple[str, ...], object]:
    """Return all attributes of a numbered task, by their paths."""
    values: dict[tuple[str, ...], object] = {(name,): getattr(task, name) for name in _OWN}
    values |= {(_MAP, name): getattr(task, name) for name in _IN_MAP}
    if task.remark and (size := len(task.remark.encode())) > SHORT_REMARK_BYTES:
        values |= {(_REMARK,): task.remark, (_MAP, _REMARK): size}
    values["task_list",] = keys.task_list(task.company_id, archived=task.archived)
    return {path: value for path, value in values.items() if value is not None and value != _USUAL.get(path[-1])}
