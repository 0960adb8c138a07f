"""Bytes ⇄ plain fields, one module per format, the same shape from both.

``decode`` turns a text into the ``Members`` of one task; ``encode`` turns an answer's document into a text.
"""


class Number(str):
    """A JSON number, kept as the text that the client wrote (contract rule 3.10)."""


class Members(list[tuple[str, object]]):
    """The name-value pairs of one object, in the order and spelling sent, duplicates included.

    A value is ``None``, a ``bool``, a ``str``, a ``Number``, or anything else for what no field of a task can be: an
    array, an object, an element with child elements.
    """
