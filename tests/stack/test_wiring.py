"""Only a deployment of `template.yaml` shows how its parts find each other and what each of them may do."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from servicedesk.domain.task import CHANGEABLE_FIELDS, Task
from servicedesk.store import task_items
from servicedesk.store.api_keys import KeyStore
from servicedesk.store.task_lists import REFERENCE_INDEXES
from servicedesk.store.tasks import TaskStore
from servicedesk.store.usage_plan import UsagePlan

from tests.integration.test_events import EXPECTED
from tests.stack import environment_names
from tests.stack.client import Stack
from tests.stack.deployment import Deployment
from tools import demo
from tools.local_stack import MINISTACK, REGION, LocalStack
from tools.template import ROOT, resources, tables, template

FUNCTIONS = resources("AWS::Serverless::Function")


ROUTES = [
    (name, route["Method"], route["Path"])
    for name, function in FUNCTIONS.items()
    for route in (entry["Properties"] for entry in function.get("Events", {}).values() if entry["Type"] == "Api")
    if route.get("Auth", {}).get("Authorizer") != "NONE"
]
"""Those that need a key: tests/stack/test_published.py calls the others."""

REFERENCE = "df39fee8-721c-4c83-9fe2-6403dce36537"
"""A value for each of the fields with an index of their own."""

MAPPING = "mapping"
"""The policy by which Lambda, not the function, reads the stream and writes to the dead-letter queue."""


# ---- Routes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "method", "path"), ROUTES)
def test_a_route(deployment: Deployment, stack: Stack, function: str, method: str, path: str) -> None:
    """It reaches its function with a key, and no function without one."""
    address = path.replace("{proxy+}", "tasks")
    body = b'{"subject": "Printer on fire"}' if method == "POST" else None
    answer = stack.alpha.send(method, address, body, Content_Type="application/json")
    request_id = answer.headers["X-Request-Id"]
    logged = deployment.stack.client("logs").filter_log_events(
        logGroupName=deployment.function(function)["LoggingConfig"]["LogGroup"], filterPattern=f'"{request_id}"'
    )
    lines = [json.loads(entry["message"]) for entry in logged["events"]]
    told = [line for line in lines if line.get("request_id") == request_id and "level" in line]
    assert {line["function_name"] for line in told} == {deployment.physical[function]}, answer
    assert all(line["extended_request_id"] for line in told)
    assert stack.stranger.send(method, address, body, Content_Type="application/json").status == 401


# ---- The environment ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_environment_has_exactly_what_is_read(deployment: Deployment, function: str) -> None:
    read = environment_names.read_by(ROOT / str(FUNCTIONS[function]["CodeUri"]) / "app.py")
    given = set(deployment.function(function)["Environment"]["Variables"])
    assert read <= given, "read, but not in the template"
    assert given - read <= environment_names.read_by_libraries(), "in the template, but nobody reads it"


def test_a_name_that_is_not_literal_is_found(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import os\nname = 'A'\nvalue = os.environ[name]\n")
    with pytest.raises(ValueError, match="line 3"):
        environment_names.read_by(tmp_path / "app.py")


# ---- Permissions ----------------------------------------------------------------------------------------------------


def calls_of(deployment: Deployment, function: str) -> bool:
    """Call a function in each way that `events/` has, for a new company, and return whether every call worked."""
    company = demo.Company("WIRING", str(uuid4()), str(uuid4()))
    names = dict(zip(demo.FIXTURE_KEYS, (uuid4().hex[:16] for _ in demo.FIXTURE_KEYS), strict=True))
    names[demo.ALPHA.company_id] = company.company_id
    keys = KeyStore(deployment.stack.client("dynamodb"), deployment.physical["KeysTable"])
    demo.add_fixture_keys(keys, company, [names[key_id] for key_id in demo.FIXTURE_KEYS])
    _onboard(deployment, company.company_id)
    folder = str(FUNCTIONS[function]["CodeUri"]).rpartition("/")[2]
    # A company has two live keys: one is revoked before a new one is issued.
    fixtures = sorted((name for name in EXPECTED if EXPECTED[name][0] == folder), key=lambda name: name != "revoke_key")
    texts = [(ROOT / f"events/{fixture}.json").read_text() for fixture in fixtures]
    if folder == "onboard_company":
        texts.append(json.dumps({"action": "onboard", "company_id": str(uuid4())}))
        _make_restored_table(deployment)
        texts.append(json.dumps({"action": "raise_numbers"}))
    if folder == "api":
        change = json.loads((ROOT / "events/update_task.json").read_text())
        number = _create_task(deployment, company.company_id, change["path"].rpartition("/")[2])
        texts.append(json.dumps(change | {"pathParameters": {"proxy": f"tasks/{number}"}}))
        # Before another fixture clears the references, and the remark, which no index has.
        listed = json.loads((ROOT / "events/list_tasks.json").read_text())
        for name in REFERENCE_INDEXES:
            condition = {"$filter": f"{name} eq '{REFERENCE}'"}
            several = {option: [value] for option, value in condition.items()}
            looked_up = {"queryStringParameters": condition, "multiValueQueryStringParameters": several}
            texts.insert(0, json.dumps(listed | looked_up))
    if folder == "publish_events":
        # Those of another stream than the table's would be of before a restore, and write no history.
        records = [
            each | {"eventSourceARN": deployment.stack.outputs["TasksStreamArn"]}
            for each in json.loads(texts[0])["Records"]
        ]
        broken = json.loads(json.dumps(records[1]))
        broken["dynamodb"]["NewImage"]["pk"] = {"S": "COMPANY#no guid"}
        # The change alone, because the function fails only where nothing of a batch was taken.
        texts = [json.dumps({"Records": batch}) for batch in (records, records[2:], [broken])]
    if folder == "erase_company":
        # The fixture's company is closed; this one was closed long ago, and goes.
        closed = demo.Company("CLOSED", str(uuid4()), str(uuid4()))
        key_id = uuid4().hex[:16]
        demo.add_fixture_keys(keys, closed, [key_id])
        keys.revoke(closed.company_id, key_id, long_ago := "2026-01-01T00:00:00.0000000")
        keys.close(closed.company_id, long_ago)
        _onboard(deployment, closed.company_id)
        confirmed = {"company_id": closed.company_id, "company_id_again": closed.company_id}
        texts.append(json.dumps({"action": "erase_company"} | confirmed))
    known = re.compile("|".join(names))
    answers = (deployment.invoke(function, json.loads(known.sub(lambda name: names[name[0]], text))) for text in texts)
    return all("errorType" not in answer and _status(answer) < 500 for answer in answers)


def _onboard(deployment: Deployment, company_id: str) -> None:
    """Onboard a company without a function, so that MiniStack records none doing it."""
    TaskStore(deployment.stack.client("dynamodb"), deployment.physical["TasksTable"]).start_numbers_at(company_id, 1)
    plan = UsagePlan(deployment.stack.client("apigateway"), deployment.physical["CompanyPlan"])
    plan.include(company_id)


def _create_task(deployment: Deployment, company_id: str, task_id: str) -> int | None:
    """Create a task by our own hand, with no field at the value that a fixture of a change gives it; its number."""
    at = "2026-06-24T03:56:41.4578039"
    said: dict[str, Any] = dict.fromkeys(CHANGEABLE_FIELDS, at) | dict.fromkeys(REFERENCE_INDEXES, REFERENCE)
    said |= {"id": task_id, "company_id": company_id, "remark": "x" * (task_items.SHORT_REMARK_BYTES + 1)}
    task = Task.model_construct(
        **said, archived=False, created_by_servicedesk_api=True, date_create=at, modified_dateutc=at
    )
    store = TaskStore(deployment.stack.client("dynamodb"), deployment.physical["TasksTable"])
    return store.create(task, {}).task.id2


def _make_restored_table(deployment: Deployment) -> None:
    [table] = [table for table in tables() if table["TableName"] == "TasksTable"]
    client = deployment.stack.client("dynamodb")
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(**table | {"TableName": f"{deployment.physical['TasksTable']}-restored"})


def _status(answer: Mapping[str, Any]) -> int:
    return int(answer.get("statusCode") or answer.get("status") or 200)


def policies_of(deployment: Deployment, function: str) -> dict[str, list[dict[str, Any]]]:
    """Return a role's own statements by policy, one for each action and resource."""
    client = deployment.stack.client("iam")
    role = deployment.role(function)
    found = {}
    for name in set(client.list_role_policies(RoleName=role)["PolicyNames"]) - {MAPPING}:
        document = client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        found[name] = [
            statement | {"Action": action, "Resource": resource}
            for statement in _as_list(document["Statement"])
            for action in _as_list(statement["Action"])
            for resource in _as_list(statement["Resource"])
        ]
    return found


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _put(deployment: Deployment, function: str, policy: str, statements: Sequence[Mapping[str, Any]]) -> None:
    deployment.stack.client("iam").put_role_policy(
        RoleName=deployment.role(function),
        PolicyName=policy,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_what_its_function_does(deployment: Deployment, function: str) -> None:
    before = {recorded["eventID"] for recorded in _recorded(deployment.stack)}
    assert calls_of(deployment, function)
    recorded = [recorded for recorded in _recorded(deployment.stack) if recorded["eventID"] not in before]
    made = {action for call in recorded for action in _actions(call)}
    if function != "PublishEvents":
        made.discard("events:PutEvents")  # Lambda calls that function by itself whenever a task is written.
    statements = [statement for policy in policies_of(deployment, function).values() for statement in policy]
    assert {statement["Action"] for statement in statements} == made
    assert {statement["Effect"] for statement in statements} <= {"Allow"}
    for statement in statements:
        if limit := statement.get("Condition"):
            table = statement["Resource"].rpartition("/")[2]
            updates = [call["requestParameters"] for call in recorded if call["eventName"] == "UpdateItem"]
            # As above: what Lambda lets PublishEvents write is not this function's.
            of_history = function == "PublishEvents"
            updates = [one for one in updates if str(one["Key"].get("sk")).count("HISTORY#") == of_history]
            named = set().union(*(_attributes(update) for update in updates if update["TableName"] == table))
            assert named == set(limit["ForAllValues:StringEquals"]["dynamodb:Attributes"])


def _attributes(update: Mapping[str, Any]) -> set[str]:
    """Return the attributes that IAM sees of an update: those of the key and the first of each path."""
    expressions = f"{update['UpdateExpression']} {update.get('ConditionExpression', '')}"
    words = set(re.findall(r"(?<![:.#\w])#?[A-Za-z_]\w*(?![\w(])", expressions))
    words -= {"SET", "ADD", "REMOVE", "DELETE", "AND", "OR", "NOT"}
    return {update.get("ExpressionAttributeNames", {}).get(word, word) for word in words} | set(update["Key"])


def test_attributes_are_found_in_expressions() -> None:
    update = {
        "Key": {"pk": {"S": "x"}},
        "UpdateExpression": "SET a = if_not_exists(b, :c), #d.e = :f ADD g :one",
        "ConditionExpression": "attribute_not_exists(h) OR NOT h < :last",
        "ExpressionAttributeNames": {"#d": "date"},
    }
    assert _attributes(update) == {"pk", "a", "b", "date", "g", "h"}


CALLS = (
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem"),
    *("TransactWriteItems", "PutEvents", "GET.apigateway", "POST.apigateway", "DELETE.apigateway", "SendMessage"),
)
"""The names of calls that are looked up one by one, because MiniStack shows only the 50 newest of each answer."""


def _recorded(stack: LocalStack) -> Iterator[dict[str, Any]]:
    """Yield the newest recorded calls except ours, which are those of the account's root."""
    client = stack.client("cloudtrail")
    found = client.lookup_events()["Events"]
    for name in CALLS:
        wanted = [{"AttributeKey": "EventName", "AttributeValue": name}]
        found += client.lookup_events(LookupAttributes=wanted)["Events"]
    for recorded in {event["EventId"]: json.loads(event["CloudTrailEvent"]) for event in found}.values():
        if recorded["userIdentity"]["accessKeyId"] != "test":
            yield recorded


def _actions(recorded: Mapping[str, Any]) -> Iterator[str]:
    service = recorded["eventSource"].partition(".")[0]
    steps = [f"{step}Item" for item in recorded["requestParameters"].get("TransactItems", []) for step in item]
    # API Gateway's actions are HTTP methods; MiniStack records them as `POST.apigateway`.
    for action in steps or [recorded["eventName"].removesuffix(f".{service}")]:
        yield f"{service}:{action}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_needs_all_that_its_role_allows(deployment: Deployment, function: str) -> None:
    for policy, statements in policies_of(deployment, function).items():
        try:
            for left_out in statements:
                _put(deployment, function, policy, [*statements, left_out | {"Effect": "Deny"}])
                assert not calls_of(deployment, function), f"nobody misses {left_out}"
        finally:
            _put(deployment, function, policy, statements)
    assert calls_of(deployment, function)


# ---- Layers ---------------------------------------------------------------------------------------------------------

PROBE = """
import importlib

def lambda_handler(names, _context):
    return {name: importlib.import_module(name).__file__ for name in names}
"""


def test_packages_come_from_the_layers(deployment: Deployment) -> None:
    configurations = [deployment.function(function) for function in FUNCTIONS]
    [layers] = {tuple(layer["Arn"] for layer in configuration["Layers"]) for configuration in configurations}
    packages = ["servicedesk.domain.task", "pydantic", "aws_lambda_powertools"]
    with _probe(deployment, configurations[0]["Role"], layers) as probe:
        answer = probe(packages)
        files = json.load(answer["Payload"])
        assert "FunctionError" not in answer, files
        for file in files.values():
            assert not Path(file).is_relative_to(MINISTACK.parents[1].resolve())
            assert not Path(file).is_relative_to(ROOT)


def test_without_its_layer_the_package_is_nowhere(deployment: Deployment) -> None:
    with _probe(deployment, deployment.function("ApiFunction")["Role"], []) as probe:
        answer = probe(["servicedesk.domain.task"])
    assert "No module named 'servicedesk'" in answer["Payload"].read().decode()


@contextmanager
def _probe(
    deployment: Deployment, role: str, layers: Sequence[str]
) -> Iterator[Callable[[Sequence[str]], dict[str, Any]]]:
    """Deploy a function with these layers that reports the files from which it imports modules."""
    client = deployment.stack.client("lambda")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", PROBE)
    name = f"probe-{uuid4()}"
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.lambda_handler",
        Role=role,
        Layers=layers,
        Code={"ZipFile": code.getvalue()},
    )
    try:
        yield lambda names: client.invoke(FunctionName=name, Payload=json.dumps(names).encode())
    finally:
        client.delete_function(FunctionName=name)


# ---- Outputs --------------------------------------------------------------------------------------------------------


def test_outputs_say_where_things_are(deployment: Deployment) -> None:
    outputs = deployment.stack.outputs
    assert set(outputs) == set(template()["Outputs"])
    client = deployment.stack.client("apigateway")
    [stage] = client.get_stages(restApiId=deployment.physical["Api"])["item"]
    host = f"{deployment.physical['Api']}.execute-api.{REGION}.amazonaws.com"
    assert outputs["ApiUrl"] == f"https://{host}/{stage['stageName']}"
    for output, logical_id in (
        ("OnboardCompanyName", "OnboardCompany"),
        ("EraseCompanyName", "EraseCompany"),
        ("TasksTableName", "TasksTable"),
        ("KeysTableName", "KeysTable"),
        ("FunctionLogsName", "FunctionLogs"),
        ("AccessLogsName", "AccessLogs"),
    ):
        assert outputs[output].split(":")[0] == deployment.physical[logical_id]
    assert outputs["DashboardUrl"].endswith(f"/{deployment.physical['Dashboard']}")
