"""Least privilege: each role's whole list, and nothing that widens it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.template_checks.conftest import Translated
from tools.template import resources

GATEWAY = "arn:${AWS::Partition}:apigateway:${AWS::Region}::"
TASKS, KEYS = "TasksTable.Arn", "KeysTable.Arn"
INDEXES = [index["IndexName"] for index in resources("AWS::DynamoDB::Table")["TasksTable"]["GlobalSecondaryIndexes"]]
STREAM = "TasksTable.StreamArn"
EVERY_USAGE_KEY = f"{GATEWAY}/apikeys/*"
"""API Gateway chooses the id of a usage key, so no role can name it."""
ALLOWED = {
    "ApiFunction": {
        *((f"dynamodb:{action}", TASKS) for action in ("GetItem", "BatchGetItem", "PutItem", "UpdateItem")),
        ("dynamodb:Query", TASKS),
        *(("dynamodb:Query", f"${{TasksTable.Arn}}/index/{index}") for index in INDEXES),
    },
    "DescribeApi": set(),
    "Authorizer": {("dynamodb:GetItem", KEYS)},
    "OnboardCompany": {
        *((f"dynamodb:{action}", table) for action in ("GetItem", "UpdateItem", "PutItem") for table in (TASKS, KEYS)),
        ("apigateway:GET", f"{GATEWAY}/apikeys"),
        ("apigateway:POST", f"{GATEWAY}/apikeys"),
        ("apigateway:POST", f"{GATEWAY}/usageplans/${{CompanyPlan}}/keys"),
        ("dynamodb:BatchGetItem", KEYS),
        ("dynamodb:Scan", TASKS),
        ("dynamodb:UpdateItem", "${TasksTable.Arn}-restored"),
    },
    "PublishEvents": {
        ("events:PutEvents", "TaskEvents.Arn"),
        ("dynamodb:GetItem", TASKS),
        ("dynamodb:UpdateItem", TASKS),
        *(
            (f"dynamodb:{action}", STREAM)
            for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
        ),
        ("sqs:SendMessage", "UndeliveredEvents.Arn"),
    },
    "EraseCompany": {
        *((f"dynamodb:{action}", TASKS) for action in ("Query", "BatchWriteItem")),
        *((f"dynamodb:{action}", KEYS) for action in ("GetItem", "BatchGetItem", "UpdateItem", "DeleteItem")),
        ("apigateway:GET", f"{GATEWAY}/apikeys"),
        ("apigateway:DELETE", EVERY_USAGE_KEY),
    },
}
UPDATED = {
    "OnboardCompany": {"last_id2"},
    "PublishEvents": {
        *("type", "date", "epoch", "contact_id", "key_id", "changed", "previous", "current", "omitted"),
    },
    "ApiFunction": {
        *("last_id2", "version", "actor", "task_list", "fields", "remark", "modified_dateutc"),
        *("customer_reference", "reference_back_office", "to_id_in_table"),
    },
}
"""The attributes of the tasks table that each function's updates name, apart from those of the key."""

SIGNALS = {
    ("logs:CreateLogStream", "FunctionLogs.Arn"),
    ("logs:PutLogEvents", "FunctionLogs.Arn"),
    ("xray:PutTraceSegments", "*"),
    ("xray:PutTelemetryRecords", "*"),
}


WRITES = {f"dynamodb:{action}" for action in ("BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem")}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def named(resource: Any) -> str:
    """Return a resource of a statement as one text."""
    if isinstance(resource, str):
        return resource
    [(function, value)] = resource.items()
    if function == "Fn::If":
        return named(value[2])
    return ".".join(value) if function == "Fn::GetAtt" else str(value)


def permissions(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the (action, resource) pairs that a policy allows."""
    for statement in document["Statement"]:
        assert set(statement) - {"Condition"} == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            yield from ((action, named(resource)) for resource in as_list(statement["Resource"]))


@pytest.mark.parametrize("function", ALLOWED)
def test_a_role_allows_what_its_function_needs(translated: Translated, function: str) -> None:
    role = translated.properties("AWS::IAM::Role")[f"{function}Role"]
    found = [pair for policy in role.get("Policies", []) for pair in permissions(policy["PolicyDocument"])]
    assert set(found) == ALLOWED[function]
    assert len(found) == len(set(found))
    writes = {action for action, resource in found if resource == TASKS} & WRITES
    # While the table is closed, the stream's last records still have to get into the history and on the bus.
    switch = [{"Ref": "WritersPolicy"}] if writes and function != "PublishEvents" else []
    assert role["ManagedPolicyArns"] == [{"Ref": "SignalsPolicy"}, *switch]


def test_an_update_of_the_tasks_table_is_limited_to_attributes(translated: Translated) -> None:
    """DynamoDB tells IAM the key's attributes and those that an update's expressions name (dynamodb:Attributes)."""
    limited: dict[str, set[str]] = {}
    for name, role in translated.properties("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                on_tasks = any("TasksTable" in named(resource) for resource in as_list(statement["Resource"]))
                if on_tasks and "dynamodb:UpdateItem" in as_list(statement["Action"]):
                    attributes = set(statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"])
                    assert attributes >= {"pk", "sk"}
                    limited.setdefault(name.removesuffix("Role"), set()).update(attributes - {"pk", "sk"})
                else:
                    assert "Condition" not in statement
    assert limited == UPDATED


def test_every_function_has_the_role_of_its_name(translated: Translated) -> None:
    functions = translated.properties("AWS::Lambda::Function")
    assert functions.keys() == ALLOWED.keys()
    for name, properties in functions.items():
        assert properties["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}


def test_signals_go_to_the_log_group_and_to_x_ray(translated: Translated) -> None:
    policy = translated.properties("AWS::IAM::ManagedPolicy")["SignalsPolicy"]
    assert set(permissions(policy["PolicyDocument"])) == SIGNALS


def test_one_policy_closes_the_tasks_table_to_every_function_that_writes_tasks(translated: Translated) -> None:
    """It has no effect until an operator takes its condition away."""
    [statement] = translated.properties("AWS::IAM::ManagedPolicy")["WritersPolicy"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert set(statement["Action"]) == WRITES
    assert named(statement["Resource"]) == TASKS
    assert statement["Condition"] == {"DateGreaterThan": {"aws:CurrentTime": "9999-12-31T00:00:00Z"}}
    allowed = {pair for function in ALLOWED for pair in ALLOWED[function]}
    reading = {"BatchGetItem", "GetItem", "Query", "Scan"}
    assert {action for action, resource in allowed if resource == TASKS} <= WRITES | {
        f"dynamodb:{one}" for one in reading
    }


def test_hardly_anything_is_a_pattern(translated: Translated) -> None:
    """X-Ray has no resources to name, and a usage key has no name before it exists."""
    roles = translated.properties("AWS::IAM::Role").values()
    documents = [policy["PolicyDocument"] for role in roles for policy in role.get("Policies", [])]
    documents.append(translated.properties("AWS::IAM::ManagedPolicy")["SignalsPolicy"]["PolicyDocument"])
    patterns = {pair for document in documents for pair in permissions(document) if "*" in "".join(pair)}
    assert patterns == {
        ("apigateway:DELETE", EVERY_USAGE_KEY),
        ("xray:PutTraceSegments", "*"),
        ("xray:PutTelemetryRecords", "*"),
    }


def test_a_role_is_assumed_by_its_service_only(translated: Translated) -> None:
    services = {
        name: statement["Principal"]["Service"]
        for name, role in translated.properties("AWS::IAM::Role").items()
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    }
    assert services == {
        **{f"{function}Role": "lambda.amazonaws.com" for function in ALLOWED},
        "ApiGatewayLogRole": "apigateway.amazonaws.com",
        "CodeDeployServiceRole": ["codedeploy.amazonaws.com"],
    }


def test_functions_are_invoked_by_this_api_only(translated: Translated) -> None:
    invoked = translated.properties("AWS::Lambda::Permission")
    for permission in invoked.values():
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert permission["SourceArn"]["Fn::Sub"][1]["__ApiId__"] == {"Ref": "Api"}
    assert not [name for name in invoked if name.startswith(("OnboardCompany", "EraseCompany", "PublishEvents"))]
