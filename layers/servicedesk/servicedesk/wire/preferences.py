"""What a client prefers: ``Prefer: handling=…`` and ``return=…`` (RFC 7240, contract rules 4.3 and 5.6)."""

from dataclasses import dataclass

from servicedesk.wire.headers import split, unquote

_KNOWN = {"handling": ("strict", "lenient"), "return": ("minimal", "representation")}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences that are honoured.

    Attributes:
        strict: whether what the service does not take from a body is a fault.
        minimal: whether the answer is to hold no more than the task's ids.
        applied: the header ``Preference-Applied`` of an answer that shows a task.
        applied_to_problem: the same for a problem, which is always returned whole.
    """

    strict: bool
    minimal: bool
    applied: str
    applied_to_problem: str

    @classmethod
    def from_header(cls, prefer: str | None) -> "Preferences":
        """Read a Prefer header. Unknown preferences are ignored; of one that is given twice, the first counts."""
        asked: dict[str, str] = {}
        for preference in split(prefer or "", ","):
            name, _, value = preference.partition(";")[0].partition("=")
            asked.setdefault(name.strip().lower(), unquote(value).lower())
        applied = {name: f"{name}={asked[name]}" for name, known in _KNOWN.items() if asked.get(name) in known}
        return cls(
            strict=asked.get("handling") == "strict",
            minimal=asked.get("return") == "minimal",
            applied=", ".join(applied.values()),
            applied_to_problem=applied.get("handling", ""),
        )
