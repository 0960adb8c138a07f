"""The stack's EventBridge bus, which takes at most ten entries, and 1 MB, in one request."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from servicedesk.domain.faults import UndeliveredError
from servicedesk.store import dynamodb
from servicedesk.telemetry import record, timed

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

ENTRIES = 10
"""The most entries of one request (API reference of PutEvents)."""

LARGEST_ENTRY = 990_000
"""The most bytes of an entry, and of all entries of one request. PutEvents takes 1 MB of them. SQS and Lambda take as
much, but of the whole event, which has some 400 bytes around the entry (EventBridge User Guide, "Calculating PutEvents
event entry size")."""

SENDINGS = 3
"""How often one invocation sends an entry that the bus refuses, before it leaves the rest to the next invocation."""


class EventBus:
    """One bus, by its name."""

    def __init__(self, name: str, client: "EventBridgeClient | None" = None) -> None:
        self._name = name
        self._client = client or _client()

    def put(self, entries: Sequence["PutEventsRequestEntryTypeDef"], context: Any) -> None:
        """Put all ``entries`` on the bus, in their order but for those that the bus refuses at first.

        ``context`` is the invocation's, and tells how much time is left for requests.

        Raises:
            UndeliveredError: the bus did not take all of them, and says in ``delivered`` where it stopped. Some of the
                others may be on it: the same entries can be put again.
        """
        delivered = 0
        for batch in _batches(entries):
            waiting = list(range(len(batch)))
            try:
                self._put(batch, waiting, context)
            except UndeliveredError as error:
                error.delivered = delivered + waiting[0]
                raise
            delivered += len(batch)

    def _put(self, batch: Sequence["PutEventsRequestEntryTypeDef"], waiting: list[int], context: Any) -> None:
        """Send the entries of ``batch`` at the places in ``waiting``, which loses those that the bus takes."""
        codes: list[str] = []
        for _ in range(SENDINGS):
            if not dynamodb.has_time_for(1, context):
                raise UndeliveredError("There was no time to put all events on the bus.")
            answered = self._send([batch[place] for place in waiting])
            refused = [(place, code) for place, code in zip(waiting, answered, strict=True) if code]
            if not refused:
                return
            waiting[:], codes = [place for place, _ in refused], sorted({str(code) for _, code in refused})
        record(codes=codes)
        raise UndeliveredError("The bus refused events.")

    @timed("BusLatency")
    def _send(self, batch: Sequence["PutEventsRequestEntryTypeDef"]) -> Sequence[str | None]:
        """Send one request, and return the error code of each entry that the bus did not take."""
        try:
            answer = self._client.put_events(Entries=[{**entry, "EventBusName": self._name} for entry in batch])
        except (ClientError, BotoCoreError, ResponseParserError, UnicodeDecodeError) as error:
            raise UndeliveredError("The bus refused the request, or did not answer in time.") from error
        if "FailedEntryCount" not in answer:
            raise UndeliveredError("The bus's answer was broken.")  # The SDK takes such a one for an empty one.
        if not answer["FailedEntryCount"]:
            return [None] * len(batch)
        return [entry.get("ErrorCode") for entry in answer["Entries"]]


def fits(entry: "PutEventsRequestEntryTypeDef") -> bool:
    """Return whether the bus, and whatever it passes events on to, takes an entry of this size."""
    return _size(entry) <= LARGEST_ENTRY


def _size(entry: "PutEventsRequestEntryTypeDef") -> int:
    """Return the bytes of an entry, as EventBridge counts them."""
    return len(f"{entry['Source']}{entry['DetailType']}{entry['Detail']}".encode())


def _batches(entries: Sequence["PutEventsRequestEntryTypeDef"]) -> Iterator[list["PutEventsRequestEntryTypeDef"]]:
    """Yield ``entries`` in requests that EventBridge takes: its limit of 1 MB is that of a whole request."""
    batch: list[PutEventsRequestEntryTypeDef] = []
    room = LARGEST_ENTRY
    for entry in entries:
        needed = _size(entry)
        if batch and (len(batch) == ENTRIES or needed > room):
            yield batch
            batch, room = [], LARGEST_ENTRY
        batch.append(entry)
        room -= needed
    if batch:
        yield batch


def _client() -> "EventBridgeClient":
    client = boto3.client("events", config=dynamodb.config())
    dynamodb.keep_to_our_pace(client)
    return client
