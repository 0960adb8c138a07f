"""What an operator can ask for: one command per call, checked whole before anything is written."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from servicedesk.domain import api_key, values
from servicedesk.domain.catalogue import Catalogue
from servicedesk.domain.faults import DomainError, Fault, InvalidCommandError, InvalidValueError, UnavailableError
from servicedesk.telemetry import describe, record
from servicedesk.wire import problems

LIVE_KEYS = 2
"""How many live keys a company can have at a time: the one in use and the one that replaces it."""

NAME_CHARACTERS = 100
"""The longest name of an entry of a catalogue, and the longest label of a key."""

CATALOGUE_BYTES = 100_000
"""The largest catalogue, as JSON in UTF-8. Every execution environment reads it once a minute."""

LARGEST_FIRST_NUMBER = 10**15
"""The largest number that a company's tasks can begin at; every JSON reader holds those that follow, too."""

_WORDS = {
    "bool_type": ("invalid_boolean", "This has to be true or false."),
    "extra_forbidden": ("unknown_field", "There is no member of this name here."),
    "greater_than_equal": ("out_of_range", "The least is {ge}."),
    "int_type": ("invalid_integer", "This has to be a whole number."),
    "less_than_equal": ("out_of_range", "The most is {le}."),
    "list_type": ("invalid_list", "This has to be a list."),
    "missing": ("required", "This member is required."),
    "model_attributes_type": ("invalid_object", "The command has to be an object."),
    "model_type": ("invalid_object", "This has to be an object."),
    "union_tag_invalid": ("unknown_action", "There is no such action. The actions are {actions}."),
    "union_tag_not_found": ("required", "The command needs an action, which is one of {actions}."),
}
"""Pydantic's types of error, as code and sentence of a fault; the names in braces are those of the error's context."""


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


def _label(value: object) -> str:
    label = _name(value)
    if api_key.holds_key(label):
        raise InvalidValueError("whole_key", "A whole key stands in the label, which everybody may see.")
    return label


def _key_id(value: object) -> str:
    if isinstance(value, str) and api_key.holds_key(value):
        raise InvalidValueError(
            "whole_key", "This is a whole key, secret and all. Send its id only: the 16 characters before the dot."
        )
    if not isinstance(value, str) or not api_key.is_key_id(value):
        raise InvalidValueError(
            "invalid_string", "This is not the id of a key: 16 digits and lower-case letters, as list_keys shows it."
        )
    return value


type Guid = Annotated[str, PlainValidator(_guid)]
type Date = Annotated[str, PlainValidator(values.date)]
type Text = Annotated[str, PlainValidator(values.text)]
type Name = Annotated[str, PlainValidator(_name)]
type Label = Annotated[str, PlainValidator(_label)]
type KeyId = Annotated[str, PlainValidator(_key_id)]


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
        return Catalogue.from_document(self.model_dump())


class Onboard(_Strict):
    """Create a company or change it. Without a catalogue it has the built-in one, or keeps its own.

    ``company_name`` is what entries of ``TaskView`` call the company (contract rule 8.11). Without it, the name stays.
    """

    action: Literal["onboard"]
    company_id: Guid
    company_name: Name | None = None
    catalogue: CatalogueDocument | None = None
    first_number: Annotated[int, Field(ge=1, le=LARGEST_FIRST_NUMBER)] | None = None


class IssueKey(_Strict):
    """Make a key; ``label`` names it among the company's live keys."""

    action: Literal["issue_key"]
    company_id: Guid
    label: Label
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
    key_id: KeyId


class RaiseNumbers(_Strict):
    """After a restore, raise every company's numbers so that none that was ever given is given again.

    Without ``above``, the numbers of the restored table rise above those of the tasks table, which it is to replace.
    With it, those of the tasks table itself rise above that number. ``after`` is the company that was the last in the
    step before.
    """

    action: Literal["raise_numbers"]
    above: Annotated[int, Field(ge=1, le=LARGEST_FIRST_NUMBER)] | None = None
    after: Guid | None = None


class Place(_Strict):
    """A place in the tasks table: the keys of the item that the step before looked at last."""

    pk: Text
    sk: Text


class IndexTasks(_Strict):
    """Give the tasks that a release before the indexes stored what the indexes need.

    ``after`` is the place that the step before reached, and ``found`` how many such tasks this pass had found by then.
    """

    action: Literal["index_tasks"]
    after: Place | None = None
    found: Annotated[int, Field(ge=0)] = 0


class EraseCompany(_Strict):
    """Erase a company for ever. Its id is asked for twice, so that one slip of the hand erases nothing."""

    action: Literal["erase_company"]
    company_id: Guid
    company_id_again: Guid


type Command = Onboard | IssueKey | ListKeys | RevokeKey | RaiseNumbers | IndexTasks | EraseCompany
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="action")])
_ACTIONS = ", ".join(get_args(command.model_fields["action"].annotation)[0] for command in get_args(Command.__value__))


def read(event: object) -> Command:
    """Return the command that ``event`` is.

    Raises:
        InvalidCommandError: it is none, with all its faults.
    """
    faults = list(_catalogue_faults(event))
    try:
        command = _COMMANDS.validate_python(event)
    except ValidationError as error:
        faults = [_fault(details) for details in error.errors(include_url=False, include_input=False)] + faults
        raise InvalidCommandError(faults) from None
    if isinstance(command, EraseCompany) and command.company_id != command.company_id_again:
        faults.append(Fault("company_id_again", "conflict", "This is not the same company as company_id."))
    if faults:
        raise InvalidCommandError(faults)
    return command


def operate(event: object, context: Any, do: Callable[[Command, Any], dict[str, Any]]) -> dict[str, Any]:
    """Read the command that ``event`` is, ``do`` it, and return the answer: what it returns, or a problem document.

    What is told of the invocation names the action and the company, and of a refusal the codes, never a value.
    """
    try:
        command = read(event)
        record("Operated", action=command.action, company_id=getattr(command, "company_id", None))
        return do(command, context)
    except DomainError as error:
        problem = problems.from_domain_error(error)
        codes = sorted({fault.code for fault in problem.faults})
        outcome = "Unavailable" if isinstance(error, UnavailableError) else "Refused"
        record(outcome, problem=problem.type.name, codes=codes, error=describe(problem.__cause__) or None)
        return problem.document(context.aws_request_id)


def sent_to_the_wrong_function(function: str) -> InvalidCommandError:
    """Return the refusal of a command that is for another ``function`` of the template."""
    return InvalidCommandError([Fault("action", "unknown_action", f"Send this command to the function {function}.")])


def _fault(details: ErrorDetails) -> Fault:
    # The first step of a place is the action that the command was read as.
    *inside, field = [str(step) for step in details["loc"][1:]] or ["action"]
    context = details.get("ctx", {})
    error = context.get("error")
    if isinstance(error, InvalidValueError):
        return Fault(field, error.code, error.detail, error.limit, tuple(inside))
    code, words = _WORDS.get(details["type"], ("invalid_value", "The command does not take this here."))
    limit = context.get("ge", context.get("le"))
    return Fault(field, code, words.format(**context, actions=_ACTIONS), limit, tuple(inside))


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
