"""`make run`, and the documents' commands for it."""

import json
import os
import re
import signal
import sys
import urllib.request
from collections.abc import Iterator
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest

from tests.faults.proxy import Fault, FaultProxy, Kind
from tests.newcomer import readme
from tests.newcomer.conftest import Folder
from tests.stack.client import Client
from tests.stack.test_http import SAMPLE_ID

ENVIRONMENT = readme.blocks("Call it", "sh")[0].splitlines()[0]
PYTHON = sys.executable
ADDING = "Append to a remark"


@pytest.fixture(scope="module")
def shown(folder: Folder) -> Iterator[str]:
    """The output of a running `make run`."""
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


DRY = """
make() { case $1 in documents|*.ready) command make "$@";; *) command make --dry-run "$@" >/dev/null;; esac; }
export PYTEST_ADDOPTS=--collect-only
"""
"""Targets that serve, or that test what this tests, are only looked up."""

NO_AWS = "aws() { :; }\n"
"""Blocks that need AWS are only parsed by the shell."""


@pytest.mark.parametrize("terminal", [each for each in readme.terminals() if not each.needs], ids=attrgetter("place"))
def test_what_a_page_gives_to_paste(folder: Folder, shown: str, terminal: readme.Terminal) -> None:
    folder.paste(f"{DRY}{terminal.lines}")


@pytest.mark.parametrize("terminal", [each for each in readme.terminals() if each.needs], ids=attrgetter("place"))
def test_what_a_page_says_that_it_needs(folder: Folder, shown: str, terminal: readme.Terminal) -> None:
    assert terminal.needs in ("AWS", "Docker", "Powertools")  # tests/newcomer/test_sam_local.py, tests/events
    if terminal.needs == "AWS":
        folder.paste(f"{DRY}{NO_AWS}{terminal.lines}")


def test_a_program_that_is_repeated_makes_one_task(folder: Folder, shown: str) -> None:
    [program] = readme.blocks("In Python", "python")
    (folder.path / ".local/call_it.py").write_text(program)
    first, second = folder.paste(f"{ENVIRONMENT}\n{PYTHON} .local/call_it.py; {PYTHON} .local/call_it.py").splitlines()
    assert first.startswith("201 ")
    assert first == second


LOST = pytest.mark.parametrize("lost", [Kind.RESET_AFTER, Kind.CUT_SHORT], ids=attrgetter("name"))


@LOST
def test_curl_repeats_a_create_whose_answer_was_lost(folder: Folder, named: dict[str, str], lost: Kind) -> None:
    [block] = readme.blocks("How to retry", "sh")
    block = block.replace("order-4711", str(uuid4()))
    with FaultProxy(named["AWS_ENDPOINT_URL"]) as proxy:
        proxy.plan([Fault(lost)])
        folder.paste(through(proxy, named, block))
        assert [request.status for request in proxy.requests] == [201, 201]
        proxy.plan([Fault(lost)])
        with pytest.raises(AssertionError, match="curl: "):
            folder.paste(through(proxy, named, block.replace(" --retry-all-errors", "")))
        assert len(proxy.requests) == 1


def through(proxy: FaultProxy, named: dict[str, str], lines: str) -> str:
    """Return lines whose requests go through a proxy."""
    address = named["BASE_URL"].replace(named["AWS_ENDPOINT_URL"], proxy.url)
    assert lines.count(ENVIRONMENT) == 1
    return lines.replace(ENVIRONMENT, f"{ENVIRONMENT}; BASE_URL={address}")


def calls_noted(named: dict[str, str]) -> int:
    """Return the number of remarks that the program of docs/changing.md has left."""
    answer = Client(named["BASE_URL"], named["ALPHA_KEY"]).get(f"/tasks/{SAMPLE_ID}")
    return (answer.document()["remark"] or "").count("Called back.")


@LOST
@pytest.mark.parametrize("nth", [1, 2], ids=["read", "change"])
def test_a_lost_answer_neither_loses_nor_repeats_a_remark(
    folder: Folder, named: dict[str, str], lost: Kind, nth: int
) -> None:
    before = calls_noted(named)
    [program] = readme.blocks(ADDING, "python")
    (folder.path / ".local/change.py").write_text(program)
    with FaultProxy(named["AWS_ENDPOINT_URL"]) as proxy:
        proxy.plan([Fault(lost, nth=nth)])
        folder.paste(through(proxy, named, f"{ENVIRONMENT}\n{PYTHON} .local/change.py"))
        assert proxy.requests[nth - 1].fault is lost
    assert calls_noted(named) == before + 1


LOST_IN_TURN = [Kind.RESET_AFTER, Kind.CUT_SHORT, Kind.RESET_AFTER]


def test_an_import_makes_each_line_one_task_and_closing_closes_them_all(folder: Folder, named: dict[str, str]) -> None:
    """Over a connection that drops the answers to the first, the third and the last batch."""
    importing, closing = readme.blocks("Many tasks at once", "python")
    reference = f"PO {uuid4()}"
    lines = [f"{reference} {number},Task {number}," for number in range(250)]
    (folder.path / ".local/tasks.csv").write_text("\n".join(["customer_reference,subject,due_date", *lines]))
    (folder.path / ".local/import.py").write_text(importing)
    client = Client(named["BASE_URL"], named["ALPHA_KEY"])
    with FaultProxy(named["AWS_ENDPOINT_URL"]) as proxy:
        proxy.plan([Fault(kind, nth=nth) for kind, nth in zip(LOST_IN_TURN, (1, 3, 5), strict=True)])
        folder.paste(through(proxy, named, f"{ENVIRONMENT}\n{PYTHON} .local/import.py"))
        assert [request.fault for request in proxy.requests] == [one for lost in LOST_IN_TURN for one in (lost, None)]
    found = listed(client, f"startswith(customer_reference,'{reference} ')")
    assert [task["subject"] for task in found] == [f"Task {number}" for number in range(250)]
    assert len({task["id2"] for task in found}) == 250

    requests = [
        {"id": task["id"], "method": "PATCH", "url": f"Task({task['id']})", "body": {"customer_reference": reference}}
        for task in found
    ]
    for first in range(0, 250, 100):
        body = json.dumps({"requests": requests[first : first + 100]}).encode()
        assert client.send("POST", "/api/$batch", body, Content_Type="application/json").status == 200
    (folder.path / ".local/close.py").write_text(closing.replace("PO-1", reference))
    with FaultProxy(named["AWS_ENDPOINT_URL"]) as proxy:
        proxy.plan([Fault(kind, nth=nth) for kind, nth in zip(LOST_IN_TURN, (1, 3, 6), strict=True)])
        printed = folder.paste(through(proxy, named, f"{ENVIRONMENT}\n{PYTHON} .local/close.py"))
    assert {line.split()[1] for line in printed.splitlines()} == {"204"}
    assert [task["archived"] for task in listed(client, f"customer_reference eq '{reference}'")] == [True] * 250


def listed(client: Client, condition: str) -> list[dict[str, Any]]:
    """The tasks of a page that holds all, in the order of their numbers."""
    query = urlencode({"$filter": condition, "$orderby": "id2"})
    page = client.get(f"/tasks?{query}", Prefer="maxpagesize=500").document()
    assert "@odata.nextLink" not in page
    found: list[dict[str, Any]] = page["value"]
    return found


def test_two_programs_at_once_leave_both_remarks(named: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = calls_noted(named)
    program = compile(readme.blocks(ADDING, "python")[0], "docs/changing.md", "exec")
    send = urllib.request.urlopen
    for name in ("BASE_URL", "ALPHA_KEY"):
        monkeypatch.setenv(name, named[name])

    def after_another(request: urllib.request.Request, **options: Any) -> Any:
        if request.method == "PATCH":
            monkeypatch.setattr(urllib.request, "urlopen", send)
            exec(program, {})
        return send(request, **options)

    monkeypatch.setattr(urllib.request, "urlopen", after_another)
    exec(program, {})
    assert calls_noted(named) == before + 2


def test_send_a_command(folder: Folder, shown: str) -> None:
    [line] = [row[1].strip("`") for row in readme.rows("Companies and keys") if row[0] == "to `make run`"]
    assert json.loads(folder.paste(f"{ENVIRONMENT}\n{line}"))["key"]


def test_the_commands(folder: Folder, named: dict[str, str]) -> None:
    company, key_id, actions = str(uuid4()), "", []
    for documented in readme.commands("Companies and keys"):
        command = documented | ({"company_id": company} if "company_id" in documented else {})
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
    assert actions == ["onboard", "issue_key", "list_keys", "revoke_key", "list_companies", "erase_company"]


@pytest.mark.parametrize("to", sorted(readme.emulated("MiniStack")))
def test_what_the_emulator_answers_itself(named: dict[str, str], to: str) -> None:
    assert_as_the_readme_says(named["BASE_URL"], to, *readme.emulated("MiniStack")[to])


def assert_as_the_readme_says(base_url: str, to: str, status: int, text: str) -> None:
    stranger = Client(base_url, None)
    asked = {
        "a request without a key": lambda: stranger.get(f"/tasks/{uuid4()}"),
        "an unknown key": lambda: Client(base_url, "nonsense").get(f"/tasks/{uuid4()}"),
        "a browser's preflight (CORS)": lambda: stranger.send("OPTIONS", "/tasks", Origin="https://x.example"),
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
