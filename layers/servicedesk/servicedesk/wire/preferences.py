"""What a client prefers: ``Prefer: handling=…`` and ``return=…`` (RFC 7240, contract rules 4.3 and 5.6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.wire import header_values

_KNOWN = {"handling": ("strict", "lenient"), "return": ("minimal", "representation")}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences that are honoured, and what ``Preference-Applied`` says of them."""

    strict: bool
    minimal: bool
    applied: str
    """With an answer that shows a task; empty where the client asked for nothing that is known here."""
    on_problem: Mapping[str, str]
    """The headers of a problem that was found under the handling asked for; a problem is always returned whole."""

    @classmethod
    def of(cls, prefer: str | None) -> "Preferences":
        """Read a Prefer header; what is not known here is ignored, of a preference given twice the first counts."""
        asked: dict[str, str] = {}
        for preference in header_values.split(prefer or "", ","):
            name, _, value = preference.partition(";")[0].partition("=")
            asked.setdefault(name.strip().lower(), header_values.unquote(value).lower())
        chosen = {name: f"{name}={asked[name]}" for name, known in _KNOWN.items() if asked.get(name) in known}
        return cls(
            strict=asked.get("handling") == "strict",
            minimal=asked.get("return") == "minimal",
            applied=", ".join(chosen.values()),
            on_problem={"Preference-Applied": chosen["handling"]} if "handling" in chosen else {},
        )
