"""Operators' commands: one JSON object for each call, validated as a whole before anything is written."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from servicedesk.domain import api_key, catalogue_rules
from servicedesk.domain.api_key import LABEL_CHARACTERS, KeyRequest
from servicedesk.domain.catalogue import Catalogue
from servicedesk.domain.catalogue_rules import CATALOGUE_BYTES, NAME_CHARACTERS
from servicedesk.domain.company import LARGEST_FIRST_NUMBER
from servicedesk.domain.faults import Code, DomainError, Fault, InvalidCommandError, InvalidValueError, UnavailableError
from servicedesk.domain.kinds import DATE, GUID, TEXT, Kind, NotBlank
from servicedesk.telemetry import LambdaHandler, Outcome, describe, observed, record
from servicedesk.wire import problems

_SENTENCES = {
    "bool_type": (Code.INVALID_BOOLEAN, "This must be true or false."),
    "extra_forbidden": (Code.UNKNOWN_FIELD, "There is no member with this name here."),
    "greater_than_equal": (Code.OUT_OF_RANGE, "The minimum is {ge}."),
    "int_type": (Code.INVALID_INTEGER, "This must be an integer."),
    "less_than_equal": (Code.OUT_OF_RANGE, "The maximum is {le}."),
    "list_type": (Code.INVALID_LIST, "This must be a list."),
    "missing": (Code.REQUIRED, "This member is required."),
    "model_attributes_type": (Code.INVALID_OBJECT, "The command must be an object."),
    "model_type": (Code.INVALID_OBJECT, "This must be an object."),
    "string_too_long": (Code.TOO_LONG, "The text is longer than {max_length} characters."),
    "string_type": (Code.INVALID_STRING, "This must be a string."),
    "union_tag_invalid": (Code.UNKNOWN_ACTION, "There is no such action. The actions are {actions}."),
    "union_tag_not_found": (Code.REQUIRED, "The command needs an action: one of {actions}."),
}
"""The code and the sentence of a fault for each of pydantic's types of error; its context fills in the braces."""


def _read_id(value: object) -> str:
    if GUID.read(value) == GUID.unset:
        raise InvalidValueError(Code.INVALID_GUID, "The zero GUID is not an id.")
    return GUID.read(value)


type Id = Annotated[str, Kind("globally unique identifier", _read_id)]
type KeyId = Annotated[str, Kind("key id", api_key.read_key_id)]
type Date = Annotated[str, DATE]
type Name = Annotated[str, Field(max_length=NAME_CHARACTERS), TEXT, NotBlank()]
type Label = Annotated[
    str, Field(max_length=LABEL_CHARACTERS), TEXT, NotBlank(), AfterValidator(api_key.refuse_whole_key)
]
type TaskNumber = Annotated[int, Field(ge=1, le=LARGEST_FIRST_NUMBER)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Type(_Strict):
    id: Id
    name: Name
    default: bool = False
    default_status_id: Id | None = None


class _Status(_Strict):
    id: Id
    name: Name
    default: bool = False
    completed: bool = False


class _Priority(_Strict):
    id: Id
    name: Name
    default: bool = False


class _Table(_Strict):
    id: Id
    name: Name


class CatalogueDocument(_Strict):
    """A whole catalogue, which replaces the company's."""

    types: list[_Type]
    statuses: list[_Status]
    priorities: list[_Priority]
    tables: list[_Table] = []

    def catalogue(self) -> Catalogue:
        """Return the catalogue that the document describes."""
        return Catalogue.from_document(self.model_dump())


class Onboard(_Strict):
    """Create a company, or change it. Without a ``catalogue`` it keeps its own, or has the built-in one.

    Entries of ``TaskView`` show the ``company_name`` (contract rule 8.11). Without it, the name stays.
    ``first_number`` is the number of its next task. Numbers only ever grow.
    """

    action: Literal["onboard"]
    company_id: Id
    company_name: Name | None = None
    catalogue: CatalogueDocument | None = None
    first_number: TaskNumber | None = None


class IssueKey(_Strict):
    """Issue a key. Its ``label`` is unique among the company's live keys."""

    action: Literal["issue_key"]
    company_id: Id
    label: Label
    contact_id: Id | None = None
    expires: Date | None = None

    def request(self) -> KeyRequest:
        """Return the request for the new key."""
        return KeyRequest(
            company_id=self.company_id, label=self.label, contact_id=self.contact_id, expires=self.expires
        )


class ListKeys(_Strict):
    """Show all keys that the company ever had."""

    action: Literal["list_keys"]
    company_id: Id


class RevokeKey(_Strict):
    """Revoke a key for good."""

    action: Literal["revoke_key"]
    company_id: Id
    key_id: KeyId


class ListCompanies(_Strict):
    """Show all companies with their names and the numbers of their next tasks.

    ``after`` is the company at which the previous call stopped.
    """

    action: Literal["list_companies"]
    after: Id | None = None


class RaiseNumbers(_Strict):
    """Raise every company's numbers after a restore, so that no number is used twice.

    Without ``above``, the numbers in the restored table rise above those of the tasks table, which it is about to
    replace. With it, the numbers in the tasks table itself rise above ``above``. ``after`` is the company at which the
    previous call stopped.
    """

    action: Literal["raise_numbers"]
    above: TaskNumber | None = None
    after: Id | None = None


class EraseCompany(_Strict):
    """Erase a company for good. The command has its id twice, so that one slip erases nothing."""

    action: Literal["erase_company"]
    company_id: Id
    company_id_again: Id

    @field_validator("company_id_again")
    @classmethod
    def _check_same_company(cls, again: str, info: ValidationInfo) -> str:
        if again != info.data.get("company_id", again):
            raise InvalidValueError(Code.CONFLICT, "This is not the same company as company_id.")
        return again


type Command = Onboard | IssueKey | ListKeys | RevokeKey | ListCompanies | RaiseNumbers | EraseCompany
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="action")])
_ACTIONS = ", ".join(get_args(command.model_fields["action"].annotation)[0] for command in get_args(Command.__value__))


def read(event: object) -> Command:
    """Parse ``event`` as a command.

    Raises:
        InvalidCommandError: it is not a valid command. The error has all its faults.
    """
    of_whole = list(_catalogue_faults(event))
    try:
        command = _COMMANDS.validate_python(event)
    except ValidationError as error:
        faults = [_fault(details) for details in error.errors(include_url=False, include_input=False)]
        raise InvalidCommandError([*faults, *of_whole]) from None
    if of_whole:
        raise InvalidCommandError(of_whole)
    return command


def handler(do: Callable[[Command, Any], dict[str, object]]) -> LambdaHandler:
    """Make a Lambda handler of a function that carries out a command, given Lambda's context, and returns the answer.

    Errors of the domain and the store become problem documents, the only answers with a member ``status``. The log line
    has the action, the company and the codes of a refusal, and never a value.
    """

    @observed
    @wraps(do)
    def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            command = read(event)
            record(Outcome.OPERATED, action=command.action, company_id=getattr(command, "company_id", None))
            return do(command, context)
        except DomainError as error:
            problem = problems.from_domain_error(error)
            codes = sorted({fault.code for fault in problem.faults})
            outcome = Outcome.UNAVAILABLE if isinstance(error, UnavailableError) else Outcome.REFUSED
            record(outcome, problem=problem.type.name, codes=codes, error=describe(problem.__cause__) or None)
            return problem.document(context.aws_request_id)

    return lambda_handler


def wrong_function(right_one: str) -> InvalidCommandError:
    """Return the error for a command that belongs to another function of the template, ``right_one``."""
    return InvalidCommandError(
        [Fault("action", Code.UNKNOWN_ACTION, f"Send this command to the function {right_one}.")]
    )


def _fault(details: ErrorDetails) -> Fault:
    # The first element of ``loc`` is the action, by which pydantic chose the model.
    *inside, field = [str(step) for step in details["loc"][1:]] or ["action"]
    context = details.get("ctx", {})
    error = context.get("error")
    if isinstance(error, InvalidValueError):
        return Fault(field, error.code, error.detail, error.limit, tuple(inside))
    code, sentence = _SENTENCES.get(details["type"], (Code.INVALID_VALUE, "The command does not take this value here."))
    limit = next((context[name] for name in ("ge", "le", "max_length") if name in context), None)
    return Fault(field, code, sentence.format(**context, actions=_ACTIONS), limit, tuple(inside))


def _catalogue_faults(event: object) -> Iterator[Fault]:
    """Yield the faults of an event's catalogue as a whole, as far as it is readable."""
    catalogue = event.get("catalogue") if isinstance(event, dict) and event.get("action") == "onboard" else None
    if not isinstance(catalogue, dict):
        return
    size = len(json.dumps(catalogue, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
    if size > CATALOGUE_BYTES:
        detail = f"The catalogue has {size} bytes as JSON, more than {CATALOGUE_BYTES}."
        yield Fault("catalogue", Code.TOO_LONG, detail, CATALOGUE_BYTES)
    lists = {name: catalogue[name] for name in CatalogueDocument.model_fields if isinstance(catalogue.get(name), list)}
    for fault in catalogue_rules.faults_of({name: _objects(entries) for name, entries in lists.items()}):
        yield replace(fault, inside=("catalogue", *fault.inside))


def _objects(entries: Sequence[object]) -> Sequence[Mapping[str, object]]:
    """Return ``entries`` with an empty object for each that is not an object, so that indices stay the same."""
    return [entry if isinstance(entry, dict) else {} for entry in entries]
