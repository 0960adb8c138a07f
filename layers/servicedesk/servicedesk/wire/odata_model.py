"""The metadata of the OData service, from the declarations of a task and the catalogue (contract rule 13.1).

It is CSDL 4.0, with no more than clients need. It has no ``edmx:Reference``, because Olingo would fetch the referenced
documents and send them the API key.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import get_args

from annotated_types import MaxLen

from servicedesk.domain.catalogue_rules import NAME_CHARACTERS
from servicedesk.domain.kinds import BOOLEAN, DATE, GUID, INTEGER, TEXT, Kind, MaxBytes
from servicedesk.domain.task import FIELDS, FilledBy, Task
from servicedesk.wire import catalogue_document, media_types, task_view
from servicedesk.wire.gateway import Request
from servicedesk.wire.problems import INVALID_PARAMETER, Problem

NAMESPACE = "ServiceDesk"
COMPUTED = "Org.OData.Core.V1.Computed"
"""The term for properties that only the server fills. Without it, clients send null for them."""

_TYPES: Mapping[str, str] = {
    GUID.name: "Edm.Guid",
    DATE.name: "Edm.DateTimeOffset",
    TEXT.name: "Edm.String",
    BOOLEAN.name: "Edm.Boolean",
    # As Edm.Int64, clients would write 113L, send texts, or lose digits.
    INTEGER.name: "Edm.Int32",
}
_FORMATS = {
    **dict.fromkeys(("xml", "application/xml"), "application/xml"),
    **dict.fromkeys(("json", "application/json"), "application/json"),
}
_XML_TYPES = {"application/xml", "application/*", "*/*", "text/xml", "text/*"}


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an entity type.

    Attributes:
        name: its name.
        kind: the kind of its values.
        nullable: whether it can be null.
        length: the most characters of a text.
        precision: the fraction digits of a date's seconds.
        computed: whether only the server fills it.
    """

    name: str
    kind: Kind
    nullable: bool = False
    length: int | None = None
    precision: int | None = None
    computed: bool = False

    def facets(self) -> Mapping[str, int]:
        """Return the facets beside type and nullability."""
        facets = {"MaxLength": self.length, "Precision": self.precision}
        return {name: value for name, value in facets.items() if value is not None}


def _property(name: str, kind: Kind, *, nullable: bool = False, precision: int = 7, computed: bool = False) -> Property:
    length = _length(name) if kind is TEXT else None
    return Property(name, kind, nullable, length, precision if kind is DATE else None, computed)


def _length(name: str) -> int:
    """Return the longest text of a task's field, or else of a name in the catalogue, in characters."""
    declared = Task.model_fields[name].metadata if name in FIELDS else ()
    limits = [entry.max_length for entry in declared if isinstance(entry, MaxLen)]
    # A text never has more characters than bytes.
    limits += [entry.limit for entry in declared if isinstance(entry, MaxBytes)]
    return min(limits, default=NAME_CHARACTERS)


ENTITY_SETS: Mapping[str, Sequence[Property]] = {
    "Task": [
        _property(
            name,
            field.kind,
            nullable=type(None) in get_args(Task.model_fields[name].annotation),
            computed=field.filled_by is FilledBy.SERVER and not field.is_changeable,
        )
        for name, field in FIELDS.items()
    ],
    "TaskView": [_property(name, kind, precision=3) for name, kind in task_view.KINDS.items()],
    **{
        kind: [
            _property(name, of, nullable=name in catalogue_document.NULLABLE)
            for name, of in catalogue_document.MEMBERS[kind].items()
        ]
        for kind in catalogue_document.MEMBERS
    },
}
"""The entity sets, with the properties of their types. A type has the name of its set, and the key ``id``."""


def media_type(request: Request) -> str:
    """Return the media type of the model in the answer to a request.

    It is XML, which all clients read, unless ``Accept`` has JSON and neither XML nor a wildcard. Some clients that want
    XML name JSON first, because their HTTP libraries do. ``$format`` overrides ``Accept``.

    Raises:
        Problem: ``invalid-parameter``, if ``$format`` is neither XML nor JSON.
    """
    if asked := request.query.get("$format", request.query.get("format")):
        if asked.lower() not in _FORMATS:
            raise Problem(INVALID_PARAMETER, f"The query option $format must be one of {', '.join(_FORMATS)}.")
        return _FORMATS[asked.lower()]
    taken = media_types.accepted(request.headers.get("Accept", ""))
    if taken & _XML_TYPES:
        return "application/xml" if taken & _XML_TYPES - {"text/xml"} else "text/xml"
    return "application/json" if taken & {"application/json", "text/json"} else "application/xml"


@cache
def as_xml() -> str:
    """Return the model in XML (OData CSDL XML 4.01)."""
    types = "".join(_entity_type(name, properties) for name, properties in ENTITY_SETS.items())
    sets = "".join(f'<EntitySet Name="{name}" EntityType="{NAMESPACE}.{name}"/>' for name in ENTITY_SETS)
    return (
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema Namespace="{NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}'
        f'<EntityContainer Name="Service">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
    )


def _entity_type(name: str, properties: Sequence[Property]) -> str:
    inside = "".join(_element(one) for one in properties)
    return f'<EntityType Name="{name}"><Key><PropertyRef Name="id"/></Key>{inside}</EntityType>'


def _element(one: Property) -> str:
    nullable = "" if one.nullable else ' Nullable="false"'
    facets = "".join(f' {name}="{value}"' for name, value in one.facets().items())
    opening = f'<Property Name="{one.name}" Type="{_TYPES[one.kind.name]}"{nullable}{facets}'
    return f'{opening}><Annotation Term="{COMPUTED}" Bool="true"/></Property>' if one.computed else f"{opening}/>"


@cache
def as_json() -> str:
    """Return the model in JSON (OData CSDL JSON 4.01)."""
    types = {
        name: {"$Kind": "EntityType", "$Key": ["id"], **{one.name: _member(one) for one in properties}}
        for name, properties in ENTITY_SETS.items()
    }
    sets = {name: {"$Collection": True, "$Type": f"{NAMESPACE}.{name}"} for name in ENTITY_SETS}
    container = {"$Kind": "EntityContainer", **sets}
    schema = {**types, "Service": container}
    return json.dumps({"$Version": "4.0", "$EntityContainer": f"{NAMESPACE}.Service", NAMESPACE: schema})


def _member(one: Property) -> Mapping[str, object]:
    member: dict[str, object] = {"$Type": _TYPES[one.kind.name]}
    member |= {"$Nullable": True} if one.nullable else {}
    member |= {f"${name}": value for name, value in one.facets().items()}
    return member | ({f"@{COMPUTED}": True} if one.computed else {})
