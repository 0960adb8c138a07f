"""`make replay-events`: puts the events on the bus whose places in the stream are in the dead-letter queue.

docs/events.md says when.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3

HIDDEN_SECONDS = 120
"""How long a message stays away from others, and from us, while its records are replayed."""

type Publish = Callable[[dict[str, Any]], bool]


def replay(queues: Any, url: str, streams: Any, publish: Publish) -> tuple[int, int]:
    """Replay every place that the queue has; return how many were replayed, and how many are still in the queue.

    ``publish`` calls the function with an event and says whether it succeeded. A message is deleted after that.
    """
    replayed = left = 0
    while messages := queues.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=1
    ).get("Messages"):
        for message in messages:
            try:
                records = list(_records(streams, json.loads(message["Body"])["DDBStreamBatchInfo"]))
            except streams.exceptions.TrimmedDataAccessException:
                print("A place is older than 24 hours, and its records are gone from the stream.")
                records = []
            if records and publish({"Records": records}):
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                replayed += 1
            else:
                left += 1
    return replayed, left


def _records(streams: Any, place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the records from a place's first to its last."""
    iterator = streams.get_shard_iterator(
        StreamArn=place["streamArn"],
        ShardId=place["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=place["startSequenceNumber"],
    )["ShardIterator"]
    last = int(place["endSequenceNumber"])
    while iterator:
        page = streams.get_records(ShardIterator=iterator)
        for record in page["Records"]:
            if int(record["dynamodb"]["SequenceNumber"]) > last:
                return
            yield record
            if int(record["dynamodb"]["SequenceNumber"]) == last:
                return
        iterator = page.get("NextShardIterator")


def main() -> None:
    """Replay the places in the queue of a stack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", required=True, help="the stack's name")
    [stack] = boto3.client("cloudformation").describe_stacks(StackName=parser.parse_args().stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    functions = boto3.client("lambda")

    def publish(event: dict[str, Any]) -> bool:
        # A record's time comes as a datetime, and the function does not look at it.
        payload = json.dumps(event, default=str).encode()
        answer = functions.invoke(FunctionName=outputs["PublishEventsName"], Payload=payload)
        return "FunctionError" not in answer

    sqs, streams = boto3.client("sqs"), boto3.client("dynamodbstreams")
    replayed, left = replay(sqs, outputs["UndeliveredEventsUrl"], streams, publish)
    print(f"{replayed} replayed; {left} are still in the queue.")


if __name__ == "__main__":
    main()
