"""API keys: ``<key id>.<secret>``. The key id finds the key; only a digest of the secret is ever stored."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

SECRET_BYTES = 32
"""The secret's 256 random bits; with that many, a plain SHA-256 needs no salt and no stretching."""

_KEY_ID = re.compile(r"[0-9a-z]{16}")
_KEY = re.compile(r"([0-9a-z]{16})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is stored of a key. Instants are canonical dates (``servicedesk.domain.values``)."""

    key_id: str
    company_id: str
    contact_id: str | None
    secret_digest: str
    label: str
    created: str
    expires: str | None = None
    revoked: str | None = None
    usage_key: str | None = None
    """What API Gateway counts the requests by (``servicedesk.store.usage_plan``); no secret."""

    def live(self, now: str) -> bool:
        """Whether the key opens anything at the instant ``now``."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def opened_by(self, secret: str) -> bool:
        """Whether ``secret`` is this key's, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(digest(secret), self.secret_digest)


def new_key_id() -> str:
    """A key id: 16 lower-case hexadecimal digits."""
    return secrets.token_hex(8)


def new_secret() -> str:
    """A secret: 43 characters of URL-safe base64."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """SHA-256 of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_key_id(text: str) -> bool:
    """Tell whether ``text`` has the form of a key id."""
    return bool(_KEY_ID.fullmatch(text))


def holds_key(text: str) -> bool:
    """Tell whether a whole key, secret and all, stands anywhere in ``text``."""
    return bool(_KEY.search(text))


def parse(text: str) -> tuple[str, str] | None:
    """Key id and secret of a key as a client sends it, or nothing where the text cannot be one."""
    match = _KEY.fullmatch(text)
    return (match[1], match[2]) if match else None
