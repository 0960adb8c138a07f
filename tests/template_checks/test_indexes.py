"""A stack that exists gets one index for each of two deployments, because CloudFormation makes one at a time."""

import json
import subprocess
from typing import Any

import pytest

from tools.template import ROOT, tables, template


def resolved(value: Any, both: bool) -> Any:
    """What CloudFormation makes of a property where the condition holds, or does not."""
    if isinstance(value, list):
        parts = [resolved(part, both) for part in value]
        return [part for part in parts if part != {"Ref": "AWS::NoValue"}]
    if isinstance(value, dict) and "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        assert condition == "HasChangeIndex"
        return resolved(yes if both else no, both)
    return value


def deployed(indexes: str) -> dict[str, Any]:
    """The tasks table as SAM hands it to CloudFormation, with the parameter at this value."""
    case = {"template": template(), "parameters": {"TasksTableIndexes": indexes}}
    command = [str(ROOT / ".local/sam/bin/python"), str(ROOT / "tools/translated_template.py"), "--cases"]
    done = subprocess.run(command, input=json.dumps([case]), capture_output=True, text=True, check=True)
    [translated] = json.loads(done.stdout)
    condition = translated["Conditions"]["HasChangeIndex"]
    assert condition in ({"Fn::Equals": [{"Ref": "TasksTableIndexes"}, "both"]}, {"Fn::Equals": [indexes, "both"]})
    properties = translated["Resources"]["TasksTable"]["Properties"]
    return {name: resolved(value, indexes == "both") for name, value in properties.items()}


@pytest.mark.parametrize(("indexes", "expected"), [("by_number", ["by_number"]), ("both", ["by_number", "by_change"])])
def test_a_deployment_has_the_indexes_that_its_parameter_names(indexes: str, expected: list[str]) -> None:
    table = deployed(indexes)
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == expected
    keys = [table["KeySchema"], *(index["KeySchema"] for index in table["GlobalSecondaryIndexes"])]
    used = {part["AttributeName"] for key in keys for part in key}
    assert {attribute["AttributeName"] for attribute in table["AttributeDefinitions"]} == used


def test_each_update_adds_one_index_and_changes_nothing_else() -> None:
    first, second = deployed("by_number"), deployed("both")
    differing = {name for name in second if first[name] != second[name]}
    assert differing == {"AttributeDefinitions", "GlobalSecondaryIndexes"}
    assert len(second["GlobalSecondaryIndexes"]) - len(first["GlobalSecondaryIndexes"]) == 1
    assert second["GlobalSecondaryIndexes"][:1] == first["GlobalSecondaryIndexes"]


def test_a_new_stack_has_both() -> None:
    assert template()["Parameters"]["TasksTableIndexes"]["Default"] == "both"
    [table] = [table for table in tables() if table["TableName"] == "TasksTable"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by_number", "by_change"]
