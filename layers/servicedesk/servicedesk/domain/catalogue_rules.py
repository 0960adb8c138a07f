"""Rules for a catalogue as a whole. Only operators change catalogues, so no request loads this module."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from servicedesk.domain import values
from servicedesk.domain.faults import Code, Fault, InvalidValueError

NAME_CHARACTERS = 100
"""The longest name of an entry."""

CATALOGUE_BYTES = 100_000
"""The largest catalogue, as JSON in UTF-8. Every execution environment reads it once a minute."""

_WITH_DEFAULT = ("types", "statuses", "priorities")


def faults_of(catalogue: Mapping[str, Sequence[Mapping[str, object]]]) -> Iterator[Fault]:
    """Yield a fault for each rule that the lists of ``catalogue`` break.

    The entries may be unvalidated: members may be missing or of any type. A list that could not be read at all is left
    out.
    """
    for name, entries in catalogue.items():
        for entry_id in _repeated(_id(entry.get("id")) for entry in entries):
            yield Fault(name, Code.DUPLICATE_ID, f"More than one entry has the id {entry_id}.")
        defaults = sum(entry.get("default") is True for entry in entries)
        if name in _WITH_DEFAULT and defaults != 1:
            yield Fault(name, Code.DEFAULT, f"Exactly one entry must be the default; {defaults} are.")
    for table in _repeated(_case_folded(table.get("name")) for table in catalogue.get("tables", [])):
        yield Fault("tables", Code.DUPLICATE_NAME, f"More than one table has the name {table} (in any case).")
    statuses = {_id(status.get("id")) for status in catalogue.get("statuses", [])}
    for index, task_type in enumerate(catalogue.get("types", [])):
        status = _id(task_type.get("default_status_id"))
        if status and status not in statuses:
            detail = "The catalogue has no such status."
            yield Fault("default_status_id", Code.UNKNOWN_REFERENCE, detail, inside=("types", str(index)))


def _id(value: object) -> str | None:
    try:
        return values.guid(value)
    except InvalidValueError:
        return None


def _case_folded(name: object) -> str | None:
    return name.casefold() if isinstance(name, str) else None


def _repeated(texts: Iterable[str | None]) -> Sequence[str]:
    return [text for text, count in Counter(texts).items() if text and count > 1]
