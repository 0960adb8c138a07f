"""`make replay-events`, on its good days and its bad ones."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from moto import mock_aws

from tests.api import BETA
from tests.events import record
from tests.exactly_once.database import Database, tables_at
from tests.lists.board import Board
from tools import replay_events
from tools.replay_events import NotReplayedError, Result
from tools.template import ROOT

LAMBDA_TAKES = 6 * 1024 * 1024
"""The bytes of a synchronous call's payload (Lambda's quotas)."""

client: Any = boto3.client("dynamodbstreams", region_name="eu-west-1")


class Stream:
    """In place of a client: one shard, of which the records with smaller numbers than ``trimmed`` are gone."""

    exceptions = client.exceptions

    def __init__(self, numbers: range, *, trimmed: int = 0, size: int = 1, is_open: bool = False) -> None:
        self._records = [
            {"dynamodb": {"SequenceNumber": f"{number}", "NewImage": "x" * size}}
            for number in numbers
            if number >= trimmed
        ]
        self._trimmed = trimmed
        self._open = is_open
        self.pages = 0

    def get_shard_iterator(self, **asked: str) -> dict[str, str]:
        """An iterator is the place of the next record."""
        assert asked["ShardId"] != "over"
        if asked["ShardId"] == "beside":
            return {"ShardIterator": str(len(self._records))}
        if asked["ShardId"] != "shard":
            self._raise("ResourceNotFoundException")
        if asked["ShardIteratorType"] == "TRIM_HORIZON":
            return {"ShardIterator": "0"}
        if int(asked["SequenceNumber"]) < self._trimmed:
            self._raise("TrimmedDataAccessException")
        before = [each for each in self._records if _number(each) < int(asked["SequenceNumber"])]
        return {"ShardIterator": str(len(before))}

    def describe_stream(self, **asked: str) -> dict[str, Any]:
        """A shard on each page: two that do not have what is asked for, one of them open, and the one that has."""
        pages: dict[str, tuple[str, dict[str, str]]] = {
            "": ("over", {"StartingSequenceNumber": "0", "EndingSequenceNumber": "0"}),
            "over": ("beside", {"StartingSequenceNumber": "0", "EndingSequenceNumber": "1000"}),
            "beside": ("shard", {"StartingSequenceNumber": "1"}),
        }
        name, numbers = pages[asked.get("ExclusiveStartShardId", "")]
        more = {} if name == "shard" else {"LastEvaluatedShardId": name}
        return {"StreamDescription": {"Shards": [{"ShardId": name, "SequenceNumberRange": numbers}], **more}}

    def get_records(self, *, ShardIterator: str) -> dict[str, Any]:  # noqa: N803 - botocore's own name
        """A page of two records; an open shard goes on without end."""
        self.pages += 1
        found = self._records[int(ShardIterator) :][:2]
        following = int(ShardIterator) + len(found)
        ended = following == len(self._records) and not self._open
        return {"Records": found, **({} if ended else {"NextShardIterator": str(following)})}

    def _raise(self, code: str) -> None:
        raise getattr(self.exceptions, code)({"Error": {"Code": code, "Message": "gone"}}, "GetRecords")


class Bus:
    """Publishes, but for records that it refuses."""

    def __init__(self, *refused: int, down: bool = False) -> None:
        self.refused = refused
        self.down = down
        self.payloads: list[bytes] = []
        self.published: list[int] = []

    def __call__(self, payload: bytes) -> None:
        """In place of a call of the function."""
        self.payloads.append(payload)
        records = json.loads(payload)["Records"]
        assert all(each["eventSourceARN"] for each in records), "its epoch is in there"
        numbers = [_number(each) for each in records]
        if self.down or set(numbers) & set(self.refused):
            raise NotReplayedError("PublishEvents failed; its log line says why.")
        self.published += numbers


def _number(each: dict[str, Any]) -> int:
    return int(each["dynamodb"]["SequenceNumber"])


@dataclass(frozen=True)
class DeadLetters:
    """The dead-letter queue."""

    client: Any
    url: str

    def add(self, body: str) -> None:
        """Put a message into it."""
        self.client.send_message(QueueUrl=self.url, MessageBody=body)

    def give_up(self, first: object, last: object, shard: str = "shard", stream: str = "arn") -> None:
        """Put a place into it, as Lambda does."""
        place = {"startSequenceNumber": f"{first}", "endSequenceNumber": f"{last}", "shardId": shard}
        self.add(json.dumps({"DDBStreamBatchInfo": place | {"streamArn": stream, "batchSize": 3}}))

    def replay(self, streams: Any, publish: Callable[[bytes], None]) -> Result:
        """Replay what it has."""
        return replay_events.replay(self.client, self.url, streams, publish)

    def waiting(self) -> int:
        """Count the messages that anybody would receive now."""
        names: Any = ["ApproximateNumberOfMessages"]
        return int(self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"][names[0]])


@pytest.fixture
def dead_letters(aws_environment: pytest.MonkeyPatch) -> Iterator[DeadLetters]:
    """An empty queue."""
    with mock_aws():
        queues = boto3.client("sqs")
        yield DeadLetters(queues, queues.create_queue(QueueName="dead")["QueueUrl"])


def test_12_3_a_place_in_the_dead_letter_queue_is_replayed_and_deleted(dead_letters: DeadLetters) -> None:
    bus = Bus()
    dead_letters.give_up(3, 7)
    assert dead_letters.replay(Stream(range(1, 10)), bus) == Result(replayed=1)
    assert bus.published == [3, 4, 5, 6, 7]
    assert dead_letters.waiting() == 0


@pytest.fixture(scope="module")
def engine(dynamodb_endpoint: str) -> Iterator[Database]:
    """The template's tables in DynamoDB Local, which has a stream to read; moto has none."""
    with tables_at(dynamodb_endpoint) as database:
        Board(database.client(), database.tasks_table, BETA).add(range(1, 6))
        yield database


def test_12_3_a_real_stream_is_replayed(engine: Database, dead_letters: DeadLetters) -> None:
    streams, named = record.stream_of(engine)
    numbers = [each["dynamodb"]["SequenceNumber"] for each in record.records(engine)[1:4]]
    dead_letters.give_up(numbers[0], numbers[-1], named["ShardId"], named["StreamArn"])
    bus = Bus()
    assert dead_letters.replay(streams, bus) == Result(replayed=1)
    assert bus.published == [int(number) for number in numbers]


def set_aside(number: int) -> str:
    """The message with which the function puts a record aside."""
    place = {"streamArn": "arn", "startSequenceNumber": f"{number}", "endSequenceNumber": f"{number}"}
    return json.dumps({"DDBStreamBatchInfo": place})


@pytest.mark.parametrize("is_open", [False, True])
def test_12_3_a_record_that_the_function_put_aside_is_found_and_replayed(
    dead_letters: DeadLetters, *, is_open: bool
) -> None:
    dead_letters.add(set_aside(5))
    bus = Bus()
    assert dead_letters.replay(Stream(range(1, 10), is_open=is_open), bus) == Result(replayed=1)
    assert bus.published == [5]
    assert dead_letters.waiting() == 0


def test_12_3_a_record_that_was_put_aside_and_is_gone_is_reported(dead_letters: DeadLetters) -> None:
    dead_letters.add(set_aside(5))
    assert dead_letters.replay(Stream(range(1, 10), trimmed=6), Bus()) == Result(gone=1)


def test_12_3_a_real_record_that_was_put_aside_is_replayed(engine: Database, dead_letters: DeadLetters) -> None:
    streams, named = record.stream_of(engine)
    number = record.records(engine)[2]["dynamodb"]["SequenceNumber"]
    body = json.loads(set_aside(int(number)))
    body["DDBStreamBatchInfo"] |= {"streamArn": named["StreamArn"]}
    dead_letters.add(json.dumps(body))
    bus = Bus()
    assert dead_letters.replay(streams, bus) == Result(replayed=1)
    assert bus.published == [int(number)]


def test_12_3_while_the_bus_is_down_each_place_is_tried_once_and_kept(
    dead_letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where messages can be received again before all of them have been tried."""
    for number in range(1, 13):
        dead_letters.give_up(number, number)
    calls = count()
    received = dead_letters.client.receive_message

    def receive(**asked: Any) -> Any:
        call = next(calls)
        assert call < 40, "it goes on for ever"
        return received(**asked | {"VisibilityTimeout": 0 if call < 20 else 900, "WaitTimeSeconds": 0})

    monkeypatch.setattr(dead_letters.client, "receive_message", receive)
    bus = Bus(down=True)
    assert dead_letters.replay(Stream(range(1, 13)), bus) == Result(left=12)
    assert len(bus.payloads) == 12
    assert dead_letters.waiting() == 12


@pytest.mark.parametrize(
    "body", ["no place", "[]", "{}", '{"DDBStreamBatchInfo": null}', '{"DDBStreamBatchInfo": {"shardId": "shard"}}']
)
def test_12_3_a_bad_place_stops_no_other(
    dead_letters: DeadLetters, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    dead_letters.give_up(1, 2)
    dead_letters.add(body)
    dead_letters.give_up("x", "y")
    dead_letters.give_up(5, 6)
    dead_letters.give_up(3, 4)
    bus = Bus(5)
    assert dead_letters.replay(Stream(range(1, 10)), bus) == Result(replayed=2, left=3)
    assert sorted(bus.published) == [1, 2, 3, 4]
    assert dead_letters.waiting() == 3
    assert capsys.readouterr().out.count(" stays in the queue: it is not a position in a stream.") == 2


def test_12_3_a_place_that_the_stream_refuses_stops_no_other(
    dead_letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead_letters.give_up(1, 2)
    dead_letters.give_up(3, 4)
    stream = Stream(range(1, 10))
    answers = iter([Exception, None])
    ask = stream.get_shard_iterator

    def refuse_first(**asked: str) -> Any:
        if next(answers):
            raise client.exceptions.InternalServerError({"Error": {"Code": "x", "Message": "x"}}, "GetShardIterator")
        return ask(**asked)

    monkeypatch.setattr(stream, "get_shard_iterator", refuse_first)
    assert dead_letters.replay(stream, Bus()) == Result(replayed=1, left=1)


def test_12_3_what_is_left_of_a_place_is_replayed(
    dead_letters: DeadLetters, capsys: pytest.CaptureFixture[str]
) -> None:
    dead_letters.give_up(3, 7)
    bus = Bus()
    assert dead_letters.replay(Stream(range(1, 10), trimmed=6), bus) == Result(replayed=1)
    assert bus.published == [6, 7]
    assert "has lost its first records" in capsys.readouterr().out
    assert dead_letters.waiting() == 0


@pytest.mark.parametrize(
    ("trimmed", "shard"), [(8, "shard"), (10, "shard"), (0, "lost")], ids=["its records", "all records", "the shard"]
)
def test_12_3_a_place_whose_records_are_gone_is_reported_once_and_removed(
    dead_letters: DeadLetters, capsys: pytest.CaptureFixture[str], trimmed: int, shard: str
) -> None:
    dead_letters.give_up(3, 7, shard)
    bus = Bus()
    assert dead_letters.replay(Stream(range(1, 10), trimmed=trimmed), bus) == Result(gone=1)
    assert not bus.payloads
    [line] = capsys.readouterr().out.splitlines()
    assert "is removed: the stream has lost its records" in line
    assert dead_letters.waiting() == 0


def test_12_3_a_shard_that_shows_no_records_is_not_read_for_ever(dead_letters: DeadLetters) -> None:
    dead_letters.give_up(3, 7)
    stream = Stream(range(1, 1), trimmed=5, is_open=True)
    assert dead_letters.replay(stream, Bus()) == Result(left=1)
    assert stream.pages == replay_events.EMPTY_PAGES


def test_12_3_a_payload_is_one_that_lambda_takes(dead_letters: DeadLetters) -> None:
    """A hundred records, each with two images of an item: 80 MB."""
    dead_letters.give_up(1, 100)
    bus = Bus()
    assert dead_letters.replay(Stream(range(1, 101), size=800_000), bus) == Result(replayed=1)
    assert bus.published == list(range(1, 101))
    assert max(map(len, bus.payloads)) <= LAMBDA_TAKES
    assert len(bus.payloads) < 20


def test_12_3_a_record_that_fails_holds_up_no_other_payload_of_its_place(dead_letters: DeadLetters) -> None:
    dead_letters.give_up(1, 9)
    bus = Bus(1)
    stream = Stream(range(1, 10), size=2_400_000)
    assert dead_letters.replay(stream, bus) == Result(left=1)
    assert bus.published == [3, 4, 5, 6, 7, 8, 9]


def test_what_is_left_can_be_received_at_once_after_an_interruption(dead_letters: DeadLetters) -> None:
    dead_letters.give_up(1, 1)
    dead_letters.give_up(2, 2)

    def interrupt(payload: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dead_letters.replay(Stream(range(1, 3)), interrupt)
    assert dead_letters.waiting() == 2


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "AWS does not accept your credentials ("),
        ({"AWS_PROFILE": "no-such-profile"}, "AWS does not accept your credentials ("),
    ],
)
def test_without_credentials_one_line_says_so(tmp_path: Path, environment: dict[str, str], said: str) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", "tools.replay_events", "--stack", "task-api"],
        cwd=ROOT,
        env=inherited | {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert not done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(said)


@pytest.mark.parametrize(
    ("region", "said"), [(None, "You must specify a region."), ("eu-west-1", "Stack with id task-api does not exist")]
)
def test_without_a_region_or_a_stack_one_line_says_so(
    aws_environment: pytest.MonkeyPatch, region: str | None, said: str
) -> None:
    aws_environment.setattr(sys, "argv", ["replay_events", "--stack", "task-api"])
    if region is None:
        aws_environment.delenv("AWS_DEFAULT_REGION")
    with mock_aws(), pytest.raises(SystemExit, match=said) as ended:
        replay_events.main()
    assert len(str(ended.value).splitlines()) == 1


@pytest.fixture
def stack(dead_letters: DeadLetters, aws_environment: pytest.MonkeyPatch) -> Callable[[list[Any]], None]:
    """Makes a stack whose outputs name the queue and a function, and gives the function its answers."""

    def make(answers: list[Any]) -> None:
        outputs = {"UndeliveredEventsUrl": dead_letters.url, "PublishEventsName": "publish:live"}
        body = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        boto3.client("cloudformation").create_stack(StackName="task-api", TemplateBody=json.dumps(body))
        aws_environment.setattr(sys, "argv", ["replay_events", "--stack", "task-api"])
        functions = Mock()
        functions.invoke.side_effect = answers
        others = {"dynamodbstreams": Stream(range(1, 10)), "lambda": functions}
        made = boto3.client
        aws_environment.setattr(boto3, "client", lambda name, **more: others.get(name) or made(name, **more))

    return make


def test_the_places_of_a_stack_are_replayed_by_its_function(
    dead_letters: DeadLetters, stack: Callable[[list[Any]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    dead_letters.give_up(1, 2)
    stack([{"StatusCode": 200, "Payload": BytesIO(b'{"batchItemFailures": []}')}])
    replay_events.main()
    assert capsys.readouterr().out == "1 replayed; 0 removed, because their records are gone; 0 left.\n"


@pytest.mark.parametrize(
    "answer",
    [{"FunctionError": "Unhandled"}, {"Payload": BytesIO(b'{"batchItemFailures": [{"itemIdentifier": "2"}]}')}],
    ids=["as a whole", "for one record"],
)
def test_a_function_that_fails_leaves_the_place_and_fails_the_command(
    dead_letters: DeadLetters,
    stack: Callable[[list[Any]], None],
    capsys: pytest.CaptureFixture[str],
    answer: dict[str, Any],
) -> None:
    dead_letters.give_up(1, 2)
    stack([{"StatusCode": 200, **answer}])
    with pytest.raises(SystemExit) as ended:
        replay_events.main()
    assert ended.value.code == 1
    left, summary = capsys.readouterr().out.splitlines()
    assert left.endswith(" stays in the queue: PublishEvents failed; its log line says why.")
    assert summary == "0 replayed; 0 removed, because their records are gone; 1 left."
