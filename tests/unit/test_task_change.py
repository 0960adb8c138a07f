"""Properties of any change of any task (contract section 10)."""

from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from servicedesk.domain.catalogue import BUILT_IN, Catalogue
from servicedesk.domain.identity import IdentifiedBy, Identity
from servicedesk.domain.task import CHANGEABLE_FIELDS, FIELDS, Task, new_task, read_fields
from servicedesk.domain.task_change import TaskChange

ANOTHER = Catalogue.from_document(
    {
        "types": [{"id": str(uuid4()), "name": "a", "default": True}],
        "statuses": [{"id": str(uuid4()), "name": "a", "default": True, "completed": True}],
        "priorities": [{"id": str(uuid4()), "name": "a", "default": True}],
        "tables": [{"id": str(uuid4()), "name": "project"}],
    }
)
"""A catalogue that shares no id with the built-in one, and the name of one table."""

DEFAULTED = ("task_type_id", "task_status_id", "task_priority_id")
CATALOGUES = st.sampled_from([BUILT_IN, ANOTHER])
INSTANTS = st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='microseconds')}0")
OBJECTS = st.uuids().map(str)


def one_of(entries: Any, name: str = "id") -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *(getattr(entry, name) for entry in entries)])


@st.composite
def fields(draw: st.DrawFn) -> dict[str, str | None]:
    """Some changeable fields, with references to either catalogue, so that some are faults."""
    both = [*BUILT_IN.types, *ANOTHER.types]
    values: dict[str, st.SearchStrategy[str | None]] = {
        "task_type_id": one_of(both),
        "task_status_id": one_of([*BUILT_IN.statuses, *ANOTHER.statuses]),
        "task_priority_id": one_of([*BUILT_IN.priorities, *ANOTHER.priorities]),
        "to_db_table_id": one_of([*BUILT_IN.tables, *ANOTHER.tables]),
        "to_db_table_name": one_of(BUILT_IN.tables, "name"),
        "to_id_in_table": st.none() | OBJECTS,
        "subject": st.sampled_from([None, "Printer", "Boiler"]),
        "remark": st.sampled_from([None, "It burns."]),
        "due_date": st.none() | INSTANTS,
    }
    return draw(st.fixed_dictionaries({}, optional=values))


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """A task made with one of the catalogues."""
    catalogue = draw(CATALOGUES)
    said = draw(fields()) | {"subject": "Printer"}
    references, faults = catalogue.resolve({name: said[name] for name in said if name != "task_status_id"})
    said = {name: value for name, value in said.items() if name not in {fault.field for fault in faults}}
    references, _ = catalogue.resolve(said)
    identity = Identity(str(uuid4()), IdentifiedBy.NOTHING)
    said["to_id_in_table"] = said.get("to_id_in_table") if references.to_db_table_id else None
    return new_task(
        said, references, identity=identity, company_id=str(uuid4()), contact_id=None, now=draw(INSTANTS)
    ).model_copy(update={"id2": 33})


@given(tasks(), fields(), st.booleans(), st.tuples(CATALOGUES, CATALOGUES), st.tuples(INSTANTS, INSTANTS))
def test_a_change_that_has_happened_changes_nothing_whatever_the_catalogue_is_by_then(
    task: Task,
    said: dict[str, str | None],
    replaces: bool,
    catalogues: tuple[Catalogue, Catalogue],
    instants: tuple[str, str],
) -> None:
    change = TaskChange(said, (), replaces)
    changed, faults = change.apply(task, catalogues[0], instants[0])
    # A cleared field gets the catalogue's current default, and later another one.
    clears = any(said.get(name, None if replaces else "") is None for name in DEFAULTED)
    if not faults and (catalogues[0] is catalogues[1] or not clears):
        assert change.apply(changed, catalogues[1], instants[1]) == (changed, [])


@given(tasks(), fields(), st.booleans(), CATALOGUES, INSTANTS)
def test_what_a_change_does_to_each_field(
    task: Task, said: dict[str, str | None], replaces: bool, catalogue: Catalogue, now: str
) -> None:
    changed, faults = TaskChange(said, (), replaces).apply(task, catalogue, now)
    if faults:
        return
    tables = {"to_db_table_id", "to_db_table_name"}
    touched = set(CHANGEABLE_FIELDS) if replaces else set(said) | (tables if tables & set(said) else set())
    differing = {name for name in FIELDS if getattr(changed, name) != getattr(task, name)}
    assert differing <= touched | {"archived", "date_closed", "modified_dateutc"}
    assert ("modified_dateutc" in differing) == bool(differing)
    if differing:
        assert changed.modified_dateutc == now or now <= task.modified_dateutc < changed.modified_dateutc
    for name in touched - tables - set(DEFAULTED):
        assert getattr(changed, name) == said.get(name)
    assert (changed.date_closed is not None) == changed.archived
    assert changed.to_id_in_table is None or changed.to_db_table_id is not None


@given(tasks(), CATALOGUES, INSTANTS)
def test_a_task_sent_back_as_it_is_stays_as_it_is(task: Task, catalogue: Catalogue, now: str) -> None:
    same = {name: getattr(task, name) for name in CHANGEABLE_FIELDS}
    assert TaskChange(same, (), replaces=True).apply(task, catalogue, now) == (task, [])
    assert TaskChange({}, (), replaces=False).apply(task, catalogue, now) == (task, [])


def test_create_and_change_read_fields_alike() -> None:
    read, faults = read_fields({"task_status_id": "nonsense", "subject": "x"})
    assert read == {"subject": "x"}
    assert [(fault.field, fault.code) for fault in faults] == [("task_status_id", "invalid_guid")]
