"""Print `template.yaml` as CloudFormation gets it, for the checks that look at every resource that SAM makes of it.

Runs in SAM's own environment: `.local/sam/bin/python tools/translated_template.py`.
"""

import json
import logging
import os
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse  # type: ignore[import-not-found]
from samtranslator.translator.transform import transform  # type: ignore[import-not-found]

TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"
REGION = "eu-west-1"


class _NoManagedPolicies:
    """In place of a look-up of AWS's policies by name; the template names none."""

    def load(self) -> dict[str, str]:
        return {}


def translated() -> dict[str, Any]:
    """The translated template, every parameter at its default."""
    template = yaml_parse(TEMPLATE.read_text())
    for resource in template["Resources"].values():
        for name in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][name] = "s3://bucket/key"
    parameters = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    os.environ["AWS_DEFAULT_REGION"] = REGION
    logging.disable(logging.WARNING)  # of feature toggles that only AWS sets
    result: dict[str, Any] = transform(template, parameters | {"AWS::Region": REGION}, _NoManagedPolicies())
    return result


if __name__ == "__main__":
    print(json.dumps(translated(), indent=1))
