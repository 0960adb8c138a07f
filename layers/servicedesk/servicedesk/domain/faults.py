"""Faults and errors of the domain.

``servicedesk.wire.problems`` gives each its HTTP answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The code of a fault, for programs. docs/errors.md says what each means."""

    REQUIRED = "required"
    TOO_LONG = "too_long"
    INVALID_GUID = "invalid_guid"
    INVALID_DATE = "invalid_date"
    INVALID_STRING = "invalid_string"
    UNKNOWN_REFERENCE = "unknown_reference"
    CONFLICTING_REFERENCE = "conflicting_reference"
    MISSING_REFERENCE = "missing_reference"
    UNKNOWN_FIELD = "unknown_field"
    SERVER_ASSIGNED = "server_assigned"
    UNKNOWN_ACTION = "unknown_action"
    CONFLICT = "conflict"
    INVALID_OBJECT = "invalid_object"
    INVALID_LIST = "invalid_list"
    INVALID_BOOLEAN = "invalid_boolean"
    INVALID_INTEGER = "invalid_integer"
    INVALID_VALUE = "invalid_value"
    OUT_OF_RANGE = "out_of_range"
    DEFAULT = "default"
    DUPLICATE_ID = "duplicate_id"
    DUPLICATE_NAME = "duplicate_name"
    NOT_ONBOARDED = "not_onboarded"
    BEING_ERASED = "being_erased"
    TOO_MANY_KEYS = "too_many_keys"
    TAKEN = "taken"
    IN_THE_PAST = "in_the_past"
    KEYS_CHANGED = "keys_changed"
    WHOLE_KEY = "whole_key"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one field.

    Attributes:
        field: the name of the field; an unknown one as the client sent it.
        code: the fault for programs (contract section 6).
        detail: the fault for people, as a sentence.
        limit: the limit that the value exceeds, if there is one.
        inside: the names that lead to a nested field, such as ``("catalogue", "types", "0")``.
    """

    field: str
    code: Code
    detail: str
    limit: int | None = None
    inside: tuple[str, ...] = ()


class InvalidValueError(ValueError):
    """Raised for a value of the wrong kind. Its attributes are those of a ``Fault``."""

    def __init__(self, code: Code, detail: str, limit: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.limit = limit


class DomainError(Exception):
    """Base class of the errors of the domain and the store. The message is a sentence for the caller."""


class InvalidTaskError(DomainError):
    """The task has faults in its fields. Nothing was written."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("The task has faults in its fields.")
        self.faults = faults


class InvalidCommandError(DomainError):
    """The operator's command has faults. Nothing was done."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("The command has faults.")
        self.faults = faults


class NoSuchTaskError(DomainError):
    """The caller's company has no such task, even if another company does (contract rule 1.2)."""


class ConflictingTaskError(DomainError):
    """The company has a task with the same id and different content. Nothing was written (contract rule 7.3)."""


class NoCompanyError(DomainError):
    """The credentials name no company."""


class UnavailableError(DomainError):
    """A dependency throttled, failed or did not answer in time. The request can be retried."""


class UndeliveredError(DomainError):
    """The bus did not accept all events. They can be sent again.

    Attributes:
        done: how many of them, from the first on, it has accepted or will never accept.
        refused: the indices, among the first ``done``, of those that it will never accept.
    """

    done = 0
    refused: Sequence[int] = ()
