"""A process that changes a task as a client does: it reads, changes, and reads again where it meets a 412."""

import json
import os
from dataclasses import dataclass
from types import ModuleType
from unittest.mock import patch

from tests.api import event, invoke, load
from tests.exactly_once.creates import patience


@dataclass(frozen=True)
class Share:
    """What a process is to do: add these words to a task's remark, one by one."""

    company: str
    task_id: str
    words: tuple[str, ...]


def add_words(environments: dict[str, dict[str, str]], share: Share) -> int:
    """Do a share; how often another process came first."""
    functions: dict[str, ModuleType] = {}
    with patience():
        for function, environment in environments.items():
            with patch.dict(os.environ, environment):
                functions[function] = load(function)
    met = 0
    for word in share.words:
        while True:
            path = f"/tasks/{share.task_id}"
            read = invoke(functions["get_task"].lambda_handler, event("GET", path, company=share.company))
            body = json.dumps({"remark": f"{read.document()['remark']} {word}"})
            sent = event("PATCH", path, body, headers={"If-Match": read.headers["ETag"]}, company=share.company)
            answer = invoke(functions["update_task"].lambda_handler, sent)
            if answer.status == 200:
                break
            assert answer.status == 412, answer.body
            met += 1
    return met
