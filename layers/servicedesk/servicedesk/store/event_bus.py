"""The stack's EventBridge bus, which accepts at most ten entries, and 1 MB, in one request."""

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
"""The most bytes of an entry, and of all entries of one request. PutEvents accepts 1 MB of entries. SQS and Lambda
accept 1 MB of the whole event, which adds some 400 bytes to the entry (EventBridge User Guide, "Calculating PutEvents
event entry size")."""

SENDINGS = 3
"""The most attempts of one invocation at an entry that the bus refuses. The next invocation continues."""

_INVALID = "ValidationException"
"""The error of PutEvents for a whole request in which an entry is too large."""

REFUSED_FOR_GOOD = frozenset({"InvalidArgument", "MalformedDetail", "RedactionFailure", _INVALID})
"""The error codes that no retry can help, because the entry itself is wrong (API reference of PutEventsResultEntry).
The other codes that it calls not retryable concern the account's permissions: they hit all entries until an operator
corrects them."""


class EventBus:
    """One bus, by its name."""

    def __init__(self, name: str, client: "EventBridgeClient | None" = None) -> None:
        self._name = name
        self._client = client or _client()

    def put(self, entries: Sequence["PutEventsRequestEntryTypeDef"], context: Any) -> Sequence[int]:
        """Put ``entries`` on the bus, in their order except for those that the bus refuses at first.

        ``context`` is the invocation's, and tells how much time is left for requests.

        Returns:
            the indices of the entries that the bus will never accept, because they are wrong themselves.

        Raises:
            UndeliveredError: the bus did not accept all others; ``done`` says where it stopped. Some later entries may
                be on the bus: all of them can be put again.
        """
        refused: list[int] = []
        for batch in _batches(entries):
            waiting = list(batch)
            try:
                self._put(entries, waiting, refused, context)
            except UndeliveredError as error:
                error.done = waiting[0]
                error.refused = [place for place in refused if place < error.done]
                raise
        return refused

    def _put(
        self, entries: Sequence["PutEventsRequestEntryTypeDef"], waiting: list[int], refused: list[int], context: Any
    ) -> None:
        """Send the entries whose indices are in ``waiting``, and remove those that the bus accepts.

        Those that it will never accept move to ``refused``.
        """
        for _ in range(SENDINGS):
            if not dynamodb.has_time_for(1, context):
                raise UndeliveredError("There was no time to put all events on the bus.")
            answered = zip(tuple(waiting), self._send([entries[place] for place in waiting]), strict=True)
            codes = {place: code for place, code in answered if code}
            if codes:
                record(codes=sorted({*codes.values()}))
            refused += [place for place, code in codes.items() if code in REFUSED_FOR_GOOD]
            waiting[:] = [place for place, code in codes.items() if code not in REFUSED_FOR_GOOD]
            if not waiting:
                return
        raise UndeliveredError("The bus refused events.")

    @timed("BusLatency")
    def _send(self, batch: Sequence["PutEventsRequestEntryTypeDef"]) -> Sequence[str | None]:
        """Send one request, and return for each entry the error code, or ``None`` if the bus accepted it."""
        try:
            answer = self._client.put_events(Entries=[{**entry, "EventBusName": self._name} for entry in batch])
        except (ClientError, BotoCoreError, ResponseParserError, UnicodeDecodeError) as error:
            # Lambda halves a batch that fails as a whole, so an entry that makes its request invalid comes alone.
            if len(batch) == 1 and isinstance(error, ClientError) and error.response["Error"]["Code"] == _INVALID:
                return [_INVALID]
            raise UndeliveredError("The bus refused the request, or did not answer in time.") from error
        if "FailedEntryCount" not in answer:
            raise UndeliveredError("The bus's answer was broken.")  # The SDK treats a broken answer as empty.
        if not answer["FailedEntryCount"]:
            return [None] * len(batch)
        return [entry.get("ErrorCode") for entry in answer["Entries"]]


def fits(entry: "PutEventsRequestEntryTypeDef") -> bool:
    """Return whether the bus, and the targets of its rules, accept an entry of this size."""
    return _size(entry) <= LARGEST_ENTRY


def _size(entry: "PutEventsRequestEntryTypeDef") -> int:
    """Return the bytes of an entry, as EventBridge counts them."""
    return len(f"{entry['Source']}{entry['DetailType']}{entry['Detail']}".encode())


def _batches(entries: Sequence["PutEventsRequestEntryTypeDef"]) -> Iterator[list[int]]:
    """Yield the indices of ``entries``, in batches that one request can carry."""
    batch: list[int] = []
    room = LARGEST_ENTRY
    for place, entry in enumerate(entries):
        needed = _size(entry)
        if batch and (len(batch) == ENTRIES or needed > room):
            yield batch
            batch, room = [], LARGEST_ENTRY
        batch.append(place)
        room -= needed
    if batch:
        yield batch


def _client() -> "EventBridgeClient":
    client = boto3.client("events", config=dynamodb.config())
    dynamodb.keep_to_our_pace(client)
    return client
