"""The Lambda authorizer, which API Gateway calls before a request to validate its API key."""

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from typing import Any

from servicedesk import cold_start

with cold_start.without_collection():
    from servicedesk.domain import api_key, values
    from servicedesk.domain.api_key import ApiKey
    from servicedesk.store import dynamodb
    from servicedesk.store.api_keys import KeyStore
    from servicedesk.telemetry import Outcome, observed, record
    from servicedesk.wire.headers import Fields

    client = dynamodb.client()
    keys = KeyStore(client, os.environ["KEYS_TABLE"])

cold_start.warm_up(lambda: keys.get("0" * 16))


@observed
def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Return an IAM policy that allows or denies all routes of the stage, with the key's company and contact."""
    gateway = event.get("requestContext") or {}
    record(request_id=gateway.get("requestId"), extended_request_id=gateway.get("extendedRequestId"))
    key = _find_key(_authorization(event))
    if key is None:
        record(Outcome.DENIED)
        return _policy(event["methodArn"], "Deny", "nobody", {})
    record(Outcome.ALLOWED, company_id=key.company_id, key_id=key.key_id)
    context = {"company_id": key.company_id, "contact_id": key.contact_id or "", "key_id": key.key_id}
    policy = _policy(event["methodArn"], "Allow", key.key_id, context)
    return policy | ({"usageIdentifierKey": key.usage_key} if key.usage_key else {})


def _authorization(event: Mapping[str, Any]) -> str:
    """Return the Authorization header of the request, or an empty text if it has none, or different ones."""
    single = (event.get("headers") or {}).items()
    multiple = (event.get("multiValueHeaders") or {}).items()
    headers = Fields([*single, *((name, value) for name, several in multiple for value in several or ())])
    # API Gateway has each header in both parts of the event.
    different = set(headers.get_all("Authorization"))
    return different.pop() if len(different) == 1 else ""


def _find_key(authorization: str) -> ApiKey | None:
    """Return the live key that an Authorization header carries, if it carries exactly one."""
    sent = {parsed for candidate in _candidates(authorization) if (parsed := api_key.parse(candidate))}
    if len(sent) != 1:
        return None
    key_id, secret = sent.pop()
    key = keys.get(key_id)
    if key and key.has_secret(secret) and key.is_live(values.now()):
        return key
    record(key_id=key_id)
    return None


def _candidates(authorization: str) -> Sequence[str]:
    """Return the possible keys: ``Bearer <key>``, the user name and password of ``Basic``, or the bare header."""
    scheme, _, rest = authorization.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return [rest.strip()]
        case "basic":
            return _user_and_password(rest)
        case _:
            return [scheme] if not rest else []


def _user_and_password(credentials: str) -> Sequence[str]:
    """Return user name and password of Basic credentials (RFC 7617 section 2), whatever their charset.

    Clients leave out the padding, wrap the lines of base64, and encode a trailing line feed of a shell or a file.
    """
    text = "".join(credentials.split()).rstrip("=")
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return []
    # Latin-1 has a character for each byte, and those of a key are ASCII.
    return [half.strip().decode("latin-1") for half in decoded.split(b":", 1)]


def _policy(method_arn: str, effect: str, principal: str, context: Mapping[str, str]) -> dict[str, Any]:
    # API Gateway caches the policy for all routes, so it covers the whole stage and not only the requested method.
    stage = "/".join(method_arn.split("/")[:2])
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{stage}/*"}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }
