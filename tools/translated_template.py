"""Print `template.yaml` as CloudFormation gets it, for the checks that look at every resource that SAM makes of it.

Runs in SAM's own environment: `.local/sam/bin/python tools/translated_template.py`. With `--cases` it reads a JSON list
of `{"template": …, "parameters": {…}}` on standard input instead and prints the list of their translations.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
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


def translated(template: dict[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the translation of a template, each parameter at its default where nothing else is chosen.

    Folders of code that nobody has uploaded get an address in S3, as `sam deploy` would give them one.
    """
    for resource in template["Resources"].values():
        for name in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            if not resource["Properties"][name].startswith("s3://"):
                resource["Properties"][name] = "s3://bucket/key"
    defaults = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    parameters = {**defaults, **chosen, "AWS::Region": REGION}
    result: dict[str, Any] = transform(template, parameters, _NoManagedPolicies())
    return result


def main() -> None:
    """Translate what is asked for and print it as JSON."""
    os.environ["AWS_DEFAULT_REGION"] = REGION
    logging.disable(logging.WARNING)  # of feature toggles that only AWS sets
    if "--cases" in sys.argv:
        print(json.dumps([translated(case["template"], case["parameters"]) for case in json.load(sys.stdin)]))
    else:
        print(json.dumps(translated(yaml_parse(TEMPLATE.read_text()), {}), indent=1))


if __name__ == "__main__":
    main()
