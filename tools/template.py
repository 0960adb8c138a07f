"""Read `template.yaml`: the tables to create, and the environment of each function."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]


@cache
def template() -> dict[str, Any]:
    """Return the template with intrinsic functions in their long form."""
    return read(ROOT / "template.yaml")


def read(path: Path) -> dict[str, Any]:
    """Return the template in a file, with intrinsic functions in their long form."""
    return parse(path.read_text())


def parse(text: str) -> dict[str, Any]:
    """Parse the text of a template.

    cfn-lint's parser does the same, but importing it costs every command and every test process 2.5 seconds of CPU
    time, most of it for sympy and networkx. aws-sam-translator's needs an older pydantic than the functions.
    """
    loaded: dict[str, Any] = yaml.load(text, _Reader)  # noqa: S506 - it constructs only plain data
    return loaded


class _Reader(yaml.SafeLoader):
    """A YAML loader that knows CloudFormation's short forms, such as `!Ref`."""

    def long_form(self, suffix: str, node: yaml.Node) -> dict[str, Any]:
        value: Any
        match node:
            case yaml.ScalarNode():
                value = self.construct_scalar(node)
            case yaml.SequenceNode():
                value = self.construct_sequence(node, deep=True)
            case yaml.MappingNode():
                value = self.construct_mapping(node, deep=True)
        if suffix == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Reader.add_multi_constructor("!", _Reader.long_form)


@cache
def translated() -> dict[str, Any]:
    """Return SAM's translation of the template, with every parameter at its default."""
    command = [str(ROOT / ".local/sam/bin/python"), str(ROOT / "tools/translated_template.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of one type by their logical ids."""
    return {
        name: resource["Properties"] for name, resource in template()["Resources"].items() if resource["Type"] == kind
    }


def tables() -> list[dict[str, Any]]:
    """Return the arguments of `create_table` for each table, which gets its logical id as its name."""
    taken = ("AttributeDefinitions", "KeySchema", "BillingMode")
    return [
        {"TableName": name}
        | {key: properties[key] for key in taken if key in properties}
        | _indexes(properties)
        | _stream(properties)
        for name, properties in resources("AWS::DynamoDB::Table").items()
    ]


def _indexes(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a table's indexes as arguments of `create_table`."""
    taken = ("IndexName", "KeySchema", "Projection")
    indexes = [{name: index[name] for name in taken} for index in properties.get("GlobalSecondaryIndexes", ())]
    return {"GlobalSecondaryIndexes": indexes} if indexes else {}


def _stream(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a table's stream as an argument of `create_table`, which has one more member than CloudFormation's."""
    specification = properties.get("StreamSpecification")
    return {"StreamSpecification": {"StreamEnabled": True} | specification} if specification else {}


def buses() -> list[str]:
    """Return the name of each event bus, which is its logical id."""
    return list(resources("AWS::Events::EventBus"))


def environment(function: str) -> dict[str, str]:
    """Return the environment variables of a function, with every parameter at its default and tables by logical id."""
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = resources("AWS::Serverless::Function")[function].get("Environment", {}).get("Variables", {})
    resolved = {name: _resolve(value) for name, value in (shared | own).items()}
    return {name: value for name, value in resolved.items() if value is not None}


def _resolve(value: Any) -> str | None:
    if not isinstance(value, dict):
        return str(value)
    if "Fn::If" in value:
        # Every condition tests whether an optional parameter is set, and by default none is.
        return _resolve(value["Fn::If"][2])
    if "Fn::GetAtt" in value:
        return ".".join(value["Fn::GetAtt"])
    name = value["Ref"]
    if name == "AWS::NoValue":
        return None
    parameter = template().get("Parameters", {}).get(name)
    return str(parameter["Default"]) if parameter else str(name)
