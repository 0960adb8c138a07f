"""Print `template.yaml` as SAM translates it for CloudFormation, so that checks see every resource.

Run this in SAM's own environment: `.local/sam/bin/python tools/translated_template.py`. With `--cases` it reads a JSON
list of `{"template": …, "parameters": {…}}` from standard input instead, and prints the list of their translations.
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
    """A stub for the names of AWS's own policies. The template uses none of them."""

    def load(self) -> dict[str, str]:
        return {}


def translated(template: dict[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Translate a template with the ``chosen`` parameters, and with defaults for the others.

    Each folder of code gets an address in S3, as with `sam deploy`.
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
    """Translate the template, or the cases on standard input, and print the result as JSON."""
    os.environ["AWS_DEFAULT_REGION"] = REGION
    logging.disable(logging.WARNING)  # SAM warns about feature toggles that only AWS sets
    if "--cases" in sys.argv:
        print(json.dumps([translated(case["template"], case["parameters"]) for case in json.load(sys.stdin)]))
    else:
        print(json.dumps(translated(yaml_parse(TEMPLATE.read_text()), {}), indent=1))


if __name__ == "__main__":
    main()
