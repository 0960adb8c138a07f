"""A process that changes a task as a client does: it reads, changes, and reads again after a 412."""

import json
import os
from dataclasses import dataclass
from unittest.mock import patch

from tests.api import event, invoke, load
from tests.exactly_once.creates import patience


@dataclass(frozen=True)
class Share:
    """A process's share of the work: add these words to a task's remark, one by one."""

    company: str
    task_id: str
    words: tuple[str, ...]


def add_words(environment: dict[str, str], share: Share) -> int:
    """Do a share, and return how often another process came first."""
    with patience(), patch.dict(os.environ, environment):
        handler = load("api").lambda_handler
    met = 0
    for word in share.words:
        while True:
            path = f"/tasks/{share.task_id}"
            read = invoke(handler, event("GET", path, company=share.company))
            body = json.dumps({"remark": f"{read.document()['remark']} {word}"})
            sent = event("PATCH", path, body, headers={"If-Match": read.headers["ETag"]}, company=share.company)
            answer = invoke(handler, sent)
            if answer.status == 200:
                break
            assert answer.status == 412, answer.body
            met += 1
    return met
