"""What docs/events.md tells consumers and operators, tried."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import boto3
import pytest
from cfnlint.decode import cfn_yaml
from moto import mock_aws

from tests import dynamodb_local
from tests.api import ALPHA, BETA, Context
from tests.conftest import needs
from tests.events import record
from tests.events.bus import Bus, behind, version_of
from tests.events.record import OLD_TASK, TASK
from tests.exactly_once.database import Database, tables_at
from tests.lists.board import Board
from tests.published.openapi import EVENT, validator
from tools import events, replay_events
from tools.template import ROOT

PAGE = (ROOT / "docs/events.md").read_text()


def blocks(language: str) -> list[str]:
    """The page's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


EXAMPLE, *PATTERNS = [json.loads(block) for block in blocks("json")]


def test_the_example_is_an_event() -> None:
    validator(EVENT).validate(EXAMPLE)
    detail = EXAMPLE["detail"]
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
                ("TaskCreated", OLD_TASK, 1),
                ("TaskReopened", TASK, 4),
                ("TaskChanged", OLD_TASK, 2),
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
    template = cfn_yaml.loads(blocks("yaml")[0])
    rules = [about["Properties"] for about in template["Resources"].values() if about["Type"] == "AWS::Events::Rule"]
    patterns = [rule["EventPattern"] for rule in rules]
    patterns.append(template["Resources"]["OnClosed"]["Properties"]["Events"]["Closed"]["Properties"]["Pattern"])
    assert [pattern["source"] for pattern in patterns] == [["servicedesk.tasks"]] * 3


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
    assert '#33  v2  "Printer on fire"  task_status_id, date_closed' in events.line(EXAMPLE)


# ---- The dead-letter queue ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DeadLetters:
    """A queue with the place of three records, and the stream that has them, between others."""

    url: str
    streams: Any
    records: list[Any]


@pytest.fixture(scope="module")
def engine() -> Iterator[Database]:
    """The template's tables in DynamoDB Local, which has a stream to read; moto has none."""
    needs("dynamodb-local")
    with dynamodb_local.start() as endpoint, tables_at(endpoint) as database:
        Board(database.client(), database.tasks_table, BETA).add(range(1, 6))
        yield database


@pytest.fixture
def dead_letters(engine: Database, aws_environment: pytest.MonkeyPatch) -> Iterator[DeadLetters]:
    """The place of the middle three of five creates."""
    streams, named = record.stream_of(engine)
    middle = record.records(engine)[1:4]
    first, last = (middle[place]["dynamodb"]["SequenceNumber"] for place in (0, -1))
    place = {"startSequenceNumber": first, "endSequenceNumber": last, "batchSize": len(middle)}
    place |= {"shardId": named["ShardId"], "streamArn": named["StreamArn"]}
    with mock_aws():
        queues = boto3.client("sqs")
        url = queues.create_queue(QueueName="dead")["QueueUrl"]
        queues.send_message(QueueUrl=url, MessageBody=json.dumps({"DDBStreamBatchInfo": place}))
        yield DeadLetters(url, streams, middle)


def sequence_numbers(records: list[Any]) -> list[str]:
    """What tells records from each other."""
    return [each["dynamodb"]["SequenceNumber"] for each in records]


def test_12_3_a_place_in_the_dead_letter_queue_is_replayed_and_deleted(dead_letters: DeadLetters) -> None:
    published: list[Any] = []

    def publish(event: dict[str, Any]) -> bool:
        published.append(event["Records"])
        return True

    queues = boto3.client("sqs")
    assert replay_events.replay(queues, dead_letters.url, dead_letters.streams, publish) == (1, 0)
    assert [sequence_numbers(records) for records in published] == [sequence_numbers(dead_letters.records)]
    assert _waiting(dead_letters.url) == 0


def test_12_3_what_still_fails_stays_in_the_queue(dead_letters: DeadLetters) -> None:
    queues = boto3.client("sqs")
    assert replay_events.replay(queues, dead_letters.url, dead_letters.streams, lambda _: False) == (0, 1)
    assert _waiting(dead_letters.url) == 1


def _waiting(url: str) -> int:
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, attributes.values()))
