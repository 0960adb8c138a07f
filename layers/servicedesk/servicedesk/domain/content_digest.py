"""Digests of creates, by which a retry is told from a create with other content.

A digest is stored with its task and names the rule that made it (contract rule 7.7): ``1:`` and 22 characters of
URL-safe base64. A rule never changes, because identities hold for ever. Rule n covers the client's fields that are
declared with a ``content_rule`` of at most n. So a release that reads one more field declares it with the next number,
and stores the digests of all its rules, separated by spaces: an older release that runs beside it finds its own.
"""

import base64
import hashlib
import json

from servicedesk.domain.faults import UnavailableError
from servicedesk.domain.task import CLIENT_FIELDS, ClientFields

LATEST_RULE = max(field.content_rule for field in CLIENT_FIELDS.values())
"""The newest rule of this release. The oldest one is 1."""


def of_content(fields: ClientFields) -> str:
    """Return the digest to store beside the task that a create with these fields makes."""
    return " ".join(f"{rule}:{_digest(fields, rule)}" for rule in range(1, LATEST_RULE + 1))


def has_same_content(stored: str, fields: ClientFields) -> bool:
    """Return whether a create with these fields has the same content as the one with the digest ``stored``.

    Raises:
        UnavailableError: a later release stored the digest, by rules that this release does not know.
    """
    digests = {int(rule): digest for rule, _, digest in (part.partition(":") for part in stored.split())}
    known = [rule for rule in digests if rule <= LATEST_RULE]
    if not known:
        raise UnavailableError("A newer release of the service stored this task. Retry the same request.")
    return _digest(fields, max(known)) == digests[max(known)]


def _digest(fields: ClientFields, rule: int) -> str:
    """Return the digest of the filled fields of a rule, without the id: half of a SHA-256, to keep items small."""
    content = {
        name: text
        for name, text in fields.items()
        if text is not None and name != "id" and CLIENT_FIELDS[name].content_rule <= rule
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    half = hashlib.sha256(canonical.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
