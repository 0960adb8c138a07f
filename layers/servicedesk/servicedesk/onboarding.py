"""What an operator can ask for: one command per call, checked whole before anything is written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from servicedesk.catalogue import Catalogue
from servicedesk.problems import Fault, Problem
from servicedesk.task import Date, Guid

LIVE_KEYS = 2
"""How many live keys a company can have at a time: the one in use and the one that replaces it."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]


class InvalidCommand(Problem):
    """A command with faults, all of them named; nothing was done."""

    status = 422
    type = "invalid-command"
    title = "The command is not valid"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Type(_Strict):
    id: Guid
    name: Name
    default: bool = False
    default_status_id: Guid | None = None


class _Status(_Strict):
    id: Guid
    name: Name
    default: bool = False
    completed: bool = False


class _Priority(_Strict):
    id: Guid
    name: Name
    default: bool = False


class _Table(_Strict):
    id: Guid
    name: Name


class CatalogueDocument(_Strict):
    """A whole catalogue; it replaces the one that the company has."""

    types: Annotated[Sequence[_Type], Field(min_length=1, max_length=200)]
    statuses: Annotated[Sequence[_Status], Field(min_length=1, max_length=200)]
    priorities: Annotated[Sequence[_Priority], Field(min_length=1, max_length=200)]
    tables: Annotated[Sequence[_Table], Field(max_length=200)] = ()

    def catalogue(self) -> Catalogue:
        """The catalogue described, once ``faults`` has found none."""
        return Catalogue.of(self.model_dump())


class Onboard(_Strict):
    """Create a company or change it. Without a catalogue it has the built-in one, or keeps its own."""

    action: Literal["onboard"]
    company_id: Guid
    catalogue: CatalogueDocument | None = None
    first_number: Annotated[int, Field(ge=1, le=2**53)] | None = None


class IssueKey(_Strict):
    """Make a key; ``label`` names it among the company's live keys."""

    action: Literal["issue_key"]
    company_id: Guid
    label: Name
    contact_id: Guid | None = None
    expires: Date | None = None


class ListKeys(_Strict):
    """Show what is stored of all the company's keys."""

    action: Literal["list_keys"]
    company_id: Guid


class RevokeKey(_Strict):
    """Close a key for ever."""

    action: Literal["revoke_key"]
    company_id: Guid
    key_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{16}$")]


type Command = Onboard | IssueKey | ListKeys | RevokeKey
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="action")])


def read(event: object) -> Command:
    """The command that ``event`` is.

    Raises:
        InvalidCommand: it is none, with all its faults.
    """
    try:
        command = _COMMANDS.validate_python(event)
    except ValidationError as error:
        faults = [
            Fault("/".join(str(step) for step in details["loc"][1:]) or "action", details["type"], details["msg"])
            for details in error.errors(include_url=False, include_input=False)
        ]
        raise invalid(faults) from None
    if isinstance(command, Onboard) and command.catalogue and (faults := list(_faults(command.catalogue))):
        raise invalid(faults)
    return command


def invalid(faults: Sequence[Fault]) -> InvalidCommand:
    """The problem that ``faults`` add up to."""
    return InvalidCommand(f"Nothing was done; see errors: {len(faults)}.", errors=faults)


def _faults(catalogue: CatalogueDocument) -> Iterator[Fault]:
    for name in ("types", "statuses", "priorities", "tables"):
        entries: Sequence[_Type | _Status | _Priority | _Table] = getattr(catalogue, name)
        for entry_id, count in Counter(entry.id for entry in entries).items():
            if count > 1:
                yield Fault(f"catalogue/{name}", "duplicate_id", f"The id {entry_id} is given {count} times.")
        if name != "tables":
            defaults = sum(getattr(entry, "default", False) for entry in entries)
            if defaults != 1:
                yield Fault(f"catalogue/{name}", "default", f"One entry has to be the default; {defaults} are.")
    for name, count in Counter(table.name.casefold() for table in catalogue.tables).items():
        if count > 1:
            yield Fault("catalogue/tables", "duplicate_name", f"The name {name} is given {count} times (in any case).")
    statuses = {status.id for status in catalogue.statuses}
    for index, task_type in enumerate(catalogue.types):
        if task_type.default_status_id not in {None, *statuses}:
            field = f"catalogue/types/{index}/default_status_id"
            yield Fault(field, "unknown_reference", "The catalogue has no such status.")
