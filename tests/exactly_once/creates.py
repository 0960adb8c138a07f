"""Creates as data, and a process that answers its share of them: for tests with several processes."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic_ns
from types import ModuleType
from typing import Any
from unittest.mock import patch

from tests.api import Context, event, load


@dataclass(frozen=True)
class Create:
    """A request, and whether it is repeated or refused."""

    company: str
    identity: str
    by_key: bool
    as_xml: bool
    valid: bool = True

    def event(self) -> dict[str, Any]:
        """Return API Gateway's event of it."""
        fields = {"subject": f"Task {self.identity}" if self.valid else " "}
        headers = {"Idempotency-Key": self.identity} if self.by_key else {}
        if not self.by_key:
            fields["id"] = self.identity
        if self.as_xml:
            body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
            return event(
                body=f"<task>{body}</task>", headers=headers | {"Content-Type": "text/xml"}, company=self.company
            )
        return event(
            body=json.dumps(fields), headers=headers | {"Content-Type": "application/json"}, company=self.company
        )


@dataclass(frozen=True)
class Outcome:
    """The outcome of a request, with its start and end by the machine's one clock."""

    create: Create
    status: int
    replayed: bool
    task_id: str | None
    number: int | None
    sent: int
    answered: int


@contextmanager
def patience() -> Iterator[None]:
    """Give functions that are imported here more time to wait for a database on a busy machine.

    A function that gives up early retries and takes a second number: correct, but not what a test expects.
    """
    with patch.multiple("servicedesk.store.dynamodb", CONNECT_TIMEOUT=30.0, READ_TIMEOUT=30.0):
        yield


_functions: list[ModuleType] = []


def start_worker(environment: dict[str, str]) -> None:
    """Import the function once in each process, as an execution environment does."""
    os.environ.update(environment)
    with patience():
        _functions.append(load("api"))


def work(share: list[Create]) -> list[Outcome]:
    """Send a process's share, one after another."""
    return [answered(_functions[0], create) for create in share]


def answered(function: ModuleType, create: Create) -> Outcome:
    asked = create.event() | {"headers": {"Accept": "application/json"}}
    asked["multiValueHeaders"] |= {"Accept": ["application/json"]}
    sent = monotonic_ns()
    answer = function.lambda_handler(asked, Context())
    done = monotonic_ns()
    document = json.loads(answer["body"])
    return Outcome(
        create,
        answer["statusCode"],
        "Idempotent-Replayed" in answer["headers"],
        document.get("id"),
        document.get("id2"),
        sent,
        done,
    )
