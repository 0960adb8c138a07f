"""The dead-letter queue: positions of undelivered records in the tasks table's stream (docs/events.md)."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from servicedesk.domain.faults import UndeliveredError
from servicedesk.store import dynamodb


class UndeliveredEvents:
    """One queue, by its URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None

    def add(self, record: Mapping[str, Any]) -> None:
        """Put the position of a record into the queue, in the form that Lambda uses for a batch that it gives up.

        A record does not name its shard, so the position has none. It contains nothing of the task.

        Raises:
            UndeliveredError: the queue did not accept it.
        """
        number = record["dynamodb"]["SequenceNumber"]
        place = {"streamArn": record["eventSourceARN"], "startSequenceNumber": number, "endSequenceNumber": number}
        # Hardly any invocation needs this client, so a cold start does not wait for it.
        self._client = self._client or boto3.client("sqs", config=dynamodb.config())
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps({"DDBStreamBatchInfo": place}))
        except (ClientError, BotoCoreError) as error:
            raise UndeliveredError("The dead-letter queue did not accept a record's position.") from error
