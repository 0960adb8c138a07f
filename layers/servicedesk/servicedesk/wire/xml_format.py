"""XML as the contract reads and writes it: elements in any order and namespace, and no DOCTYPE (rule 3.12).

Expat parses it and refuses a DOCTYPE at its first character, so that no body ever declares an entity. Below a field
only the two elements of a DateTimeOffset are kept, so the size of a body bounds its memory, whatever its shape.
(defusedxml refuses a DOCTYPE by the same callback of the same parser, but builds a tree of the whole body.)
"""

import re
from collections.abc import Mapping, Sequence
from typing import cast
from xml.parsers import expat
from xml.sax.saxutils import escape

from servicedesk.domain.values import DateTimeOffset
from servicedesk.wire.formats import Members
from servicedesk.wire.problems import MALFORMED_BODY, Problem, shown_name

NAMESPACE_CHARACTERS = 100
"""The longest name of a namespace. Expat may copy it for every element and attribute of a body."""

_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_PROBLEM = "urn:ietf:rfc:7807"
# It separates namespace and local name. XML cannot contain it, so no namespace can.
_SEPARATOR = "\x1f"
_NIL = f"{_INSTANCE}{_SEPARATOR}nil"
_LIST = "ArrayOf"
_DATE_TIME_OFFSET = ("DateTime", "OffsetMinutes")
_CARRIAGE_RETURN = {"\r": "&#xD;"}
_DECLARATION = re.compile(r"""<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)""", re.ASCII)


def decode(text: str) -> Members:
    """Return the child elements of the ``task`` element in ``text``.

    The value of an element with child elements is a ``DateTimeOffset`` if it has that form (rule 3.8), and otherwise
    ``Members``, which no field of a task accepts.

    Raises:
        Problem: ``malformed-body``, if ``text`` is not well-formed (with line and column), has a DOCTYPE, has another
            root element or a nil one, or has text between the fields.
    """
    reader = _TaskReader()
    try:
        # The charset is already decided (rule 3.2). Naming it here overrides the XML declaration.
        reader.parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise Problem(
            MALFORMED_BODY,
            f"The body is not well-formed XML: {expat.ErrorString(error.code)}: "
            f"line {error.lineno}, column {error.offset + 1}.",
        ) from None
    return reader.members


def declared_charset(body: bytes) -> str | None:
    """Return the charset that the XML declaration of ``body`` names, if it has one in ASCII."""
    declaration = _DECLARATION.match(body.partition(b">")[0].decode("latin-1"))
    return declaration[1] if declaration else None


def encode(document: Mapping[str, object] | Sequence[Mapping[str, object]], *, root: str = "task") -> str:
    """Return ``document`` as XML below the element ``root``, in the form of rule 5.4, or of RFC 9457 for a problem.

    A root such as ``ArrayOftask`` has an element ``task`` for each entry of the list, or of its member ``value``.
    """
    if root == "problem":
        return f'<problem xmlns="{_PROBLEM}">{_elements(cast("Mapping[str, object]", document))}</problem>'
    if root.startswith(_LIST):
        entries = cast(
            "Sequence[Mapping[str, object]]", document["value"] if isinstance(document, Mapping) else document
        )
        content = "".join(_element(root.removeprefix(_LIST), _sorted(entry)) for entry in entries)
    else:
        content = _elements(_sorted(cast("Mapping[str, object]", document)))
    return f'<{root} xmlns:i="{_INSTANCE}">{content}</{root}>'


def _sorted(members: Mapping[str, object]) -> Mapping[str, object]:
    # The original's deserializer drops elements that are not in ordinal order.
    return {name: _with_sorted_members(members[name]) for name in sorted(members)}


def _with_sorted_members(value: object) -> object:
    match value:
        case Mapping():
            return _sorted(value)
        case list():
            return [_with_sorted_members(entry) for entry in value]
        case _:
            return value


class _TaskReader:
    """Expat's callbacks. The elements at depth 2 are the fields; a field with child elements is not a text."""

    def __init__(self) -> None:
        self.members = Members()
        # With None, expat keeps no table of all names in the body.
        self.parser = expat.ParserCreate("utf-8", _SEPARATOR, None)
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._depth = 0
        self._name = ""
        self._nil = False
        self._nested = False
        self._chunks: list[str] = []
        self._parts: dict[str, list[str]] = {}
        self._only_parts = True
        self._part: list[str] = []

    def _doctype(self, *_: object) -> None:
        raise Problem(MALFORMED_BODY, "The body has a DOCTYPE, which is not accepted. Leave it out.")

    def _namespace(self, _prefix: str | None, uri: str | None) -> None:
        # Expat prefixes the name of every element and attribute with the whole namespace.
        if uri and len(uri) > NAMESPACE_CHARACTERS:
            raise Problem(MALFORMED_BODY, f"The body has a namespace with more than {NAMESPACE_CHARACTERS} characters.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        local_name = name.rpartition(_SEPARATOR)[2]
        nil = attributes.get(_NIL, "").strip() in ("true", "1")
        if self._depth == 1:
            if local_name != "task":
                raise Problem(MALFORMED_BODY, f"The root element of the body is {shown_name(local_name)}, not task.")
            if nil:
                raise Problem(MALFORMED_BODY, "The task element of the body is marked as nil.")
        elif self._depth == 2:
            self._name = local_name
            self._nil = nil
            self._nested = False
            self._chunks = []
            self._parts = {}
            self._only_parts = True
        else:
            self._nested = True
            if self._depth == 3 and local_name in _DATE_TIME_OFFSET and local_name not in self._parts:
                self._part = self._parts[local_name] = []
            else:
                self._only_parts = False

    def _end(self, _: str) -> None:
        if self._depth == 2:
            self.members.append((self._name, self._value()))
        self._depth -= 1

    def _value(self) -> object:
        text = "".join(self._chunks)
        if self._nil:
            if self._nested or text.strip():
                raise Problem(MALFORMED_BODY, "An element is marked as nil but has content.")
            return None
        if not self._nested:
            return text
        if self._only_parts and len(self._parts) == len(_DATE_TIME_OFFSET) and not text.strip():
            return DateTimeOffset(*("".join(self._parts[name]) for name in _DATE_TIME_OFFSET))
        return Members()

    def _text(self, text: str) -> None:
        if self._depth == 2:
            self._chunks.append(text)
        elif self._depth == 3 and self._only_parts:
            self._part.append(text)
        elif self._depth == 1 and text.strip():
            raise Problem(MALFORMED_BODY, "The body has text between the fields of the task.")


def _elements(members: Mapping[str, object]) -> str:
    return "".join(_element(name, value) for name, value in members.items())


def _element(name: str, value: object) -> str:
    match value:
        case None:
            return f'<{name} i:nil="true" />'
        case bool():
            return f"<{name}>{str(value).lower()}</{name}>"
        case Mapping():
            return f"<{name}>{_elements(value)}</{name}>"
        case list():
            return f"<{name}>{''.join(_element('i', item) for item in value)}</{name}>"
        case _:
            return f"<{name}>{escape(str(value), _CARRIAGE_RETURN)}</{name}>"
