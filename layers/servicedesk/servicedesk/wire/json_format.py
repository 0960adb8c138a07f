"""JSON as the contract reads it: strict (rule 3.11), numbers as their text (3.10), duplicates kept for 3.5 to judge.

The last two are why the standard library reads it and not pydantic-core, whose parser keeps neither.
"""

import json
from collections.abc import Mapping

from servicedesk.domain.values import Number
from servicedesk.wire.formats import Members
from servicedesk.wire.problems import MALFORMED_BODY, Problem


def decode(text: str) -> Members:
    """The members of the one object in ``text``.

    Raises:
        Problem: ``malformed-body``: no JSON, with line and column; JSON ``null``; JSON that is no object (rule 3.4).
    """
    try:
        value = json.loads(
            text, object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise Problem(
            MALFORMED_BODY, f"The body is not valid JSON: {error.msg}: line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise Problem(MALFORMED_BODY, "The body is not valid JSON: it is nested too deeply.") from None
    if value is None:
        raise Problem(MALFORMED_BODY, "The body is JSON null; a task is a JSON object.")
    if not isinstance(value, Members):
        raise Problem(MALFORMED_BODY, "The body is JSON, but not an object; a task is a JSON object.")
    return value


def encode(document: Mapping[str, object]) -> str:
    """``document`` as JSON, members in its own order (rule 5.1)."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _refuse_constant(name: str) -> object:
    raise Problem(MALFORMED_BODY, f"The body is not valid JSON: {name} is not a JSON value.")
