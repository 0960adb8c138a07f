"""The name of a table, looked up among as many as a catalogue can have in a time that no client can stretch."""

from dataclasses import replace

from servicedesk.domain.catalogue import BUILT_IN, Catalogue, LinkedTable


class Counted(str):
    """A text that counts how often it is folded."""

    folded = 0

    def casefold(self) -> str:
        self.folded += 1
        return super().casefold()


def many_tables() -> Catalogue:
    tables = [LinkedTable(id=str(number), name=f"Straße {number}") for number in range(1694)]
    return replace(BUILT_IN, tables=tables)


def test_the_name_of_a_table_is_folded_once_however_many_there_are() -> None:
    name = Counted("STRASSE 1693")
    references, faults = many_tables().resolve({"to_db_table_name": name})
    assert (references.to_db_table_name, faults) == ("Straße 1693", [])
    assert name.folded == 1


def test_a_name_longer_than_any_table_s_is_unknown_without_being_folded() -> None:
    name = Counted("x" * 1_000_000)
    for catalogue in (many_tables(), replace(BUILT_IN, tables=[])):
        _, [fault] = catalogue.resolve({"to_db_table_name": name})
        assert (fault.field, fault.code) == ("to_db_table_name", "unknown_reference")
    assert name.folded == 0
