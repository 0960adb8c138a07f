"""`make sam-local`, and the commands of docs/running-locally.md for it."""

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.conftest import needs
from tests.newcomer import readme
from tests.newcomer.conftest import Folder, a_newcomers_environment
from tests.newcomer.test_make_run import assert_as_the_readme_says, statuses
from tests.stack.client import Client
from tests.stack.test_http import SAMPLE_ID
from tools.server import free_port, running

MAKE_LINES, IMAGE_LINES, SAM_LINES = (block.splitlines()[1:] for block in readme.blocks("SAM local", "sh"))
ENVIRONMENT, INVOKE, START_API = SAM_LINES


@pytest.fixture(scope="module")
def shown(folder: Folder) -> Iterator[str]:
    """The output of a running `make sam-local`, whose processes and containers end with it."""
    needs("docker")
    folder.paste("\n".join(IMAGE_LINES))
    with folder.serving("sam-local") as (port, shown):
        yield shown
        log = (folder.path / ".local/sam-local.log").read_text()
        ours = set(re.findall(r"SAM_CONTAINER_ID: (\w+)", log))
        database = named_in(folder)["AWS_ENDPOINT_URL_DYNAMODB"]
        assert ours & containers()
    assert not ours & containers()
    for address in (f"http://127.0.0.1:{port}", database):
        assert not listens(address)


def named_in(folder: Folder) -> dict[str, str]:
    """The names that `.local/sam-local.env` sets."""
    lines = (folder.path / ".local/sam-local.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def containers() -> set[str]:
    """The ids of the containers that run."""
    listed = subprocess.run(["docker", "ps", "--quiet", "--no-trunc"], capture_output=True, text=True, check=True)
    return set(listed.stdout.split())


def listens(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as client:
        return client.connect_ex((address.hostname, address.port)) == 0


@pytest.fixture
def alpha(folder: Folder, shown: str) -> Client:
    named = named_in(folder)
    return Client(named["BASE_URL"], named["ALPHA_KEY"])


def test_what_it_prints_can_be_pasted(folder: Folder, shown: str) -> None:
    assert statuses(folder.paste(shown.partition("To paste, in this folder:")[2])) == [201, 201, 200, 200, 200]


def test_plain_sam_local_invoke_works_on_its_database(folder: Folder, alpha: Client) -> None:
    assert alpha.get(f"/tasks/{SAMPLE_ID}").status == 404
    answer = folder.paste(f"{ENVIRONMENT}\n{INVOKE}")
    assert json.loads(answer)["statusCode"] == 201
    assert alpha.get(f"/tasks/{SAMPLE_ID}").status == 200


def test_make_invoke_works_on_its_database(folder: Folder, alpha: Client) -> None:
    alpha.create({"id": SAMPLE_ID, "subject": "Perhaps there already"})
    answer = json.loads(folder.paste(MAKE_LINES[1]))
    assert answer["statusCode"] == 200


def test_plain_sam_local_start_api_works_on_its_database(folder: Folder, alpha: Client) -> None:
    port = free_port()
    line = START_API.replace("--port 3001", f"--port {port}")
    assert line != START_API
    base_url = f"http://127.0.0.1:{port}"
    with running(
        ["bash", "-c", f"cd '{folder.path}'; {ENVIRONMENT}; exec {line}"],
        answers_at=f"{base_url}/tasks/0",
        log_file=folder.path / ".local/plain.log",
        environment=a_newcomers_environment(),
        stop_with=signal.SIGINT,
    ):
        created = Client(base_url, alpha.key).create({"subject": "By SAM's own command"})
    assert created.status == 201, created.body
    assert alpha.get(f"/tasks/{created.document()['id']}").status == 200


@pytest.mark.parametrize("to", sorted(readme.emulated("SAM local")))
def test_what_the_emulator_answers_itself(alpha: Client, to: str) -> None:
    assert_as_the_readme_says(alpha.base_url, to, *readme.emulated("SAM local")[to])
