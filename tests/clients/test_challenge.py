"""Clients that send credentials only after a challenge: curl, wget, Java's and Python's own (rule 6)."""

import http.server
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest

from tests.api import Api
from tests.conftest import needs
from tools.template import resources

JAVA = Path(__file__).with_name("Authenticated.java")


@pytest.fixture
def key(api: Api) -> str:
    """The key of a company."""
    company = str(uuid4())
    api.onboard(action="onboard", company_id=company)
    issued: str = api.onboard(action="issue_key", company_id=company, label="x")["key"]
    return issued


@pytest.fixture
def address(api: Api) -> Iterator[str]:
    """The address of a server with the template's 401, and otherwise the authorizer's decision."""
    refusal = resources("AWS::Serverless::Api")["Api"]["GatewayResponses"]["UNAUTHORIZED"]
    headers = {
        name: value.strip("'")
        for name, value in refusal["ResponseParameters"]["Headers"].items()
        if value.startswith("'")
    }

    class Gateway(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if sent := self.headers["Authorization"]:
                [statement] = api.authorize(sent)["policyDocument"]["Statement"]
                self.answer(HTTPStatus.OK if statement["Effect"] == "Allow" else HTTPStatus.FORBIDDEN)
            else:
                self.answer(refusal["StatusCode"])

        def answer(self, status: int) -> None:
            self.send_response(status)
            for name, value in headers.items() if status == HTTPStatus.UNAUTHORIZED else ():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with http.server.HTTPServer(("127.0.0.1", 0), Gateway) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/tasks"
        server.shutdown()


def by_curl(address: str, user: str, password: str) -> str:
    line = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--anyauth"]
    return output(*line, "--user", f"{user}:{password}", address)


def by_wget(address: str, user: str, password: str) -> str:
    line = ["wget", "--no-config", "--quiet", "--output-document=/dev/null", "--server-response"]
    said = output(*line, f"--user={user}", f"--password={password}", address)
    return said.split("HTTP/1.")[-1].split()[1]


def by_java(address: str, user: str, password: str) -> str:
    return output("java", str(JAVA), address, user, password)


def by_python(address: str, user: str, password: str) -> str:
    handler = urllib.request.HTTPBasicAuthHandler()
    handler.add_password("Task API", address, user, password)
    with urllib.request.build_opener(handler).open(address) as answer:
        return str(answer.status)


def output(*line: str) -> str:
    """Return the output of a program. Most report the status by their exit code, too."""
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout or done.stderr


@pytest.mark.parametrize("client", [by_curl, by_wget, by_java, by_python])
@pytest.mark.parametrize("as_user", [True, False])
def test_6_gateway_a_client_that_waits_for_a_challenge_gets_in(
    address: str, key: str, client: Callable[[str, str, str], str], as_user: bool
) -> None:
    if client is not by_python:
        needs(client.__name__.removeprefix("by_"))
    user, password = (key, "unused") if as_user else ("unused", key)
    assert client(address, user, password) == "200"
