"""The instructions of docs/events.md for consumers and operators, executed."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.api import ALPHA, FIELDS, Context
from tests.events.bus import Bus, behind, version_of
from tests.events.record import OTHER_TASK, TASK
from tests.published.openapi import EVENT, validator
from tools import events
from tools.template import ROOT, parse

PAGE = (ROOT / "docs/events.md").read_text()


def blocks(language: str) -> list[str]:
    """The page's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


EXAMPLE, *PATTERNS = [json.loads(block) for block in blocks("json")]


def test_the_example_is_an_event() -> None:
    detail = EXAMPLE["detail"]
    whole = dict.fromkeys(FIELDS) | detail["task"]
    validator(EVENT).validate(EXAMPLE | {"detail": detail | {"task": whole}})
    assert None not in detail["task"].values()
    assert list(detail["previous"]) == detail["changed"]
    assert all(detail["task"][name] != value for name, value in detail["previous"].items())


@pytest.fixture
def delivered(publish_events: ModuleType, recorded: list[Any]) -> Iterator[Callable[[Any], list[Any]]]:
    """Puts the recorded history on a bus with a rule, and returns what the rule's queue got."""
    bus = Bus()
    with behind(publish_events, bus):
        publish_events.lambda_handler({"Records": recorded}, Context())

    def deliver(pattern: Any) -> list[Any]:
        pattern = json.loads(json.dumps(pattern).replace("a1fa0000-0000-4000-8000-000000000001", ALPHA))
        client, queues = boto3.client("events"), boto3.client("sqs")
        url = queues.create_queue(QueueName="consumer")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        client.create_event_bus(Name="TaskEvents")
        client.put_rule(Name="rule", EventBusName="TaskEvents", EventPattern=json.dumps(pattern))
        client.put_targets(Rule="rule", EventBusName="TaskEvents", Targets=[{"Id": "queue", "Arn": arn}])
        for entry in bus.taken:
            client.put_events(Entries=[entry])  # type: ignore[list-item]
        found = [event for _ in range(2) for event in events.received(queues, url, 0)]
        return [(event["detail-type"], *version_of(event)[1:]) for event in found]

    with mock_aws():
        yield deliver


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            PATTERNS[0],
            [
                ("TaskCreated", TASK, 1),
                ("TaskChanged", TASK, 2),
                ("TaskClosed", TASK, 3),
                ("TaskCreated", OTHER_TASK, 1),
                ("TaskReopened", TASK, 4),
                ("TaskChanged", OTHER_TASK, 2),
            ],
        ),
        (PATTERNS[1], [("TaskClosed", TASK, 3)]),
        (PATTERNS[2], [("TaskChanged", TASK, 2)]),
    ],
    ids=["of one company", "only closed", "only due_date"],
)
def test_a_pattern_chooses_what_the_page_says(
    delivered: Callable[[Any], list[Any]], pattern: Any, expected: list[Any]
) -> None:
    assert delivered(pattern) == expected
    assert len(PATTERNS) == 3


def test_the_template_s_patterns_are_of_the_same_source() -> None:
    template = parse(blocks("yaml")[0])
    rules = [about["Properties"] for about in template["Resources"].values() if about["Type"] == "AWS::Events::Rule"]
    patterns = [rule["EventPattern"] for rule in rules]
    patterns.append(template["Resources"]["OnClosed"]["Properties"]["Events"]["Closed"]["Properties"]["Pattern"])
    assert [pattern["source"] for pattern in patterns] == [["servicedesk.tasks"]] * 3


def test_the_consumer_packages_what_the_runtime_lacks() -> None:
    [requirements] = blocks("text")
    packaged = {canonicalize_name(Requirement(line).name) for line in requirements.splitlines()}
    imported = set(re.findall(r"^(?:import|from) (\w+)", blocks("python")[0], re.MULTILINE)) - sys.stdlib_module_names
    assert {canonicalize_name(metadata.packages_distributions()[name][0]) for name in imported} == packaged


def test_a_consumer_deals_with_a_repeated_event_once(
    aws_environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws_environment.setenv("SEEN_TABLE", "seen")
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="seen",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        consumer: dict[str, Any] = {}
        exec(compile(blocks("python")[0], "docs/events.md", "exec"), consumer)
        other = EXAMPLE | {"detail": EXAMPLE["detail"] | {"event_id": "4fe830f1-9100-504c-94a1-ba764ac2faa4"}}
        for event in (EXAMPLE, EXAMPLE, other, EXAMPLE):
            consumer["lambda_handler"](event, Context())
    assert capsys.readouterr().out == "Closed: Printer on fire\n" * 2


def test_a_line_shows_an_event() -> None:
    assert events.line(EXAMPLE).startswith("2026-06-25T08:00:00Z  TaskClosed  a1fa0000-0000-4000-8000-000000000001")
    assert '#33  v2  "Printer on fire"  by key 0123456789abcdef  task_status_id, date_closed' in events.line(EXAMPLE)
    both, nobody = (
        EXAMPLE | {"detail": EXAMPLE["detail"] | {"actor": {"contact_id": contact, "key_id": key}}}
        for contact, key in (("c0", "k1"), (None, None))
    )
    assert "  by contact c0, key k1  " in events.line(both)
    assert "  by hand  " in events.line(nobody)
