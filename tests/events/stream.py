"""The tasks table's stream for tests of the history: what writes put there, delivered as a test wants it."""

from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from servicedesk.store import keys

from tests.api import Api, Context
from tests.events.bus import EPOCH, Bus, stream_arn


@dataclass
class Stream:
    """The records of a company's tasks.

    It compares each task with what it was when it was last looked at, so a test looks after each write.
    """

    api: Api
    company: str
    epoch: str = EPOCH
    bus: Bus = field(default_factory=Bus)
    _images: dict[str, Any] = field(default_factory=dict)
    _number: int = 0

    @property
    def table(self) -> dict[str, Any]:
        """The argument that names the tasks table."""
        return {"TableName": self.api.api.stores.tasks._table}

    def item(self, task_id: str) -> Any:
        """The task's item."""
        key = keys.task(self.company, task_id)
        return self.api.api.client.get_item(**self.table, Key=key, ConsistentRead=True)["Item"]

    def written(self, task_id: str) -> Any:
        """The record of the write that was just made to a task."""
        new, old = self.item(task_id), self._images.get(task_id)
        self._images[task_id] = new
        self._number += 1
        change = {"Keys": keys.task(self.company, task_id), "NewImage": new, "SequenceNumber": f"{self._number:021}"}
        return {"eventSourceARN": stream_arn(self.epoch), "dynamodb": change | ({"OldImage": old} if old else {})}

    def deliver(self, *records: Any) -> dict[str, Any]:
        """Call the function with records, and return its answer."""
        with patch.object(self.api.publish_events.bus, "_client", self.bus):
            answer: dict[str, Any] = self.api.publish_events.lambda_handler({"Records": list(records)}, Context())
        return answer

    def entries(self) -> list[str]:
        """The sort keys of the entries that the table has of the company."""
        found = self.api.api.client.query(
            **self.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :history)",
            ExpressionAttributeValues={":pk": {"S": keys.partition(self.company)}, ":history": {"S": "HISTORY#"}},
            ConsistentRead=True,
        )["Items"]
        return [item["sk"]["S"] for item in found]
