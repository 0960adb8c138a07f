"""What can be wrong with a request, in the domain's own terms.

``servicedesk.wire.problems`` gives each its HTTP answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one field.

    Attributes:
        field: the name of the field, as the client sent it where it is unknown.
        code: the fault for programs, such as ``too_long`` (contract section 6).
        detail: the fault for people, as a sentence.
        limit: the limit that the value exceeds, where there is one.
        inside: the names that lead to a nested field, such as ``("catalogue", "types", "0")``.
    """

    field: str
    code: str
    detail: str
    limit: int | None = None
    inside: tuple[str, ...] = ()


class InvalidValueError(ValueError):
    """Says that a value is not of the kind asked for. Its members are those of a ``Fault``."""

    def __init__(self, code: str, detail: str, limit: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.limit = limit


class DomainError(Exception):
    """The base of everything that the domain and the store refuse. Its message is a sentence for the caller."""


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
    """The caller's company has no such task, whoever else may have one (contract rule 1.2)."""


class ConflictingTaskError(DomainError):
    """A task with the same id and other content exists in the company. Nothing was written (contract rule 7.3)."""


class NoCompanyError(DomainError):
    """The credentials name no company."""


class UnavailableError(DomainError):
    """A service that we depend on throttles, fails or does not answer in time. The request can be sent again."""


class UndeliveredError(DomainError):
    """The bus did not take all events. The same events can be sent again."""
