"""What a client prefers: ``Prefer: handling=…`` and ``return=…`` (RFC 7240, contract rules 4.3 and 5.6)."""

from dataclasses import dataclass

_KNOWN = {"handling": ("strict", "lenient"), "return": ("minimal", "representation")}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences that are honoured, and ``applied``, what ``Preference-Applied`` says of them."""

    strict: bool
    minimal: bool
    applied: str

    @classmethod
    def of(cls, prefer: str | None) -> "Preferences":
        """Read a Prefer header; what is not known here is ignored, of a preference given twice the first counts."""
        chosen: dict[str, str] = {}
        for preference in (prefer or "").split(","):
            name, _, value = preference.partition(";")[0].partition("=")
            name, value = name.strip().lower(), value.strip().strip('"').lower()
            if value in _KNOWN.get(name, ()):
                chosen.setdefault(name, value)
        applied = ", ".join(f"{name}={value}" for name, value in chosen.items())
        return cls(chosen.get("handling") == "strict", chosen.get("return") == "minimal", applied)
