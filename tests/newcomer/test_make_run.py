"""`make run`, and what the documents say to do with it."""

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.newcomer import readme
from tests.newcomer.conftest import Folder
from tests.stack.client import Client

ENVIRONMENT = readme.blocks("Call it", "sh")[0].splitlines()[0]


@pytest.fixture(scope="module")
def shown(folder: Folder) -> Iterator[str]:
    """What `make run` printed; it runs."""
    with folder.serving("run") as (_, shown):
        yield shown


@pytest.fixture
def named(folder: Folder, shown: str) -> dict[str, str]:
    """The names that `.local/demo.env` sets."""
    lines = (folder.path / ".local/demo.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def statuses(printed: str) -> list[int]:
    return [int(status) for status in re.findall(r"HTTP/1\.1 (\d+)", printed)]


def test_what_it_prints_can_be_pasted(folder: Folder, shown: str) -> None:
    assert statuses(folder.paste(shown.partition("To paste, in this folder:")[2])) == [201, 201, 200, 200, 200]


def test_call_it(folder: Folder, shown: str) -> None:
    blocks = readme.blocks("Call it", "sh")
    assert len(blocks) == 2
    assert statuses(folder.paste("".join(blocks))) == [201, 201]


def test_call_it_in_python(folder: Folder, shown: str) -> None:
    [program] = readme.blocks("In Python", "python")
    (folder.path / ".local/call_it.py").write_text(program)
    printed = folder.paste(f"{ENVIRONMENT}\n{sys.executable} .local/call_it.py; {sys.executable} .local/call_it.py")
    first, second = printed.splitlines()
    assert first.startswith("201 ")
    assert first == second


def test_how_a_client_retries(folder: Folder, shown: str) -> None:
    [line] = readme.blocks("How to retry", "sh")
    assert json.loads(folder.paste(f"{ENVIRONMENT}\n{line}"))["subject"] == "Printer on fire"


def test_find_and_follow(folder: Folder, shown: str) -> None:
    [lines] = readme.blocks("Find and follow", "sh")
    printed, documents = folder.paste(lines).strip(), []
    while printed:
        document, end = json.JSONDecoder().raw_decode(printed)
        documents.append(document)
        printed = printed[end:].strip()
    listed, task, changes = documents
    assert listed["value"]
    assert not any(entry["archived"] for entry in listed["value"])
    assert task["id2"] == 1
    assert changes.keys() >= {"value"}


def test_change_and_close(folder: Folder, shown: str) -> None:
    [program] = readme.blocks("Change and close", "python")
    (folder.path / ".local/change.py").write_text(f"{program}\nprint(call('GET', '/tasks/1')[0]['remark'])")
    assert folder.paste(f"{ENVIRONMENT}\n{sys.executable} .local/change.py").strip().endswith("Called back.")


def test_send_a_command(folder: Folder, shown: str) -> None:
    [line] = [row[1].strip("`") for row in readme.rows("Companies and keys") if row[0] == "to `make run`"]
    assert json.loads(folder.paste(f"{ENVIRONMENT}\n{line}"))["key"]


def test_the_commands(folder: Folder, named: dict[str, str]) -> None:
    company, key_id, actions = str(uuid4()), "", []
    for documented in readme.commands("Companies and keys"):
        command = documented | {"company_id": company}
        if "key_id" in command:
            command["key_id"] = key_id
        if "company_id_again" in command:
            command["company_id_again"] = company
        function = named["ERASE_COMPANY" if command["action"] == "erase_company" else "ONBOARD_COMPANY"]
        address = f"{named['AWS_ENDPOINT_URL']}/2015-03-31/functions/{function}/invocations"
        answer = json.loads(folder.paste(f"curl -s '{address}' -d '{json.dumps(command)}'"))
        assert "status" not in answer, answer
        assert "errorType" not in answer, answer
        key_id = answer.get("key_id", key_id)
        actions.append(command["action"])
    assert actions == ["onboard", "issue_key", "list_keys", "revoke_key", "erase_company"]


@pytest.mark.parametrize("to", sorted(readme.emulated("MiniStack")))
def test_what_the_emulator_answers_itself(named: dict[str, str], to: str) -> None:
    assert_as_the_readme_says(named["BASE_URL"], to, *readme.emulated("MiniStack")[to])


def assert_as_the_readme_says(base_url: str, to: str, status: int, text: str) -> None:
    stranger = Client(base_url, None)
    asked = {
        "an address that the API does not have": lambda: stranger.get("/nowhere"),
        "a request without a key": lambda: stranger.get(f"/tasks/{uuid4()}"),
        "a key that opens nothing": lambda: Client(base_url, "nonsense").get(f"/tasks/{uuid4()}"),
        "a browser that asks first (preflight)": lambda: stranger.send("OPTIONS", "/tasks", Origin="https://x.example"),
    }
    answer = asked[to]()
    assert answer.status == status
    assert text in answer.body
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_events_are_shown_as_they_happen(folder: Folder, shown: str, named: dict[str, str]) -> None:
    subject = f"Printer on fire {uuid4()}"
    with folder.running(["make", "events"]) as events:
        assert events.stdout
        assert events.stdout.readline().startswith("Waiting for events")
        assert Client(named["BASE_URL"], named["BETA_KEY"]).create({"subject": subject}).status == 201
        line = next(line for line in events.stdout if subject in line)
        assert "TaskCreated" in line
        assert named["BETA_COMPANY_ID"] in line
        os.killpg(events.pid, signal.SIGINT)
        assert events.stdout.read().endswith("Stopped.\n")


def test_a_second_one_is_refused(folder: Folder, named: dict[str, str]) -> None:
    port = urlsplit(named["BASE_URL"]).port
    assert folder.paste(f"make run PORT={port} 2>&1 || true").startswith("make run is running in this folder already")
