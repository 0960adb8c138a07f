"""The help page for people, rendered from the OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

_TEMPLATE = Path(__file__).with_name("help.html.jinja")
_METHODS = ("get", "post", "put", "patch", "delete")
_CODE = re.compile(r"`([^`]+)`")
_FORMATS = {("string", "uuid"): "globally unique identifier", ("string", "date-time"): "date"}


def render(document: Mapping[str, Any]) -> str:
    """Return the page: one HTML file that loads nothing else."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"prose": _prose, "inline": _inline, "anchor": _anchor, "pretty": _pretty}
    template = environment.from_string(_TEMPLATE.read_text())
    page = _Page(document)
    return template.render(
        document=document,
        sections=_sections(document["info"]["description"]),
        tags=list(page.tags()),
        problems=page.problems(),
        codes=document["components"]["schemas"]["Fault"]["properties"]["code"]["x-enumDescriptions"],
        event=page.event(),
    )


class _Page:
    """Lookups in the document, for the template."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def tags(self) -> Iterator[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]], bool]]:
        """Yield each tag with its operations, and whether they are folded: they all belong to the OData service."""
        for tag in self._document["tags"]:
            operations = self.operations(tag["name"])
            yield tag, operations, all(operation["is_original"] for operation in operations)

    def operations(self, tag: str) -> Sequence[Mapping[str, Any]]:
        """Return the operations with this tag for the page, with their aliases."""
        aliases: dict[str, list[Mapping[str, str]]] = {}
        for method, path, described in self._described():
            if operation := described.get("x-alias-of"):
                alias = {"id": described["operationId"], "method": method.upper(), "path": path}
                aliases.setdefault(operation, []).append(alias)
        return [
            {**self._operation(method, path, described), "aliases": aliases.get(described["operationId"], [])}
            for method, path, described in self._described()
            if tag in described["tags"] and "x-alias-of" not in described
        ]

    def problems(self) -> Sequence[Mapping[str, Any]]:
        """Return all types of problem with their status, title and meaning, by status."""
        found: dict[str, Mapping[str, Any]] = {}
        for response in self._document["components"]["responses"].values():
            for name, example in response["content"].get("application/problem+json", {}).get("examples", {}).items():
                found[name] = {
                    "name": name,
                    "status": example["value"]["status"],
                    "title": example["value"]["title"],
                    "meaning": example["description"],
                    "example": example["value"],
                }
        types = self._document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
        order = [name.rpartition(":")[2] for name in types]
        return sorted(found.values(), key=lambda one: (one["status"], order.index(one["name"])))

    def event(self) -> Mapping[str, Any]:
        """Return the events for the page."""
        described = self._document["webhooks"]["taskEvent"]["post"]
        content = described["requestBody"]["content"]
        properties = self._found(_schema(content))["properties"]
        return {
            "description": described["description"],
            "source": properties["source"]["const"],
            "types": properties["detail-type"]["enum"],
            "fields": self._fields(properties["detail"]),
            "example": content["application/json"]["example"],
        }

    def _described(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        for path, item in self._document["paths"].items():
            yield from ((method, path, item[method]) for method in item if method in _METHODS)

    def _operation(self, method: str, path: str, described: Mapping[str, Any]) -> Mapping[str, Any]:
        shared = self._document["paths"][path].get("parameters", [])
        parameters = [self._found(one) for one in [*shared, *described.get("parameters", [])]]
        content = self._found(described.get("requestBody", {})).get("content", {})
        return {
            "id": described["operationId"],
            "method": method.upper(),
            "path": path,
            "summary": described["summary"],
            "description": described["description"],
            "is_original": f"{path}/".startswith("/api/"),
            "is_public": described.get("security") == [],
            "parameters": [{"required": False, **one, **self._about(one["schema"])} for one in parameters],
            "fields": self._fields(_schema(content)),
            "body_types": list(content),
            "requests": self._examples(content),
            "samples": described.get("x-codeSamples", []),
            "answers": [self._answer(status, one) for status, one in described["responses"].items()],
        }

    def _answer(self, status: str, response: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self._found(response)
        content = found.get("content", {})
        is_problem = int(status) >= 400
        examples = [name for one in content.values() for name in one.get("examples", {})] if is_problem else []
        return {
            "status": status,
            "description": found["description"].partition("\n\n")[0],
            "problems": list(dict.fromkeys(examples)),
            "headers": [name for name in found.get("headers", {}) if name not in ("Vary", "Cache-Control")],
            "examples": {} if is_problem else self._examples(content),
            "fields": [] if is_problem else self._fields(_schema(content)),
        }

    def _examples(self, content: Mapping[str, Any]) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return the examples in JSON and in XML, each with its title."""
        found: dict[str, list[tuple[str, str]]] = {}
        for media_type, about in content.items():
            shown = [(one["summary"], one["value"]) for one in about.get("examples", {}).values()]
            shown += [("", about["example"])] if "example" in about else []
            format_name = "XML" if media_type.endswith("xml") else "JSON"
            if shown and format_name not in found:
                found[format_name] = [(summary, _pretty(value)) for summary, value in shown]
        return found

    def _fields(self, schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Return the rows of a table with the members of an object, or of the objects in a list."""
        found = self._found(schema)
        if "anyOf" in found:
            found = self._found(found["anyOf"][0])
        if "items" in found and "$ref" in found["items"]:
            found = self._found(found["items"])
        required = found.get("required", [])
        return [
            {"name": name, "required": name in required, **self._about(self._found(about)), **self._found(about)}
            for name, about in found.get("properties", {}).items()
        ]

    def _about(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        more = []
        if "x-max-bytes" in schema:
            more.append(f"up to {schema['x-max-bytes']:,} bytes of UTF-8")
        elif "minLength" in schema and schema.get("maxLength"):
            more.append(f"{schema['minLength']} to {schema['maxLength']:,} characters")
        elif schema.get("maxLength"):
            more.append(f"up to {schema['maxLength']:,} characters")
        if "minimum" in schema and "maximum" in schema:
            more.append(f"{schema['minimum']:,} to {schema['maximum']:,}")
        values = schema.get("enum") or schema.get("items", {}).get("enum", [])
        if values and len(values) < 8:
            more.append("one of " + ", ".join(f"`{value}`" for value in values))
        filled_by = schema.get("x-filled-by", "")
        if filled_by == "client or default":
            more.append("has a default")
        if filled_by == "client or server":
            more.append("generated by the service unless it is sent")
        return {"kind": _kind_of(schema), "more": more}

    def _found(self, one: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the target of a reference, or ``one`` itself."""
        if "$ref" not in one:
            return one
        found: Any = self._document
        for step in one["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return dict(found)


def _kind_of(schema: Mapping[str, Any]) -> str:
    """Return the published page's name for the type of a value with this schema."""
    types = schema.get("type", "object")
    names = [one for one in ([types] if isinstance(types, str) else types) if one != "null"]
    return " or ".join(_FORMATS.get((name, schema.get("format", "")), name) for name in names)


def _schema(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a body in the first of its media types; an empty one without a body."""
    return dict(next(iter(content.values()))["schema"]) if content else {}


def _inline(text: str) -> Markup:
    """Return a text with code in place of backticks."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _sections(text: str) -> Sequence[tuple[str, str, str]]:
    """Split a text at its headings into title, anchor and content; the first part has no title."""
    parts = [part.partition("\n")[::2] for part in f"\n{text}".split("\n## ")]
    return [(title, _anchor(title), below) for title, below in parts]


def _anchor(title: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))


def _prose(text: str) -> Markup:
    """Return paragraphs."""
    return Markup("\n").join(Markup("<p>{}</p>").format(_inline(part)) for part in text.strip().split("\n\n"))


def _pretty(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
