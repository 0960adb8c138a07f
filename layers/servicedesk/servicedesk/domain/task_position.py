"""Places in the lists of a company's tasks, where a page ends and the next one begins (contract rule 8.6)."""

from dataclasses import dataclass

LARGEST_NUMBER = 10**30
"""More than any ``id2``, and still a number for DynamoDB, which takes 38 digits."""

LARGEST_VERSION = 10**10 - 1
"""More than any version. A version has this many digits in the key of a history entry."""


@dataclass(frozen=True, slots=True)
class AfterNumber:
    """The place after the task with this number.

    ``gathered`` says that the earlier pages came from the other index, whose range is small enough to be sorted.
    """

    number: int
    gathered: bool = False


@dataclass(frozen=True, slots=True)
class AfterChange:
    """The place after the task with this ``modified_dateutc`` and id; without an id, before all tasks of that instant.

    Attributes:
        instant: the ``modified_dateutc``.
        task_id: the last task that was read from the index ``by_change``, whose order within an instant only DynamoDB
            knows.
        sorted_until: the last task of the instant, in the order of ids, that pages from the other index have shown.
    """

    instant: str
    task_id: str | None = None
    sorted_until: str | None = None

    @property
    def gathered(self) -> bool:
        """Return whether the earlier pages came from the other index, as in ``AfterNumber``."""
        return self.task_id is None and self.sorted_until is not None


@dataclass(frozen=True, slots=True)
class AfterVersion:
    """The place after an entry of a task's history: that of a version, or of a ``write`` that raised no version."""

    version: int
    write: str = ""

    @property
    def lowest_passed(self) -> int:
        """Return the lowest version whose own entry is not after this place; unversioned writes stand before it."""
        return self.version + 1 if self.write else self.version


type Position = AfterNumber | AfterChange
"""A place in a company's list. It does not name the company, which always comes from the caller."""
