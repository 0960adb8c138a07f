"""A DynamoDB stub that costs next to nothing, in a process of its own: the bench measures handlers, not a database.

Answers ``UpdateItem``, ``PutItem`` and ``GetItem`` as the service would without faults, over HTTP/1.1 with keep-alive,
with the request id and checksum headers that SDKs check. A counter counts for each key; a put is always a new item and
is forgotten; a get finds nothing. ``GET /requests`` returns the requests since the last one, by operation.

``python -m tests.bench.dynamodb_stand_in`` prints the address that it listens on, then runs until its standard
input ends, as it does with the process that started it.
"""

import asyncio
import json
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

type Answer = dict[str, Any]


class StandIn:
    """The counters, and the number of requests of each operation."""

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self._counters: Counter[str] = Counter()
        self._operations: dict[str, Callable[[Any], Answer]] = {
            "UpdateItem": self._update_item,
            "PutItem": lambda _request: {},
            "GetItem": lambda _request: {},
        }

    def answer(self, operation: str, request: bytes) -> Answer | None:
        """Return DynamoDB's answer, or None to an unknown operation."""
        self._requests[operation] += 1
        perform = self._operations.get(operation)
        return perform(json.loads(request)) if perform else None

    def take_requests(self) -> Answer:
        """The requests by operation since the last call."""
        taken, self._requests = self._requests, Counter()
        return dict(taken)

    def _update_item(self, request: Any) -> Answer:
        action, name, increment = request["UpdateExpression"].split()
        if action != "ADD":
            raise ValueError(f"only ADD is known here, not {action}")
        name = request.get("ExpressionAttributeNames", {}).get(name, name)
        key = json.dumps([request["TableName"], request["Key"], name])
        self._counters[key] += int(request["ExpressionAttributeValues"][increment]["N"])
        return {"Attributes": {name: {"N": str(self._counters[key])}}}


class Connection(asyncio.Protocol):
    """One client's connection; a request is a header block and ``Content-Length`` bytes."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            request_line, *lines = self._received[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            end += 4
            length = int(headers.get("content-length", 0))
            if len(self._received) < end + length:
                return
            body, self._received = self._received[end : end + length], self._received[end + length :]
            self._transport.write(self._response(request_line, headers, body))

    def _response(self, request_line: str, headers: dict[str, str], body: bytes) -> bytes:
        if request_line.startswith("GET /requests "):
            return _http("200 OK", self._stand_in.take_requests())
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        answer = self._stand_in.answer(operation, body)
        if answer is None:
            unknown = {"__type": "com.amazon.coral.service#UnknownOperationException", "message": operation}
            return _http("400 Bad Request", unknown)
        return _http("200 OK", answer)


def _http(status: str, document: Answer) -> bytes:
    body = json.dumps(document, separators=(",", ":")).encode()
    head = (
        f"HTTP/1.1 {status}\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"x-amzn-RequestId: {uuid4().hex.upper()}\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\n"
        "\r\n"
    )
    return head.encode() + body


async def serve() -> None:
    """Listen on a free port of 127.0.0.1, print the address, answer until standard input ends."""
    stand_in = StandIn()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(stand_in), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
