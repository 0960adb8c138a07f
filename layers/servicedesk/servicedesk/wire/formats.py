"""The members of one object, which JSON and XML have in common."""


class Members(list[tuple[str, object]]):
    """The names and values of one object, in the order and spelling sent, duplicates included.

    A value is ``None``, a ``bool``, a ``str``, a ``values.Number``, a ``values.DateTimeOffset``, or something that no
    field of a task accepts: an array, an object, an element with child elements.
    """
