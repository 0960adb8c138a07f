"""Least privilege: what every role has, and nothing that widens it."""

from collections.abc import Iterator
from typing import Any

from tests.template_checks.conftest import Translated

GATEWAY = "arn:${AWS::Partition}:apigateway:${AWS::Region}::"
TASKS = "TasksTable.Arn"
EVERY_USAGE_KEY = f"{GATEWAY}/apikeys/*"
"""API Gateway chooses the id of a usage key, so no role can name it."""

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


def of_functions(translated: Translated) -> dict[str, list[tuple[str, str]]]:
    """The pairs of each function's own role."""
    roles = translated.properties("AWS::IAM::Role")
    return {
        name: [
            pair
            for policy in roles[f"{name}Role"].get("Policies", [])
            for pair in permissions(policy["PolicyDocument"])
        ]
        for name in translated.properties("AWS::Lambda::Function")
    }


def test_a_role_has_the_signals_and_where_it_writes_tasks_the_switch(translated: Translated) -> None:
    """tests/stack/test_wiring.py compares its own policies with the calls of its function."""
    for name, pairs in of_functions(translated).items():
        assert len(pairs) == len(set(pairs))
        writes = {action for action, resource in pairs if resource == TASKS} & WRITES
        # While the table is closed, the stream's last records still have to get into the history and on the bus.
        switch = [{"Ref": "WritersPolicy"}] if writes and name != "PublishEvents" else []
        role = translated.properties("AWS::IAM::Role")[f"{name}Role"]
        assert role["ManagedPolicyArns"] == [{"Ref": "SignalsPolicy"}, *switch]


def test_lambda_may_read_the_stream_and_no_more(translated: Translated) -> None:
    """It does so itself, with the function's role, where no test of the function sees it."""
    policies = translated.properties("AWS::IAM::Role")["PublishEventsRole"]["Policies"]
    [mapping] = [policy["PolicyDocument"] for policy in policies if policy["PolicyName"] == "mapping"]
    reading = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    assert set(permissions(mapping)) == {(f"dynamodb:{action}", "TasksTable.StreamArn") for action in reading}


def test_an_update_of_the_tasks_table_is_limited_to_attributes(translated: Translated) -> None:
    """DynamoDB tells IAM the key's attributes and those that an update's expressions name (dynamodb:Attributes)."""
    for role in translated.properties("AWS::IAM::Role").values():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                on_tasks = any("TasksTable" in named(resource) for resource in as_list(statement["Resource"]))
                limited = on_tasks and "dynamodb:UpdateItem" in as_list(statement["Action"])
                assert ("Condition" in statement) == limited
                if limited:
                    attributes = statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]
                    assert {"pk", "sk"} < set(attributes)


def test_every_function_has_the_role_of_its_name(translated: Translated) -> None:
    for name, properties in translated.properties("AWS::Lambda::Function").items():
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
    allowed = {pair for pairs in of_functions(translated).values() for pair in pairs}
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
        **{f"{function}Role": "lambda.amazonaws.com" for function in of_functions(translated)},
        "ApiGatewayLogRole": "apigateway.amazonaws.com",
        "CodeDeployServiceRole": ["codedeploy.amazonaws.com"],
    }


def test_functions_are_invoked_by_this_api_only(translated: Translated) -> None:
    invoked = translated.properties("AWS::Lambda::Permission")
    for permission in invoked.values():
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert permission["SourceArn"]["Fn::Sub"][1]["__ApiId__"] == {"Ref": "Api"}
    assert not [name for name in invoked if name.startswith(("OnboardCompany", "EraseCompany", "PublishEvents"))]
