"""What an operator can ask for: one command per call, checked whole before anything is written."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from servicedesk import values
from servicedesk.catalogue import Catalogue
from servicedesk.problems import Fault, Problem
from servicedesk.values import InvalidValueError

LIVE_KEYS = 2
"""How many live keys a company can have at a time: the one in use and the one that replaces it."""

NAME_CHARACTERS = 100
"""The longest name of an entry of a catalogue, and the longest label of a key."""

CATALOGUE_BYTES = 100_000
"""The largest catalogue, as JSON in UTF-8. Every execution environment reads it once a minute."""

LARGEST_FIRST_NUMBER = 10**15
"""The largest number that a company's tasks can begin at; every JSON reader holds those that follow, too."""

_CODES = {
    "bool_type": "invalid_boolean",
    "extra_forbidden": "unknown_field",
    "greater_than_equal": "out_of_range",
    "int_type": "invalid_integer",
    "less_than_equal": "out_of_range",
    "list_type": "invalid_list",
    "missing": "required",
    "model_attributes_type": "invalid_object",
    "model_type": "invalid_object",
    "string_pattern_mismatch": "invalid_string",
    "string_type": "invalid_string",
    "string_unicode": "invalid_string",
    "union_tag_invalid": "unknown_action",
    "union_tag_not_found": "required",
}
"""Pydantic's error types, as the faults of tasks call the same."""


class InvalidCommand(Problem):
    """A command with faults, all of them named; nothing was done."""

    status = 422
    type = "invalid-command"
    title = "The command is not valid"

    def __init__(self, errors: Sequence[Fault]) -> None:
        count = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
        super().__init__(f"Nothing was done, because of {count}; see errors.", errors=errors)


def _guid(value: object) -> str:
    guid = values.guid(value)
    if guid == values.ZERO_GUID:
        raise InvalidValueError("invalid_guid", "The zero GUID stands for none.")
    return guid


def _name(value: object) -> str:
    name = values.text(value)
    if not name.strip():
        raise InvalidValueError("required", "A name has to be more than white space.")
    if len(name) > NAME_CHARACTERS:
        raise InvalidValueError("too_long", f"The name is longer than {NAME_CHARACTERS} characters.", NAME_CHARACTERS)
    return name


type Guid = Annotated[str, PlainValidator(_guid)]
type Date = Annotated[str, PlainValidator(values.date)]
type Name = Annotated[str, PlainValidator(_name)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


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

    types: list[_Type]
    statuses: list[_Status]
    priorities: list[_Priority]
    tables: list[_Table] = []

    def catalogue(self) -> Catalogue:
        """The catalogue described."""
        return Catalogue.of(self.model_dump())


class Onboard(_Strict):
    """Create a company or change it. Without a catalogue it has the built-in one, or keeps its own."""

    action: Literal["onboard"]
    company_id: Guid
    catalogue: CatalogueDocument | None = None
    first_number: Annotated[int, Field(ge=1, le=LARGEST_FIRST_NUMBER)] | None = None


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
    faults = list(_catalogue_faults(event))
    try:
        command = _COMMANDS.validate_python(event)
    except ValidationError as error:
        faults = [_fault(details) for details in error.errors(include_url=False, include_input=False)] + faults
        raise InvalidCommand(faults) from None
    if faults:
        raise InvalidCommand(faults)
    return command


def _fault(details: ErrorDetails) -> Fault:
    # The first step of a place is the action that the command was read as.
    *inside, field = [str(step) for step in details["loc"][1:]] or ["action"]
    error = details.get("ctx", {}).get("error")
    if isinstance(error, InvalidValueError):
        return Fault(field, error.code, error.detail, error.limit, tuple(inside))
    return Fault(field, _CODES.get(details["type"], details["type"]), details["msg"], None, tuple(inside))


def _catalogue_faults(event: object) -> Iterator[Fault]:
    """What is wrong with a catalogue as a whole, as far as it can be read: its entries are for the models."""
    catalogue = event.get("catalogue") if isinstance(event, dict) and event.get("action") == "onboard" else None
    if not isinstance(catalogue, dict):
        return
    entries = {name: _entries(catalogue.get(name)) for name in CatalogueDocument.model_fields}
    size = len(json.dumps(catalogue, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
    if size > CATALOGUE_BYTES:
        detail = f"The catalogue has {size} bytes as JSON, more than {CATALOGUE_BYTES}."
        yield Fault("catalogue", "too_long", detail, CATALOGUE_BYTES)
    for name, named in entries.items():
        for entry_id in _repeated(_id(entry.get("id")) for entry in named):
            yield _of(name, "duplicate_id", f"More than one entry has the id {entry_id}.")
        defaults = sum(entry.get("default") is True for entry in named)
        if name != "tables" and defaults != 1 and isinstance(catalogue.get(name), list):
            yield _of(name, "default", f"Exactly one entry has to be the default; {defaults} are.")
    for table in _repeated(_folded(table.get("name")) for table in entries["tables"]):
        yield _of("tables", "duplicate_name", f"More than one table has the name {table} (in any case).")
    statuses = {_id(status.get("id")) for status in entries["statuses"]}
    for index, task_type in enumerate(entries["types"]):
        status = _id(task_type.get("default_status_id"))
        if status and status not in statuses:
            inside = ("catalogue", "types", str(index))
            yield Fault("default_status_id", "unknown_reference", "The catalogue has no such status.", None, inside)


def _of(name: str, code: str, detail: str) -> Fault:
    return Fault(name, code, detail, None, ("catalogue",))


def _entries(value: object) -> Sequence[Mapping[str, object]]:
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []


def _id(value: object) -> str | None:
    try:
        return values.guid(value)
    except InvalidValueError:
        return None


def _folded(name: object) -> str | None:
    return name.casefold() if isinstance(name, str) else None


def _repeated(texts: Iterator[str | None]) -> list[str]:
    return [text for text, count in Counter(texts).items() if text and count > 1]
