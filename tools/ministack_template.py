"""Adapt the built template to MiniStack. Every difference is listed here with its reason."""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from tools.template import read


def write(template: Path) -> Path:
    """Write the adapted template beside ``template``, so that relative paths hold, and return its path."""
    written = template.with_name("ministack.json")
    written.write_text(json.dumps(deployable(read(template))))
    return written


def deployable(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of ``template`` without the settings that MiniStack cannot read.

    Raises:
        KeyError: the template no longer has one of those settings, so this function is out of date.
    """
    copied: dict[str, Any] = deepcopy(dict(template))
    # MiniStack has no CodeDeploy, and refuses a template that uses it.
    del copied["Globals"]["Function"]["DeploymentPreference"]
    # It supports neither X-Ray's sampling rules nor metric math, and fails on them.
    for name in ("Traces", "WritesThrottled", "EventsSilent", "FunctionsThrottled"):
        del copied["Resources"][name]
    for resource in copied["Resources"].values():
        resource.get("Properties", {}).pop("DeploymentPreference", None)
        for event in resource.get("Properties", {}).get("Events", {}).values():
            # SAM refuses the setting of a route if the API has none.
            event["Properties"].get("Auth", {}).pop("ApiKeyRequired", None)
    api = copied["Resources"]["Api"]["Properties"]
    # MiniStack reads usage keys from the header X-Api-Key and not from what the authorizer returns.
    del api["Auth"]["ApiKeyRequired"]
    # CloudFormation requires an escaped slash in a media type, and MiniStack a plain one.
    api["BinaryMediaTypes"] = ["*/*"]
    return copied
