"""Replay the events of the dead-letter queue, whose messages name records of the stream (`make replay-events`).

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
"""The visibility timeout of a message in seconds; processing 100 records takes less."""

LARGEST_PAYLOAD = 5_000_000
"""The most bytes of records in one call. Lambda's limit is 6 MB, and no record is larger than five."""

EMPTY_PAGES = 100
"""The most empty pages to read in a row, because a shard that is still written to has no end."""

type Publish = Callable[[bytes], None]


class NotReplayedError(Exception):
    """Raised for a message that stays in the queue."""


class Result(NamedTuple):
    """The numbers of messages that were replayed, deleted because their records are gone, and left in the queue."""

    replayed: int = 0
    gone: int = 0
    left: int = 0


def replay(queues: Any, url: str, streams: Any, publish: Publish) -> Result:
    """Try once to replay every message of the queue, and print the failures.

    ``publish`` calls the function with a payload, and raises ``NotReplayedError`` if that fails. A message is deleted
    once all of its records that still exist have been published, or if none exists. The others are visible again when
    this returns or raises.
    """
    replayed = gone = 0
    seen: set[str] = set()
    left: dict[str, str] = {}
    try:
        # One message at a time, so that the visibility timeout of each covers its own processing.
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
    """Publish the records of a message, and return whether any still exists."""
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
    """The shard's id. Positions from ``PublishEvents`` have none, because no record names its shard."""
    first: str
    last: str

    @classmethod
    def of(cls, body: str) -> Self:
        """Parse a message that Lambda sends for a batch that it gives up, or ``PublishEvents`` for a record."""
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
            raise NotReplayedError("it is not a position in a stream.") from error
        return place

    def has(self, record: dict[str, Any]) -> bool:
        """Return whether a record of the shard is in this range."""
        return int(self.first) <= _number(record) <= int(self.last)


def _records(streams: Any, place: _Place) -> Iterator[dict[str, Any]]:
    """Yield the records of the place that the stream still has, possibly with duplicates."""
    exceptions = streams.exceptions
    try:
        if place.shard is None:
            yield from _find(streams, place)
            return
        yield from _read(streams, place, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=place.first)
    except exceptions.TrimmedDataAccessException:
        # A shard loses its records one by one, the oldest first, and finally disappears itself.
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
            raise NotReplayedError("the stream does not return its records now.")
        for record in filter(place.has, page["Records"]):
            # Lambda adds this member, which has the epoch of the event.
            yield record | {"eventSourceARN": place.stream}
        if page["Records"] and _number(page["Records"][-1]) >= int(place.last):
            return
        iterator = page.get("NextShardIterator")


def _find(streams: Any, place: _Place) -> Iterator[dict[str, Any]]:
    """Yield the records of a place that names no shard.

    Shards that are written to at the same time share a range of numbers, so several may need to be read.
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
    """Yield the shards whose range of sequence numbers includes the first of the place."""
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
    """Yield the records as payloads of Lambda's size."""
    parts: list[bytes] = []
    for record in records:
        # A record's time is a datetime, and the function ignores it.
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
    """Replay the dead-letter queue of a stack."""
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
