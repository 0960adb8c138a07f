"""A proxy between a DynamoDB client and its endpoint that fails on the wire, as planned.

    with FaultProxy(endpoint) as proxy:
        client = boto3.client("dynamodb", endpoint_url=proxy.url, ...)
        proxy.plan([Fault(Kind.RESET_AFTER, "PutItem")])
        client.put_item(...)
        assert [request.fault for request in proxy.requests] == [Kind.RESET_AFTER, None]

Every attempt of the SDK is a request here. Requests without a planned fault pass unchanged. The
client may be in another process, and any number may run concurrently.
"""

import asyncio
import http.client
import io
import json
import socket
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from botocore.client import BaseClient

_UPSTREAM_SECONDS = 30.0
_WATCHED_TIMEOUT_SECONDS = 0.05
_PARALLEL_FORWARDS = 64
_HOP_BY_HOP = {"connection", "content-length", "keep-alive", "server", "transfer-encoding"}


class Kind(Enum):
    """The effect on a request. "After" is after the database has acted on it."""

    REFUSED = "connection refused"
    RESET_BEFORE = "connection reset, request not forwarded"
    RESET_AFTER = "connection reset instead of the answer"
    TIMEOUT_BEFORE = "no answer until the client gives up, request not forwarded"
    TIMEOUT_AFTER = "no answer until the client gives up"
    TIMEOUT_LATE = "no answer until the client gives up, request forwarded only then"
    CAPACITY_EXCEEDED = "ProvisionedThroughputExceededException"
    THROTTLED = "ThrottlingException"
    INTERNAL_ERROR = "InternalServerError, request not forwarded"
    INTERNAL_ERROR_AFTER = "InternalServerError instead of the answer"
    TRANSACTION_CONFLICT = "TransactionConflictException"
    CUT_SHORT = "half of the answer's body, then the end of the connection"
    GARBLED = "a body that is not JSON and not what its checksum says"
    UNDECODABLE = "as GARBLED, and not even UTF-8"
    NOT_HTTP = "bytes that are no HTTP, instead of the answer"
    NOT_DYNAMODB = "200 with a page that says all is well, request not forwarded"
    BAD_GATEWAY = "502 with a page, request not forwarded"
    DENIED = "AccessDeniedException"
    CLOSED = "AccessDeniedException, because operators have closed the table to all writers"

    @property
    def forwarded(self) -> bool:
        """Return whether the database gets the request."""
        return self in _FORWARDED


_UNANSWERED = {Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER, Kind.TIMEOUT_LATE}
_FORWARDED = {
    Kind.RESET_AFTER,
    Kind.TIMEOUT_AFTER,
    Kind.TIMEOUT_LATE,
    Kind.INTERNAL_ERROR_AFTER,
    Kind.CUT_SHORT,
    Kind.GARBLED,
    Kind.UNDECODABLE,
    Kind.NOT_HTTP,
}


@dataclass(frozen=True)
class Fault:
    """A fault, and the requests that it befalls.

    From the `nth` request (from 1) of `operation` since `plan`, `times` in a row, or for ever with
    `times=None`. Without `operation`, requests of all operations count, in the order of arrival.
    """

    kind: Kind
    operation: str | None = None
    nth: int = 1
    times: int | None = 1


@dataclass(frozen=True)
class Request:
    """A request that the proxy saw, with what became of it.

    `status` is that of the database's own answer, whatever the client saw; None: not forwarded.
    """

    operation: str
    fault: Kind | None
    status: int | None

    @property
    def forwarded(self) -> bool:
        """Return whether the database got the request and answered it."""
        return self.status is not None


@dataclass(frozen=True)
class _Message:
    method: str
    path: str
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def operation(self) -> str:
        return self.headers.get("X-Amz-Target", "").rpartition(".")[2]


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class FaultProxy:
    """Listens on a free port of 127.0.0.1 while entered, and forwards to `upstream`, plain HTTP.

    `url` is the endpoint for the clients. Leaving it breaks all connections.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"not an http:// endpoint: {upstream}")
        self._upstream = (parts.hostname, parts.port or 80)
        self._changed = threading.Condition()
        self._faults: list[Fault] = []
        self._seen: Counter[str | None] = Counter()
        self._requests: list[Request] = []
        self._watching = False
        self._sent: list[Kind | None] = []
        self._down_as_planned = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy")
        self._socket = _reserve(0)
        self._port: int = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._loop.set_default_executor(ThreadPoolExecutor(_PARALLEL_FORWARDS))
        self._thread.start()
        self.listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.refuse()
        self._run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._socket.close()

    @property
    def url(self) -> str:
        """The endpoint for clients, with or without a listener."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def requests(self) -> list[Request]:
        """The requests since `plan`, in the order in which they were done with.

        A request that is forwarded appears once the database has answered, before the client
        learns of it; any other once its fault is about to act.
        """
        with self._changed:
            return list(self._requests)

    def plan(self, faults: Iterable[Fault]) -> None:
        """Start afresh: these faults, the first that fits a request wins; counts from zero; no
        requests on record; listening.

        Raises ValueError for `Kind.REFUSED` without `watch`.
        """
        faults = list(faults)
        self.settle()
        if not self._watching and any(fault.kind is Kind.REFUSED for fault in faults):
            raise ValueError("Kind.REFUSED needs watch(client); refuse() does without")
        with self._changed:
            self._faults = faults
            self._seen.clear()
            self._requests.clear()
            self._sent.clear()
            self._down_as_planned = False
        self.listen()

    def wait_for(self, operation: str, nth: int = 1, seconds: float = 30.0) -> Request:
        """Wait until `requests` has the `nth` (from 1) of an operation; that request.

        What a client in another process, or one that has given up, has done by then is certain.
        Raises TimeoutError after `seconds`.
        """
        found: list[Request] = []

        def reached() -> bool:
            found[:] = [request for request in self._requests if request.operation == operation]
            return len(found) >= nth

        with self._changed:
            if not self._changed.wait_for(reached, seconds):
                raise TimeoutError(f"{len(found)} of {nth} {operation} within {seconds} s")
        return found[nth - 1]

    def settle(self, seconds: float = 30.0) -> None:
        """Wait until all that arrived, or that watched clients sent, is done with, also what they gave up.

        Raises TimeoutError after `seconds`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= self._begun(), seconds):
                raise TimeoutError(f"{len(self._requests)} of {self._begun()} requests done within {seconds} s")

    def _begun(self) -> int:
        return max(len(self._sent), self._seen[None])

    def watch(self, client: BaseClient) -> None:
        """Look ahead at this client's requests, one at a time: for `Kind.REFUSED`, and for short time-outs.

        Which operation a refused connection was for nobody learns on the wire: the client's
        `before-send` event says so, and then the port is closed, or open again, before it sends.
        And where no answer is planned the client gives up at once, however patient it is else;
        what it sends after a `Kind.TIMEOUT_AFTER` finds that done.
        """
        client.meta.events.register_first("before-send.dynamodb", self._before_send)
        self._watching = True

    def refuse(self) -> None:
        """Close the port and break all connections, until `listen` or `plan`."""
        self._run(self._refuse())

    def listen(self) -> None:
        """Open the port again after `refuse`; without effect if it is open."""
        self._run(self._listen())

    def _run(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._converse, sock=self._socket, backlog=1024)

    async def _refuse(self) -> None:
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        # Bound again but not listening: still ours, and refused.
        self._socket = _reserve(self._port)
        server.abort_clients()
        while conversations := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(conversations)

    def _before_send(self, request: Any, **_: object) -> None:
        target = request.headers["X-Amz-Target"]
        target = target.decode() if isinstance(target, bytes) else target
        operation = target.rpartition(".")[2]
        if self._sent and self._sent[-1] is Kind.TIMEOUT_AFTER:
            self.settle()
        with self._changed:
            kind = self._fault_for_next(operation)
            self._sent.append(kind)
            refused = kind is Kind.REFUSED
            if refused:
                self._count(operation)
            reopen = self._down_as_planned and not refused
            self._down_as_planned = refused
        request.context["read_timeout"] = _WATCHED_TIMEOUT_SECONDS if kind in _UNANSWERED else None
        if refused:
            self.refuse()
            self._record(Request(operation, Kind.REFUSED, None))
        elif reopen:
            self.listen()

    def _fault_for_next(self, operation: str) -> Kind | None:
        for fault in self._faults:
            if fault.operation is not None and fault.operation != operation:
                continue
            late = self._seen[fault.operation] + 1 - fault.nth
            if late >= 0 and (fault.times is None or late < fault.times):
                return fault.kind
        return None

    def _count(self, operation: str) -> None:
        self._seen[operation] += 1
        self._seen[None] += 1

    def _record(self, request: Request) -> None:
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (message := await _read(reader)) is not None:
                if not await self._serve(message, reader, writer):
                    break
        finally:
            writer.close()

    async def _serve(self, message: _Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers a request, or does not; whether the connection can be used again."""
        operation = message.operation
        with self._changed:
            kind = self._fault_for_next(operation)
            self._count(operation)
        if kind is Kind.TIMEOUT_LATE:
            await _until_gone(reader)
        answer = None
        if kind is None or kind.forwarded:
            answer = await asyncio.to_thread(self._forward, message)
        self._record(Request(operation, kind, answer.status if answer else None))
        match kind:
            case None:
                assert answer is not None
                return await _send(writer, answer)
            case Kind.RESET_BEFORE | Kind.RESET_AFTER:
                _reset(writer)
            case Kind.TIMEOUT_BEFORE | Kind.TIMEOUT_AFTER:
                await _until_gone(reader)
            case Kind.CUT_SHORT:
                assert answer is not None
                await _send(writer, answer, cut=True)
            case Kind.GARBLED:
                assert answer is not None
                return await _send(writer, replace(answer, body=b"garbled"))
            case Kind.UNDECODABLE:
                assert answer is not None
                return await _send(writer, replace(answer, body=b"\xff\xfe\xfd"))
            case Kind.NOT_HTTP:
                writer.write(b"garbled\r\n\r\n")
                await writer.drain()
            case Kind.TIMEOUT_LATE | Kind.REFUSED:
                pass
            case _:
                return await _send(writer, _ANSWERS[kind])
        return False

    def _forward(self, message: _Message) -> _Answer:
        connection = http.client.HTTPConnection(*self._upstream, timeout=_UPSTREAM_SECONDS)
        try:
            headers = dict(message.headers.items()) | {"Connection": "close"}
            connection.request(message.method, message.path, message.body, headers)
            response = connection.getresponse()
            return _with_checksum(response.status, response.getheaders(), response.read())
        finally:
            connection.close()


def _reserve(port: int) -> socket.socket:
    """A socket that is bound and does not listen: connections to it are refused."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", port))
    return reserved


async def _read(reader: asyncio.StreamReader) -> _Message | None:
    """The next request; None once the client has left."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, fields = head.partition(b"\r\n")
        method, path, _ = line.decode("latin-1").split(" ")
        headers = http.client.parse_headers(io.BytesIO(fields))
        body = await reader.readexactly(int(headers.get("Content-Length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return _Message(method, path, headers, body)


async def _send(writer: asyncio.StreamWriter, answer: _Answer, *, cut: bool = False) -> bool:
    """Sends it, whole or not; whether the connection can be used again."""
    lines = [f"HTTP/1.1 {answer.status} {http.client.responses[answer.status]}"]
    lines += [f"{name}: {text}" for name, text in answer.headers if name.lower() not in _HOP_BY_HOP]
    lines += [f"Content-Length: {len(answer.body)}", "", ""]
    body = answer.body[: len(answer.body) // 2] if cut else answer.body
    try:
        writer.write("\r\n".join(lines).encode("latin-1") + body)
        await writer.drain()
    except ConnectionError:
        return False
    return not cut


async def _until_gone(reader: asyncio.StreamReader) -> None:
    """Waits until the client has closed its end, gracefully or not."""
    with suppress(ConnectionError):
        await reader.read()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends the connection with a TCP reset: no time to linger means no orderly end."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _with_checksum(status: int, headers: list[tuple[str, str]], body: bytes) -> _Answer:
    """An answer with the checksum that all of DynamoDB's have, and its stand-ins' not always."""
    headers = [header for header in headers if header[0].lower() != "x-amz-crc32"]
    return _Answer(status, [*headers, ("x-amz-crc32", str(zlib.crc32(body)))], body)


def _error(status: int, code: str, message: str, **more: str) -> _Answer:
    """An error answer as DynamoDB gives it."""
    fault_type = f"com.amazonaws.dynamodb.v20120810#{code}"
    body = json.dumps({"__type": fault_type, "message": message}).encode()
    headers = [
        ("Content-Type", "application/x-amz-json-1.0"),
        ("x-amzn-RequestId", "FAULTPROXY"),
        *((name.replace("_", "-"), value) for name, value in more.items()),
    ]
    return _with_checksum(status, headers, body)


def _page(status: int, text: str) -> _Answer:
    """Return an answer of something else than DynamoDB."""
    return _Answer(status, [("Content-Type", "text/html")], f"<html><body>{text}</body></html>".encode())


_ANSWERS = {
    Kind.CAPACITY_EXCEEDED: _error(
        400,
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded.",
    ),
    # It asks for a minute: the SDK would grant five seconds of it.
    Kind.THROTTLED: _error(
        400, "ThrottlingException", "Rate of requests exceeds the allowed.", x_amz_retry_after="60000"
    ),
    Kind.INTERNAL_ERROR: _error(500, "InternalServerError", "Internal server error"),
    Kind.INTERNAL_ERROR_AFTER: _error(500, "InternalServerError", "Internal server error"),
    Kind.TRANSACTION_CONFLICT: _error(400, "TransactionConflictException", "Transaction is ongoing for the item"),
    Kind.NOT_DYNAMODB: _page(200, "It works!"),
    Kind.BAD_GATEWAY: _page(502, "Bad Gateway"),
    Kind.DENIED: _error(
        400,
        "AccessDeniedException",
        "User: arn:aws:sts::123456789012:assumed-role/secret is not authorized to perform: dynamodb:PutItem",
    ),
    Kind.CLOSED: _error(
        400,
        "AccessDeniedException",
        "User: arn:aws:sts::123456789012:assumed-role/secret is not authorized to perform: dynamodb:PutItem "
        "on resource: arn:aws:dynamodb:eu-west-1:123456789012:table/secret with an explicit deny in a policy",
    ),
}
