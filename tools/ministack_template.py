"""The built template as MiniStack can deploy it: what it differs in is listed here, each with its reason."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

_API = ("Resources", "Api", "Properties")

ANY = "*"
"""Stands in a way for everything there that has the property."""

LEFT_OUT: Mapping[tuple[str, ...], str] = {
    ("Globals", "Function", "DeploymentPreference"): "MiniStack has no CodeDeploy and refuses templates that name it.",
    ("Resources", ANY, "Properties", "DeploymentPreference"): "As above: each function adds its own alarm.",
    (*_API, "Auth", "ApiKeyRequired"): "MiniStack reads usage keys from X-Api-Key, not from what the authorizer says.",
    (
        "Resources",
        ANY,
        "Properties",
        "Events",
        ANY,
        "Properties",
        "Auth",
        "ApiKeyRequired",
    ): "As above: SAM refuses a route's own where the API has none.",
}
"""The way to each property that is left out, and why."""

REPLACED: Mapping[tuple[str, ...], tuple[object, str]] = {
    (*_API, "BinaryMediaTypes"): (["*/*"], "CloudFormation wants the slash escaped, MiniStack takes it as it stands."),
}
"""The way to each property that has another value, that value, and why."""


def write(template: Path) -> Path:
    """Write what MiniStack can deploy beside ``template``, so that relative paths hold, and return its path."""
    written = template.with_name("ministack.json")
    written.write_text(json.dumps(deployable(cfn_yaml.load(str(template)))))
    return written


def deployable(template: Mapping[str, Any]) -> dict[str, Any]:
    """``template``, except for what ``LEFT_OUT`` and ``REPLACED`` say.

    Raises:
        KeyError: something of that is not in the template, and the list is out of date.
    """
    copied: dict[str, Any] = deepcopy(dict(template))
    for way in LEFT_OUT:
        for holder in _holders(copied, way):
            del holder[way[-1]]
    for way, (value, _) in REPLACED.items():
        for holder in _holders(copied, way):
            holder[way[-1]] = value
    return copied


def _holders(template: dict[str, Any], way: Sequence[str]) -> list[dict[str, Any]]:
    """Return what holds the property at the end of ``way``, once for each resource where the way has ``ANY``."""
    found = [template]
    for step in way[:-1]:
        inner = [value for holder in found for value in (holder.values() if step == ANY else [holder.get(step)])]
        found = [value for value in inner if isinstance(value, dict)]
    found = [holder for holder in found if way[-1] in holder]
    if not found:
        raise KeyError(way)
    return found
