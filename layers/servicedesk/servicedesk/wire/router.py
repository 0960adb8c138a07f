"""The router, from a method and a path to a target (contract rules 1.1 and 1.4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from servicedesk.wire.problems import INVALID_PARAMETER, METHOD_NOT_ALLOWED, NO_SUCH_ROUTE, Problem


@dataclass(frozen=True, slots=True)
class Match[Target]:
    """The result of routing a method and a path.

    Attributes:
        target: the target of the route.
        route: the path of the route, such as ``/tasks/{id}``.
        parameters: the values of the route's parameters, percent-decoded.
    """

    target: Target
    route: str
    parameters: Mapping[str, str]


class Router[Target]:
    """A table of routes, each a method and a path with its target.

    A segment of a path can have one parameter, such as ``{id}`` or ``Task({id})``. A literal path wins over one with a
    parameter. Below ``/api``, literals match in any case, as in ASP.NET.
    """

    def __init__(self, routes: Iterable[tuple[str, str, Target]]) -> None:
        """Take the routes as triples of method, path and target."""
        self._methods: dict[str, dict[str, Target]] = {}
        for method, path, target in routes:
            self._methods.setdefault(path, {})[method] = target
        self._literal = {tuple(_folded(_segments(path))): path for path in self._methods if "{" not in path}
        self._with_parameters = [(path, _folded(_segments(path))) for path in sorted(self._methods) if "{" in path]

    def match(self, method: str, path: str) -> Match[Target]:
        """Route ``method`` and ``path``, with ``HEAD`` as ``GET``.

        The path is percent-encoded, and decoded once. A trailing slash makes no difference.

        Raises:
            Problem: ``no-such-route``, ``method-not-allowed`` with ``Allow``, or ``invalid-parameter`` for OData's
                ``/$count`` (rule 13.3).
        """
        segments = [unquote(segment) for segment in _segments(path)]
        route, parameters = self._find(segments)
        methods = self._methods[route]
        wanted = "GET" if method == "HEAD" else method
        if wanted not in methods:
            allowed = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
            detail = f"This address supports only {allowed}."
            raise Problem(METHOD_NOT_ALLOWED, detail, headers={"Allow": allowed})
        return Match(methods[wanted], route, parameters)

    def literal(self, method: str, path: str) -> Match[Target] | None:
        """Return the match of a route without parameters, over which no other wins, if there is one."""
        segments = [unquote(segment) for segment in _segments(path)]
        route = self._literal.get(tuple(_folded(segments)), "")
        target = self._methods.get(route, {}).get(method)
        return Match(target, route, {}) if target else None

    def _find(self, segments: Sequence[str]) -> tuple[str, Mapping[str, str]]:
        folded = _folded(segments)
        if route := self._literal.get(tuple(folded)):
            return route, {}
        for route, pattern in self._with_parameters:
            parameters: dict[str, str] = {}
            if len(pattern) == len(segments) and all(
                _matches(one, literal, sent, parameters)
                for one, literal, sent in zip(pattern, folded, segments, strict=True)
            ):
                return route, parameters
        if segments[-1].lower() == "$count" and folded[0] == "api":
            detail = "OData's /$count is not supported. Follow the links of the list, and count its entries."
            raise Problem(INVALID_PARAMETER, detail)
        raise Problem(NO_SUCH_ROUTE, "The API has no such path.")


def _segments(path: str) -> Sequence[str]:
    return path.removeprefix("/").removesuffix("/").split("/")


def _folded(segments: Sequence[str]) -> Sequence[str]:
    return [segment.lower() for segment in segments] if segments[0].lower() == "api" else segments


def _matches(pattern: str, folded: str, sent: str, parameters: dict[str, str]) -> bool:
    """Return whether a segment, case-folded and as sent, matches ``pattern``, and add its parameter."""
    before, opened, rest = pattern.partition("{")
    if not opened:
        return folded == pattern
    name, _, after = rest.partition("}")
    if folded == "$count":  # reserved by OData, and never a parameter
        return False
    if not (folded.startswith(before) and folded.endswith(after) and len(folded) > len(before) + len(after)):
        return False
    parameters[name] = sent[len(before) : len(sent) - len(after)]
    return True
