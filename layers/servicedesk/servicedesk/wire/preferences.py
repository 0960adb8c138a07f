"""The client's preferences ``handling`` and ``return`` in ``Prefer`` (RFC 7240, contract rules 4.3 and 5.6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.wire.gateway import Request
from servicedesk.wire.headers import split, unquote

_KNOWN = {"handling": ("strict", "lenient"), "return": ("minimal", "representation")}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The supported preferences.

    Attributes:
        strict: whether an ignored field of the body is a fault.
        minimal: whether the answer has no more than the task's ids.
        applied: the header ``Preference-Applied`` of an answer that shows a task.
        applied_to_problem: the same for a problem, which is always returned whole.
    """

    strict: bool
    minimal: bool
    applied: str
    applied_to_problem: str

    @classmethod
    def of(cls, request: Request) -> "Preferences":
        """Parse the Prefer header of a request. Unknown preferences are ignored."""
        preferences = asked(request.headers.get("Prefer"))
        returns = preferences.get("return")
        applied = {
            name: f"{name}={preferences[name]}" for name, known in _KNOWN.items() if preferences.get(name) in known
        }
        return cls(
            strict=preferences.get("handling") == "strict",
            minimal=returns != "representation" if request.answers_minimally else returns == "minimal",
            applied=", ".join(applied.values()),
            applied_to_problem=applied.get("handling", ""),
        )


def asked(prefer: str | None) -> Mapping[str, str]:
    """Return the preferences of a Prefer header, names and values in lower case.

    The first of two equal preferences wins.
    """
    preferences: dict[str, str] = {}
    for preference in split(prefer or "", ","):
        name, _, value = preference.partition(";")[0].partition("=")
        preferences.setdefault(name.strip().lower(), unquote(value).lower())
    return preferences
