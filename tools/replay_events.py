"""`make replay-events`: puts the events on the bus whose places in the stream are in the dead-letter queue.

docs/events.md says when.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.account import account, outputs_of

HIDDEN_SECONDS = 900
"""How long nobody else receives a message that we deal with; a place of 100 records takes less."""

LARGEST_PAYLOAD = 5_000_000
"""The most bytes of records that go into one call. Lambda takes 6 MB, and no record is larger than five."""

EMPTY_PAGES = 100
"""How many pages without a record are read in a row, since the end of a shard that is still written to never comes."""

type Publish = Callable[[bytes], None]


class NotReplayedError(Exception):
    """A place stays in the queue, for the reason that the message gives."""


class Result(NamedTuple):
    """How many places were replayed, how many were removed because their records are gone, and how many are left."""

    replayed: int = 0
    gone: int = 0
    left: int = 0


def replay(queues: Any, url: str, streams: Any, publish: Publish) -> Result:
    """Try once to replay every place that the queue has, and print what became of those that were not.

    ``publish`` calls the function with a payload and raises where it does not succeed. A message is deleted when all
    records of its place that are still there have been published, or none is there any more. The others can be received
    again when this returns or raises.
    """
    replayed = gone = 0
    seen: set[str] = set()
    left: dict[str, str] = {}
    try:
        # One message at a time, so that each is hidden for as long as its own place takes.
        while found := queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=1, VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=1
        ).get("Messages"):
            [message] = found
            name, handle = message["MessageId"], message["ReceiptHandle"]
            if name in seen:
                left |= {name: handle} if name in left else {}
                continue
            seen.add(name)
            left[name] = handle
            try:
                published = _replay_place(streams, message, publish)
                queues.delete_message(QueueUrl=url, ReceiptHandle=handle)
            except (BotoCoreError, ClientError, NotReplayedError) as error:
                print(f"Message {name} stays in the queue: {error}")
            else:
                del left[name]
                replayed += published
                gone += not published
    finally:
        for handle in left.values():
            with suppress(BotoCoreError, ClientError):
                queues.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return Result(replayed, gone, len(left))


def _replay_place(streams: Any, message: dict[str, Any], publish: Publish) -> bool:
    """Publish the records of a place, and return whether any was still there."""
    place = _Place.of(message["Body"])
    records = _records(streams, place)
    oldest = next(records, None)
    if oldest is None:
        print(f"Message {message['MessageId']} is removed: the stream has lost its records, which it keeps for a day.")
        return False
    if _number(oldest) > int(place.first):
        print(f"Message {message['MessageId']} has lost its first records, which the stream keeps for a day.")
    failures = []
    for payload in _payloads(chain([oldest], records)):
        try:
            publish(payload)
        except NotReplayedError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return True


@dataclass(frozen=True)
class _Place:
    """The records of a shard from ``first`` to ``last``, which are sequence numbers."""

    stream: str
    shard: str | None
    """The shard's id. A place that ``PublishEvents`` put aside has none, because no record names its shard."""
    first: str
    last: str

    @classmethod
    def of(cls, body: str) -> Self:
        """Read what Lambda sends to the queue of a mapping that gives up a batch, or ``PublishEvents`` of a record."""
        try:
            told = json.loads(body)["DDBStreamBatchInfo"]
            place = cls(
                stream=told["streamArn"],
                shard=told.get("shardId"),
                first=told["startSequenceNumber"],
                last=told["endSequenceNumber"],
            )
            int(place.first), int(place.last)
        except (KeyError, TypeError, ValueError) as error:
            raise NotReplayedError("it is no place in a stream.") from error
        return place

    def has(self, record: dict[str, Any]) -> bool:
        """Return whether a record of the shard is one of the place."""
        return int(self.first) <= _number(record) <= int(self.last)


def _records(streams: Any, place: _Place) -> Iterator[dict[str, Any]]:
    """Yield the records of the place that the stream still has. Some may come twice."""
    exceptions = streams.exceptions
    try:
        if place.shard is None:
            yield from _find(streams, place)
            return
        yield from _read(streams, place, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=place.first)
    except exceptions.TrimmedDataAccessException:
        # A shard loses its records one by one, the oldest first, and is itself gone in the end.
        with suppress(exceptions.ResourceNotFoundException):
            yield from _read(streams, place, ShardIteratorType="TRIM_HORIZON")
    except exceptions.ResourceNotFoundException:
        return


def _read(streams: Any, place: _Place, **start: str) -> Iterator[dict[str, Any]]:
    named = {"StreamArn": place.stream, "ShardId": place.shard}
    iterator = streams.get_shard_iterator(**named, **start)["ShardIterator"]
    empty = 0
    while iterator:
        page = streams.get_records(ShardIterator=iterator)
        empty = 0 if page["Records"] else empty + 1
        if empty == EMPTY_PAGES:
            raise NotReplayedError("the stream does not show its records now.")
        for record in filter(place.has, page["Records"]):
            # Lambda adds this, from which an event gets its epoch.
            yield record | {"eventSourceARN": place.stream}
        if page["Records"] and _number(page["Records"][-1]) >= int(place.last):
            return
        iterator = page.get("NextShardIterator")


def _find(streams: Any, place: _Place) -> Iterator[dict[str, Any]]:
    """Yield the records of a place that names no shard.

    Shards that are written to at the same time have numbers from one range, so several may have to be read.
    """
    hidden = None
    for shard in _shards(streams, place):
        try:
            found = list(_read(streams, replace(place, shard=shard), ShardIteratorType="TRIM_HORIZON"))
        except NotReplayedError as error:
            hidden = error
            continue
        if found:
            yield from found
            return
    if hidden:
        raise hidden


def _shards(streams: Any, place: _Place) -> Iterator[str]:
    """Yield the shards whose range of sequence numbers has the first of the place."""
    more: dict[str, str] = {}
    while True:
        told = streams.describe_stream(StreamArn=place.stream, **more)["StreamDescription"]
        for shard in told["Shards"]:
            numbers = shard["SequenceNumberRange"]
            last = numbers.get("EndingSequenceNumber", place.first)
            if int(numbers["StartingSequenceNumber"]) <= int(place.first) <= int(last):
                yield shard["ShardId"]
        if not (name := told.get("LastEvaluatedShardId")):
            return
        more = {"ExclusiveStartShardId": name}


def _number(record: dict[str, Any]) -> int:
    return int(record["dynamodb"]["SequenceNumber"])


def _payloads(records: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the records as events that Lambda takes."""
    parts: list[bytes] = []
    for record in records:
        # A record's time comes as a datetime, and the function does not look at it.
        part = json.dumps(record, default=str, ensure_ascii=False).encode()
        if parts and sum(map(len, parts)) + len(part) > LARGEST_PAYLOAD:
            yield _event(parts)
            parts = []
        parts.append(part)
    if parts:
        yield _event(parts)


def _event(records: list[bytes]) -> bytes:
    return b'{"replayed": true, "Records": [' + b",".join(records) + b"]}"


def main() -> None:
    """Replay the places in the queue of a stack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", required=True, help="the stack's name")
    name = parser.parse_args().stack
    account()
    try:
        result = _replay_stack(name)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The events of {name} were not replayed: {error}")
    except KeyError as error:
        sys.exit(f"The events of {name} were not replayed: the stack has no output {error}.")
    print(f"{result.replayed} replayed; {result.gone} removed, because their records are gone; {result.left} left.")
    if result.left:
        sys.exit(1)


def _replay_stack(name: str) -> Result:
    outputs = outputs_of(boto3.client("cloudformation"), name)
    url, function = outputs["UndeliveredEventsUrl"], outputs["PublishEventsName"]
    functions = boto3.client("lambda")

    def publish(payload: bytes) -> None:
        answer = functions.invoke(FunctionName=function, Payload=payload)
        if "FunctionError" in answer or json.load(answer["Payload"])["batchItemFailures"]:
            raise NotReplayedError("PublishEvents failed; its log line says why.")

    return replay(boto3.client("sqs"), url, boto3.client("dynamodbstreams"), publish)


if __name__ == "__main__":
    main()
