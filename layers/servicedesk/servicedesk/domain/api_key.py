"""API keys, which a client sends as ``<key id>.<secret>``, and the rules for issuing them.

The key id finds the key. Only a digest of the secret is ever stored.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from servicedesk.domain.faults import Code, Fault, InvalidCommandError, InvalidValueError

LIVE_KEYS = 2
"""The most live keys that a company can have at a time: the one in use and its replacement."""

LABEL_CHARACTERS = 100
"""The longest label of a key."""

SECRET_BYTES = 32
"""The length of a secret: 256 random bits. With that many, a plain SHA-256 needs neither salt nor stretching."""

_KEY_ID = re.compile(r"[0-9a-z]{16}")
_KEY = re.compile(r"([0-9a-z]{16})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is stored. Instants are canonical dates (``servicedesk.domain.values``).

    Attributes:
        key_id: the key's public id.
        company_id: the company whose tasks the key gives access to.
        contact_id: the contact on whose behalf the key is used, if it names one.
        secret_digest: the digest of the secret.
        label: the operators' name for the key, unique among the company's live keys.
        created: when the key was issued.
        expires: when the key expires, if it does.
        revoked: when an operator revoked the key, if one did.
        usage_key: the key by which API Gateway counts the company's requests (``servicedesk.store.usage_plan``). It is
            not secret.
    """

    key_id: str
    company_id: str
    contact_id: str | None
    secret_digest: str
    label: str
    created: str
    expires: str | None = None
    revoked: str | None = None
    usage_key: str | None = None

    def is_live(self, now: str) -> bool:
        """Return whether the key is valid at the instant ``now``."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def has_secret(self, secret: str) -> bool:
        """Return whether ``secret`` is this key's, compared in constant time."""
        return hmac.compare_digest(digest(secret), self.secret_digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """An operator's request for a new key. The attributes are those of ``ApiKey``."""

    company_id: str
    label: str
    contact_id: str | None = None
    expires: str | None = None

    def find_issued(self, existing: Sequence[ApiKey], now: str) -> ApiKey | None:
        """Return the live key among ``existing`` that the same request issued before, if there is one.

        Raises:
            InvalidCommandError: a live key has the label, but another contact or expiry.
        """
        issued = next((key for key in existing if key.is_live(now) and key.label == self.label), None)
        if issued and (issued.contact_id, issued.expires) != (self.contact_id, self.expires):
            detail = f"The live key {issued.key_id} already has this label, with a different contact_id or expires."
            raise InvalidCommandError([Fault("label", Code.TAKEN, detail)])
        return issued

    def check(self, existing: Sequence[ApiKey], now: str) -> None:
        """Check that a company with the ``existing`` keys may have one more.

        Raises:
            InvalidCommandError: the company has ``LIVE_KEYS`` live keys already, or the new key has expired, or both.
        """
        live = [key.key_id for key in existing if key.is_live(now)]
        faults = []
        if len(live) >= LIVE_KEYS:
            detail = f"The company has {len(live)} live keys: {', '.join(live)}. Revoke one first."
            faults.append(Fault("company_id", Code.TOO_MANY_KEYS, detail, LIVE_KEYS))
        if self.expires and self.expires <= now:
            faults.append(Fault("expires", Code.IN_THE_PAST, "A key must expire in the future."))
        if faults:
            raise InvalidCommandError(faults)

    def issue(self, usage_key: str | None, now: str) -> tuple[ApiKey, str]:
        """Return a new key, issued at the instant ``now``, and the whole key as clients send it."""
        key_id, secret = new_key_id(), new_secret()
        key = ApiKey(
            key_id=key_id,
            company_id=self.company_id,
            contact_id=self.contact_id,
            secret_digest=digest(secret),
            label=self.label,
            created=now,
            expires=self.expires,
            usage_key=usage_key,
        )
        return key, f"{key_id}.{secret}"


def keys_changed() -> InvalidCommandError:
    """Return the error for a command that lost a race for the company's keys."""
    detail = "Another command changed the company's keys at the same time. Retry this one."
    return InvalidCommandError([Fault("company_id", Code.KEYS_CHANGED, detail)])


def no_such_key() -> InvalidCommandError:
    """Return the error for a key that the company does not have, even if another company has it."""
    return InvalidCommandError([Fault("key_id", Code.UNKNOWN_REFERENCE, "The company has no such key.")])


def new_key_id() -> str:
    """Return a new key id: 16 lower-case hexadecimal digits."""
    return secrets.token_hex(8)


def new_secret() -> str:
    """Return a new secret: 43 characters of URL-safe base64."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """Return the SHA-256 digest of a secret in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parse(text: str) -> tuple[str, str] | None:
    """Split a whole key into its id and its secret; return ``None`` if ``text`` is not of that form."""
    match = _KEY.fullmatch(text)
    return (match[1], match[2]) if match else None


def read_key_id(value: object) -> str:
    """Return ``value`` if it is the id of a key.

    Raises:
        InvalidValueError: ``whole_key``, if it contains a key with its secret; ``invalid_string`` for anything else.
    """
    if isinstance(value, str) and _KEY.search(value):
        detail = "This is a whole key with its secret. Send only its id: the 16 characters before the dot."
        raise InvalidValueError(Code.WHOLE_KEY, detail)
    if not isinstance(value, str) or not _KEY_ID.fullmatch(value):
        detail = "This is not a key id: 16 digits and lower-case letters, as list_keys shows them."
        raise InvalidValueError(Code.INVALID_STRING, detail)
    return value


def refuse_whole_key(label: str) -> str:
    """Return ``label`` unless it contains a whole key: labels are not secret.

    Raises:
        InvalidValueError: ``whole_key``, if it contains one.
    """
    if _KEY.search(label):
        raise InvalidValueError(
            Code.WHOLE_KEY, "The label contains a whole key with its secret. Labels are not secret."
        )
    return label
