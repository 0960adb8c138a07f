"""The built template as MiniStack can deploy it: what it differs in is listed here, each with its reason."""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

_API = ("Resources", "Api", "Properties")

LEFT_OUT: Mapping[tuple[str, ...], str] = {
    ("Globals", "Function", "DeploymentPreference"): "MiniStack has no CodeDeploy and refuses templates that name it.",
    (*_API, "Auth", "ApiKeyRequired"): "MiniStack reads usage keys from X-Api-Key, not from what the authorizer says.",
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
    for *way, name in LEFT_OUT:
        del _holder(copied, way)[name]
    for (*way, name), (value, _) in REPLACED.items():
        _holder(copied, [*way, name])
        _holder(copied, way)[name] = value
    return copied


def _holder(template: dict[str, Any], way: list[str]) -> dict[str, Any]:
    for step in way:
        template = template[step]
    return template
