"""The kinds of value that a field can have, as pydantic validates and documents them.

Each kind stands in a field's ``Annotated`` type and tells the rest of the service how to read a value, and which value
the original's clients send for "not filled".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from servicedesk.domain import values
from servicedesk.domain.faults import Code, InvalidValueError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Attributes:
        name: its name on the published page.
        read: turns any accepted spelling into the canonical text; raises ``InvalidValueError``.
        unset: the canonical text of "not filled" (contract rule 3.6), shown in answers without null.
        schema: its keywords in JSON Schema.
    """

    name: str
    read: Callable[[object], str]
    unset: str = ""
    schema: Mapping[str, str] = field(default_factory=dict)

    def is_unset(self, value: object) -> bool:
        """Return whether ``value``, in any spelling, means "not filled" in this kind (contract rule 3.6)."""
        try:
            return value is None or value == "" or self.read(value) == self.unset
        except InvalidValueError:
            return False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._read_unless_null, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), **self.schema}

    def _read_unless_null(self, value: object) -> str | None:
        return None if value is None else self.read(value)


GUID = Kind("globally unique identifier", values.guid, unset=values.ZERO_GUID, schema={"format": "uuid"})
DATE = Kind("date", values.date, unset=values.UNSET_DATE, schema={"format": "date-time"})
TEXT = Kind("string", values.text)
BOOLEAN = Kind("boolean", values.boolean, unset="false")
INTEGER = Kind("integer", lambda value: str(values.integer(value)), unset="0")


def read_bound(kind: Kind, value: object) -> str:
    """Return the canonical text of a value of ``kind`` to compare others with by less and greater.

    A date that means "not filled" is the instant that it spells, or the earliest one if that is before the year 1
    (contract rule 3.6).

    Raises:
        InvalidValueError: the value is not of this kind.
    """
    return values.instant(value) if kind is DATE else kind.read(value)


@dataclass(frozen=True, slots=True)
class MaxBytes:
    """Limit a text to ``limit`` bytes of UTF-8."""

    limit: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # A text never has more characters than bytes.
        return handler(schema) | {"maxLength": self.limit, "x-max-bytes": self.limit}

    def _check(self, text: str | None) -> str | None:
        if text is not None and len(text.encode()) > self.limit:
            raise InvalidValueError(Code.TOO_LONG, f"The text is longer than {self.limit} bytes of UTF-8.", self.limit)
        return text


class NotBlank:
    """Refuse a text that is only white space."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {"pattern": r"\S"}

    def _check(self, text: str | None) -> str | None:
        if text is not None and not text.strip():
            raise InvalidValueError(Code.REQUIRED, "The text must be more than white space.")
        return text
