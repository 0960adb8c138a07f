"""The options in the query of an address (contract rule 1.3)."""

from collections.abc import Mapping, Sequence

from servicedesk.wire.problems import InvalidParameter

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def flag(query: Mapping[str, Sequence[str]], name: str) -> bool:
    """Return whether the option ``name`` says yes; where it is absent, it does not.

    ``query`` has the values of each option, by its name in lower case.

    Raises:
        InvalidParameter: a value that is neither yes nor no, or values that contradict each other.
    """
    said = {_FLAGS.get(value.lower()) for value in query.get(name, ())}
    if None in said:
        raise InvalidParameter(f"The query option {name} takes true, 1, false or 0, and came with another value.")
    if len(said) > 1:
        raise InvalidParameter(f"The query option {name} came twice, with true and with false; send one of them.")
    return True in said
