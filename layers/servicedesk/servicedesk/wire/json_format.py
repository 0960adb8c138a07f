"""JSON as the contract reads and writes it.

The contract requires strict JSON (rule 3.11), numbers as the client wrote them (3.10), and a fault for a duplicate name
(3.5). pydantic-core's parser keeps neither the text of numbers nor duplicates, so this uses the standard library.
"""

import json
from collections.abc import Mapping, Sequence

from servicedesk.domain.values import Number
from servicedesk.wire.formats import Members
from servicedesk.wire.problems import MALFORMED_BODY, Problem


def decode(text: str, what: str = "task") -> Members:
    """Return the members of the object in ``text``. ``what`` names it in a problem.

    Raises:
        Problem: ``malformed-body``, if ``text`` is not JSON (with line and column), or not an object (rule 3.4).
    """
    return members(_read(text), what)


def _read(text: str) -> object:
    try:
        return json.loads(
            text, object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise Problem(
            MALFORMED_BODY, f"The body is not valid JSON: {error.msg}: line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise Problem(MALFORMED_BODY, "The body is not valid JSON: it is nested too deeply.") from None


def members(value: object, what: str = "task") -> Members:
    """Return the members of a JSON value that must be an object. ``what`` names it in a problem.

    Raises:
        Problem: ``malformed-body``, if it is not an object (rule 3.4).
    """
    if value is None:
        raise Problem(MALFORMED_BODY, f"The body is JSON null; a {what} is a JSON object.")
    if not isinstance(value, Members):
        raise Problem(MALFORMED_BODY, f"The body is JSON, but not an object; a {what} is a JSON object.")
    return value


def encode(document: Mapping[str, object] | Sequence[Mapping[str, object]]) -> str:
    """Return ``document`` as JSON, with its members in order (rule 5.1)."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _refuse_constant(name: str) -> object:
    raise Problem(MALFORMED_BODY, f"The body is not valid JSON: {name} is not a JSON value.")
