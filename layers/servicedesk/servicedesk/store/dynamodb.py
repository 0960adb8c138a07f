"""The client for DynamoDB, with its timeouts, and items as plain Python values.

boto3's own (de)serializers make decimals and sets; the items here have five attribute types and need neither.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from zlib import crc32

import boto3
import botocore
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from servicedesk.domain.faults import UnavailableError

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

CONNECT_TIMEOUT = 1.0
"""Seconds until the SDK gives up a connection attempt, and seconds until it gives up the TLS handshake after it."""

READ_TIMEOUT = 1.5
"""Seconds without a byte of an answer until the SDK gives up a request."""

ATTEMPTS = 2
"""The most attempts of the SDK at a request, the first one included."""

BACKOFF = 1.0
"""The most seconds that the SDK waits before its second attempt."""

REQUEST_SECONDS = ATTEMPTS * (2 * CONNECT_TIMEOUT + READ_TIMEOUT) + (ATTEMPTS - 1) * BACKOFF
"""Seconds after which a request was answered or given up. A create sends three, so a function needs 24 seconds."""

WRITE_SECONDS = 25.0
"""The longest time from a ``modified_dateutc`` to the start of its write: the functions' timeout in the template.

It is enough for three requests of ``REQUEST_SECONDS``.
"""

_NO_ANSWER = (
    exceptions.ConnectionError,
    exceptions.HTTPClientError,
    exceptions.ChecksumError,
    ResponseParserError,
    UnicodeDecodeError,  # raised by the parser for an answer that is not UTF-8
)
_TEMPORARY = frozenset(
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

_TEMPORARY_REASONS = frozenset({"None", "ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})
"""The ``CancellationReasons`` for which a transaction can be retried. Each action has one, and "None" stands for an
action without a fault (API reference of TransactWriteItems)."""

_CLOSED = "with an explicit deny"
"""Words in the message of an ``AccessDeniedException`` while operators have closed the table to all writers (the
template's ``WritersPolicy``). The message for a role without the permission is another one (IAM User Guide,
"Troubleshoot access denied error messages")."""

type Item = Mapping[str, "AttributeValueTypeDef"]


def config() -> Config:
    """Return the timeouts and retries of every client, whatever its service."""
    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        tcp_keepalive=True,
        # boto3 works both out again for each request otherwise, at 0.07 ms each (tests/bench/README.md).
        parameter_validation=False,
        user_agent=f"servicedesk Botocore/{botocore.__version__}",
    )


def keep_to_our_pace(client: "BaseClient") -> None:
    """Limit a client's wait before a retry to ``BACKOFF``, even if an answer asks for up to five seconds more."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"needs-retry.{service}", _forget_retry_after)


def client() -> "DynamoDBClient":
    """Return a client for the endpoint, region and credentials that the environment names (``AWS_*`` variables).

    It is boto3's own, with all operations, paginators and waiters of DynamoDB. In the layer, boto3 has only the
    services that the code names in ``boto3.client("…")``, and no documentation (layers/dependencies/slim.py).
    """
    client = boto3.client("dynamodb", config=config())
    keep_to_our_pace(client)
    client.meta.events.register("after-call.dynamodb", _refuse_broken_answers)
    return client


def has_time_for(requests: int, context: Any) -> bool:
    """Return whether the invocation of Lambda's ``context`` has time for this many more requests, however slow."""
    return bool(context.get_remaining_time_in_millis() > requests * REQUEST_SECONDS * 1000)


def unavailable() -> UnavailableError:
    """Return the error of a database that throttles or does not answer in time."""
    return UnavailableError("The database did not answer in time. Retry the same request.")


@contextmanager
def temporary_faults_as_unavailable() -> Iterator[None]:
    """Raise ``UnavailableError`` for temporary faults of DynamoDB. Let all others through."""
    try:
        yield
    except ClientError as error:
        fault = error.response.get("Error", {})
        code = fault.get("Code", "")
        if code == "AccessDeniedException" and _CLOSED in fault.get("Message", ""):
            raise UnavailableError("The tasks are closed to writes for now. Retry the same request later.") from error
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _TEMPORARY or status >= 500 or _is_temporarily_cancelled(error):
            raise unavailable() from error
        raise
    except _NO_ANSWER as error:
        raise unavailable() from error


def found_instead(error: ClientError) -> dict[str, object]:
    """Return the item, as plain values, on which the condition of a write failed; empty if there was none.

    The write must ask for it by ``ReturnValuesOnConditionCheckFailure``.
    """
    # botocore's stubs do not know the item.
    return from_item(error.response.get("Item", {}))  # type: ignore[arg-type]


def to_item(values: Mapping[str, object]) -> dict[str, "AttributeValueTypeDef"]:
    """Return plain values as an item, without the unset (``None``) ones.

    Raises:
        TypeError: a value is none of ``bool``, ``int``, ``str``, mapping and list.
    """
    return {name: _to_attribute(value) for name, value in values.items() if value is not None}


def from_item(item: Item) -> dict[str, object]:
    """Return an item as plain values: integers as ``int``, other numbers, which this release never stores, as text."""
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


def _is_temporarily_cancelled(error: ClientError) -> bool:
    """Return whether a transaction was cancelled only by throttling or by another transaction on its items."""
    # botocore's stubs do not know the reasons.
    reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return bool(reasons) and all(reason.get("Code", "None") in _TEMPORARY_REASONS for reason in reasons)


def _forget_retry_after(response: tuple[Any, Any] | None, **_: object) -> None:
    if response is not None:
        response[0].headers.pop("x-amz-retry-after", None)


def _refuse_broken_answers(http_response: Any, **_: object) -> None:
    """Raise ``ChecksumError`` for a broken answer, which the SDK treats as empty after its last attempt.

    A truncated answer would otherwise mean that there is no such item.
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
        json.loads(content)  # an emulator: DynamoDB itself sends a checksum with every answer
    except ValueError:
        return False
    return True
