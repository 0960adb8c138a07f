"""Foreign keys, resolved in a company's catalogue."""

from dataclasses import replace

import pytest
from servicedesk.domain.catalogue import BUILT_IN, Catalogue, LinkedTable, Priority, References, Status, TaskType

PROJECT = BUILT_IN.tables[0]
ELSEWHERE = "11111111-2222-4333-8444-555555555555"


def resolve(filled: dict[str, str], catalogue: Catalogue = BUILT_IN) -> tuple[References, list[tuple[str, str]]]:
    references, faults = catalogue.resolve(filled)
    return references, [(fault.field, fault.code) for fault in faults]


def test_defaults_fill_what_is_not_given() -> None:
    references, faults = resolve({})
    assert not faults
    assert references.task_type_id == "0d617cf0-d523-44dc-aadd-19baf06cf913"
    assert references.task_status_id == "d04abcdd-1a87-4d49-af1d-33ef6195ebd3"
    assert references.task_priority_id == "d69a8b21-9de2-4ec2-9a48-f91277b2ba4c"
    assert references.to_db_table_id is None
    assert references.archived is False


@pytest.mark.parametrize(
    "filled",
    [
        {"to_db_table_id": PROJECT.id},
        {"to_db_table_name": "PROJECT"},
        {"to_db_table_id": PROJECT.id, "to_db_table_name": "Project"},
    ],
)
def test_a_table_is_named_by_id_or_name_or_both(filled: dict[str, str]) -> None:
    references, faults = resolve({"to_id_in_table": ELSEWHERE, **filled})
    assert not faults
    assert (references.to_db_table_id, references.to_db_table_name) == (PROJECT.id, "project")


@pytest.mark.parametrize(
    ("filled", "fault"),
    [
        ({"task_type_id": ELSEWHERE}, ("task_type_id", "unknown_reference")),
        ({"task_priority_id": ELSEWHERE}, ("task_priority_id", "unknown_reference")),
        ({"to_db_table_id": ELSEWHERE}, ("to_db_table_id", "unknown_reference")),
        ({"to_db_table_name": "nothing"}, ("to_db_table_name", "unknown_reference")),
        (
            {"to_db_table_id": PROJECT.id, "to_db_table_name": "jobs"},
            ("to_db_table_name", "conflicting_reference"),
        ),
        ({"to_id_in_table": ELSEWHERE}, ("to_id_in_table", "missing_reference")),
    ],
)
def test_what_the_catalogue_does_not_have(filled: dict[str, str], fault: tuple[str, str]) -> None:
    assert resolve(filled)[1] == [fault]


class Counted(str):
    """A text that counts how often it is folded."""

    folded = 0

    def casefold(self) -> str:
        self.folded += 1
        return super().casefold()


def many_tables() -> Catalogue:
    """As many tables as a catalogue can have."""
    tables = [LinkedTable(id=str(number), name=f"Straße {number}") for number in range(1694)]
    return replace(BUILT_IN, tables=tables)


def test_the_name_of_a_table_is_folded_once_however_many_there_are() -> None:
    name = Counted("STRASSE 1693")
    references, faults = resolve({"to_db_table_name": name}, many_tables())
    assert (references.to_db_table_name, faults) == ("Straße 1693", [])
    assert name.folded == 1


def test_a_name_longer_than_any_table_s_is_unknown_without_being_folded() -> None:
    name = Counted("x" * 1_000_000)
    for catalogue in (many_tables(), replace(BUILT_IN, tables=[])):
        assert resolve({"to_db_table_name": name}, catalogue)[1] == [("to_db_table_name", "unknown_reference")]
    assert name.folded == 0


def test_a_type_may_name_the_status_its_tasks_start_in() -> None:
    done = Status(id=ELSEWHERE, name="Done", completed=True)
    catalogue = Catalogue(
        types=[TaskType(id="t", name="Log", default=True, default_status_id=done.id)],
        statuses=[Status(id="s", name="New", default=True), done],
        priorities=[Priority(id="p", name="Normal", default=True)],
        tables=[LinkedTable(id="l", name="project")],
    )
    references, _ = resolve({}, catalogue)
    assert (references.task_status_id, references.archived) == (ELSEWHERE, True)
