"""Bytes ⇄ plain fields, one module per format, the same shape from both.

``decode`` turns a text into the ``Members`` of one task; ``encode`` turns an answer's document into a text.
"""

from typing import NamedTuple


class Number(str):
    """A JSON number, kept as the text that the client wrote (contract rule 3.10)."""


class Members(list[tuple[str, object]]):
    """The name-value pairs of one object, in the order and spelling sent, duplicates included.

    A value is ``None``, a ``bool``, a ``str``, a ``Number``, a ``DateTimeOffset``, or anything else for what no field
    of a task can be: an array, an object, an element with child elements.
    """


class DateTimeOffset(NamedTuple):
    """A date as .NET's DataContractSerializer writes a ``DateTimeOffset`` in XML: the texts of its two elements."""

    date_time: str
    """Of the element ``DateTime``: an instant in UTC."""
    offset_minutes: str
    """Of the element ``OffsetMinutes``: how far the sender's clock was from UTC, which moves the instant nowhere."""
