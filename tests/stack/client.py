"""A client of the Task API over HTTP, wherever it is deployed."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.error import HTTPError

from tests.api import Answer

SECONDS = 60


@dataclass(frozen=True)
class Client:
    """Call the API with the key of a company, or without one as a stranger."""

    base_url: str
    key: str | None

    def send(self, method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request to a URL or a path. Keyword arguments are headers, with `_` in their names for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        address = url if "://" in url else f"{self.base_url}{url}"
        request = urllib.request.Request(address, data=body, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return _read(answer)
        except HTTPError as error:
            with error:
                return _read(error)

    def create(self, body: bytes | dict[str, Any], path: str = "/tasks", **headers: str) -> Answer:
        """Create a task. A dict is sent as JSON, and bytes need a `Content_Type`."""
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers.setdefault("Content_Type", "application/json")
        return self.send("POST", path, body, **headers)

    def get(self, url: str, **headers: str) -> Answer:
        """Read an address, such as the one in a `Location`."""
        return self.send("GET", url, None, **headers)


@dataclass(frozen=True)
class Stack:
    """A deployed stack, and two companies in it."""

    base_url: str
    alpha_key: str
    beta_key: str
    has_demo_catalogue: bool
    """They are new demo companies, whose catalogues have the table that the published sample names."""

    @property
    def alpha(self) -> Client:
        """Return a client of the first company."""
        return Client(self.base_url, self.alpha_key)

    @property
    def beta(self) -> Client:
        """Return a client of the second company."""
        return Client(self.base_url, self.beta_key)

    @property
    def stranger(self) -> Client:
        """Return a client without a key."""
        return Client(self.base_url, None)


def _read(answer: Any) -> Answer:
    # The headers' own type looks names up in any case, as clients do.
    headers = cast("Mapping[str, str]", answer.headers)
    return Answer(answer.status, headers, answer.read().decode())
