"""The one way to DynamoDB: a client that gives up in time, and items as plain Python values.

Botocore without boto3 and without boto3's (de)serializers: the functions need four operations and five attribute types,
and an import of boto3 is paid at every cold start.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast
from zlib import crc32

import botocore.session
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from servicedesk.wire.problems import Problem, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

CONNECT_TIMEOUT = 1.0
"""Seconds until a connection attempt is given up; TLS has as many again for its handshake."""

READ_TIMEOUT = 1.5
"""Seconds without a byte of an answer until a request is given up."""

ATTEMPTS = 2
"""Times that the SDK sends a request before it reports the fault."""

BACKOFF = 1.0
"""Seconds that the SDK waits at most before its second attempt; throttled, at random up to as much."""

REQUEST_SECONDS = ATTEMPTS * (2 * CONNECT_TIMEOUT + READ_TIMEOUT) + (ATTEMPTS - 1) * BACKOFF
"""Seconds after which a request has an answer or is given up. A create makes three, so the functions need 24."""

RETRY_AFTER = 5
"""Seconds that a client is asked to wait when the database did not answer."""

_NO_ANSWER = (
    exceptions.ConnectionError,
    exceptions.HTTPClientError,
    exceptions.ChecksumError,
    ResponseParserError,
    UnicodeDecodeError,  # the parser's way to meet an answer that is not UTF-8
)
_PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

_PASSING_REASONS = frozenset({"None", "ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})
"""Of the codes in ``CancellationReasons``, one for each action of a transaction, those that a repetition may not meet;
"None" stands for an action with which nothing was wrong (API reference of TransactWriteItems)."""

type Item = Mapping[str, "AttributeValueTypeDef"]


def client() -> "DynamoDBClient":
    """A client for the endpoint, region and credentials that the environment names (``AWS_*`` variables)."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        tcp_keepalive=True,
        # Both are worked out again for each request otherwise, 0.07 ms each (tests/bench/README.md).
        parameter_validation=False,
        user_agent=f"servicedesk Botocore/{botocore.__version__}",
    )
    made = cast("DynamoDBClient", botocore.session.get_session().create_client("dynamodb", config=config))
    made.meta.events.register_first("needs-retry.dynamodb", keep_to_our_pace)
    made.meta.events.register("after-call.dynamodb", _refuse_broken_answers)
    return made


def rehearse(read: Callable[[], object]) -> None:
    """Do a read while the function starts, where nobody waits for it: with SnapStart or provisioned concurrency.

    The first request then finds the connection open and the SDK's lazy parts loaded. A connection does not survive a
    snapshot, so the read is done again when one is restored. How the read ends does not matter.
    """
    start = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE")
    if start not in ("snap-start", "provisioned-concurrency"):
        return

    def attempt() -> None:
        with suppress(Problem, ClientError, exceptions.BotoCoreError):
            read()

    attempt()
    if start == "snap-start":
        # Only Lambda's runtime has it.
        from snapshot_restore_py import register_after_restore  # noqa: PLC0415

        register_after_restore(attempt)


def time_for(requests: int, context: Any) -> bool:
    """Tell whether the invocation that Lambda's ``context`` is of has time for ``requests`` more, however slow."""
    return bool(context.get_remaining_time_in_millis() > requests * REQUEST_SECONDS * 1000)


@contextmanager
def passing_faults_are_unavailable() -> Iterator[None]:
    """Turn what the database may recover from into ``Unavailable``; what it will not, passes through."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _PASSING or status >= 500 or _cancelled_in_passing(error):
            raise unavailable() from error
        raise
    except _NO_ANSWER as error:
        raise unavailable() from error


def to_item(values: Mapping[str, object]) -> dict[str, "AttributeValueTypeDef"]:
    """Plain values as an item, the unset (``None``) ones left out."""
    return {name: _to_attribute(value) for name, value in values.items() if value is not None}


def from_item(item: Item) -> dict[str, object]:
    """An item as plain values; whole numbers as ``int``, others, which this release stores nowhere, as their text."""
    return {name: _from_attribute(value) for name, value in item.items()}


def _to_attribute(value: object) -> "AttributeValueTypeDef":
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case Mapping():
            return {"M": to_item(value)}
        case list():
            return {"L": [_to_attribute(item) for item in value]}
        case _:
            raise TypeError(f"no attribute type for {type(value).__name__}")


def _from_attribute(attribute: "AttributeValueTypeDef") -> object:
    [(kind, value)] = attribute.items()
    match kind:
        case "N":
            number = cast("str", value)
            return int(number) if number.removeprefix("-").isdigit() else number
        case "M":
            return from_item(cast("Item", value))
        case "L":
            return [_from_attribute(item) for item in cast("list[AttributeValueTypeDef]", value)]
        case _:
            return value


def _cancelled_in_passing(error: ClientError) -> bool:
    """Tell whether a transaction was cancelled only for reasons that pass: throttling, or another one on its items."""
    # botocore-stubs do not know the reasons.
    reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return bool(reasons) and all(reason.get("Code", "None") in _PASSING_REASONS for reason in reasons)


def keep_to_our_pace(response: tuple[Any, Any] | None, **_: object) -> None:
    """Keep the SDK from waiting longer than ``BACKOFF`` because an answer asks it to, up to five seconds more."""
    if response is not None:
        response[0].headers.pop("x-amz-retry-after", None)


def _refuse_broken_answers(http_response: Any, **_: object) -> None:
    """Raise ``ChecksumError`` where the SDK, out of attempts, takes a broken answer for an empty one.

    An answer cut short would else say that there is no such item.
    """
    content, checksum = http_response.content, http_response.headers.get("x-amz-crc32")
    if not _intact(content, checksum):
        raise exceptions.ChecksumError(
            checksum_type="crc32", expected_checksum=checksum, actual_checksum=str(crc32(content))
        )


def _intact(content: bytes, checksum: str | None) -> bool:
    try:
        if checksum is not None:
            return crc32(content) == int(checksum)
        json.loads(content)  # a stand-in for DynamoDB, which has a checksum on every answer
    except ValueError:
        return False
    return True


def unavailable() -> Unavailable:
    """Return the problem of a database that throttles or does not answer in time."""
    return Unavailable(
        "The database did not take the request in time. Send the same request again.",
        headers={"Retry-After": str(RETRY_AFTER)},
    )
