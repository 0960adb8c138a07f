"""Queries for a list of tasks: a filter and an order (contract section 8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from servicedesk.domain.task import Task


@dataclass(frozen=True, slots=True)
class Range[Value: (int, str)]:
    """The values from ``low`` to ``high``, both included; ``None`` leaves an end open. Dates are canonical texts."""

    low: Value | None = None
    high: Value | None = None


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """A condition on tasks.

    Attributes:
        matches: whether a task meets the condition.
        archived: the value of ``archived`` that the condition implies, if any.
        numbers: the range of ``id2`` that the condition implies.
        changes: the range of ``modified_dateutc`` that the condition implies.
        references: the values that the condition implies for fields that have an index.
        reads_remark: whether the condition depends on the remark.
    """

    matches: Callable[[Task], bool]
    archived: bool | None = None
    numbers: Range[int] = field(default_factory=Range)
    changes: Range[str] = field(default_factory=Range)
    references: Mapping[str, str] = field(default_factory=dict)
    reads_remark: bool = False


class Order(StrEnum):
    """The field by which a list is ordered (rule 8.3)."""

    NUMBER = "id2"
    CHANGE = "modified_dateutc"


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """A query for the tasks that meet ``filter``, or for all tasks without one, in an order.

    Without ``with_remarks``, long remarks may be left out of the tasks.
    """

    filter: TaskFilter | None = None
    order: Order = Order.NUMBER
    descending: bool = True
    with_remarks: bool = True
