"""SAM local: the functions in Lambda's containers, over a moto server with the template's tables.

`make sam-local` serves the API with `sam local start-api`; `make invoke EVENT=create_task` calls one function with a
fixture of `events/` by `sam local invoke`.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tools import demo
from tools.build import ROOT, SAM, architecture, build
from tools.local_stack import REGION
from tools.server import free_port, only_one, progress_from_now, require_free, running, serve, until_stopped
from tools.template import tables

ENVIRONMENT_FILE = ROOT / ".local/sam-local.env"
LOG_FILE = ROOT / ".local/sam-local.log"
MOTO_SERVER = ROOT / ".local/dev/bin/moto_server"
HOST_IN_CONTAINERS = "host.docker.internal"
ADD_HOST = f"{HOST_IN_CONTAINERS}:host-gateway"  # as samconfig.toml has it for SAM
PREPARED_BY = {"get_task": "create_task", "issue_key": "revoke_key"}
"""Fixtures that find something only where another one has been: a task to get, room for one more key."""


def main() -> None:
    """`start-api` until Ctrl-C, or one `invoke`."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start-api", help="the API, with two demo companies, until Ctrl-C")
    start.add_argument("--port", type=int, default=3000, help="where the API listens, on 127.0.0.1")
    one = commands.add_parser("invoke", help="one call of the function that the event is for")
    one.add_argument("event", help="a fixture of events/, like create_task, or a file")
    arguments = parser.parse_args()
    require_docker()
    with until_stopped():
        if arguments.command == "start-api":
            with only_one("make sam-local"):
                _serve(arguments.port)
        else:
            _invoke_once(arguments.event)


# ---- Docker ---------------------------------------------------------------------------------------------------------


def require_docker() -> None:
    """Raises: SystemExit: no Docker engine answers; one line says so."""
    if shutil.which("docker") is None:
        sys.exit("SAM local runs the functions in Docker, and the docker command is missing: install Docker.")
    answer = _docker("version", "--format", "{{.Server.Version}}")
    if answer.returncode:
        sys.exit(f"SAM local runs the functions in Docker, and it does not answer: {_reason(answer.stderr)}")


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def _reason(said: str) -> str:
    lines = said.strip().splitlines() or ["no reason given"]
    # The command line's own reason stands before a hint at its help.
    return next((line for line in lines if line.startswith("docker: ")), lines[-1])


def _address_for_containers() -> str:
    """Return the address of this machine to listen on for containers, which nobody outside reaches."""
    # What the engine tells us of its networks is not all there until its second start; what a container sees is.
    host = _in_container(f"import socket; print(socket.gethostbyname('{HOST_IN_CONTAINERS}'))")
    with socket.socket() as listener:
        try:
            listener.bind((host, 0))
        except OSError:
            # Docker Desktop keeps its bridge in a virtual machine, and forwards to this machine's own loopback.
            return "127.0.0.1"
    return host


def require_reachable(endpoint: str) -> None:
    """See to it that the functions will reach the database at ``endpoint``.

    Raises:
        SystemExit: a container does not reach it; one line says so.
    """
    port = endpoint.rpartition(":")[2]
    _in_container(
        f"import socket; socket.create_connection(('{HOST_IN_CONTAINERS}', {port}), timeout=5)",
        failing=f"Containers cannot reach the database, which listens at {endpoint} on this machine",
    )


def _in_container(program: str, failing: str = "A container with the functions' base image does not run") -> str:
    """Run a Python program in the functions' base image, in the network in which SAM runs them; return what it prints.

    Raises:
        SystemExit: it failed; one line says ``failing`` and why.
    """
    line = ["run", "--rm", "--add-host", ADD_HOST, "--entrypoint", "/var/lang/bin/python3.13"]
    done = _docker(*line, f"public.ecr.aws/lambda/python:3.13-{architecture()}", "-c", program)
    if done.returncode:
        sys.exit(f"{failing}: {_reason(done.stderr)}")
    return done.stdout.strip()


# ---- The database ---------------------------------------------------------------------------------------------------


@contextmanager
def database() -> Iterator[str]:
    """A moto server with the template's tables and nothing in them; the address by which this machine reaches it.

    Raises:
        SystemExit: it did not start, or the functions would not reach it; stderr says which and why.
    """
    host, port = _address_for_containers(), free_port()
    endpoint = f"http://{host}:{port}"
    with running(
        [MOTO_SERVER, "--host", host, "--port", str(port)], answers_at=endpoint, log_file=ROOT / ".local/moto.log"
    ):
        require_reachable(endpoint)
        make_tables(endpoint)
        yield endpoint


def make_tables(endpoint: str) -> None:
    """Make the template's tables, named by their logical ids, as SAM local names them to the functions."""
    client = dynamodb(endpoint)
    for table in tables():
        client.create_table(**table)


def dynamodb(endpoint: str) -> Any:
    """A boto3 client for a local database."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1}),
    )


def _running_database() -> str | None:
    """The address of the database of a `make sam-local` that runs, if one does."""
    named = dict(line.partition("=")[::2] for line in _lines(ENVIRONMENT_FILE))
    endpoint = named.get("AWS_ENDPOINT_URL_DYNAMODB")
    if endpoint is None:
        return None
    try:
        found = dynamodb(endpoint).list_tables()["TableNames"]
    except (BotoCoreError, ClientError):
        return None
    return endpoint if {table["TableName"] for table in tables()} <= set(found) else None


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


# ---- SAM ------------------------------------------------------------------------------------------------------------


def sam_local(command: str, endpoint: str, *more: str) -> list[str]:
    """The command line of `sam local <command>` over the database at ``endpoint``; the rest is in samconfig.toml."""
    return [str(SAM), "local", command, *more, "--parameter-overrides", *parameters(endpoint)]


def parameters(endpoint: str) -> list[str]:
    """The template's parameters as SAM local has to set them, for the functions to reach the database."""
    port = endpoint.rpartition(":")[2]
    return [f"DynamoDBEndpoint=http://{HOST_IN_CONTAINERS}:{port}", f"Architecture={architecture()}"]


def _sam_environment(endpoint: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        # SAM hands the caller's credentials on to the functions; these open nothing.
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # SAM asks whose account it is, and would retry for ten seconds where there is no way to AWS.
        "AWS_ENDPOINT_URL_STS": endpoint,
    }


@contextmanager
def api(endpoint: str, port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`sam local start-api` over the database at ``endpoint``; where it answers, and its process. Needs a build.

    Raises:
        SystemExit: it did not start; what it said is on stderr.
    """
    base_url = f"http://127.0.0.1:{port}"
    line = sam_local("start-api", endpoint, "--host", "127.0.0.1", "--port", str(port))
    with running(
        line,
        answers_at=f"{base_url}/tasks/0",
        log_file=LOG_FILE,
        environment=_sam_environment(endpoint),
        stop_with=signal.SIGINT,  # on which SAM removes its containers
    ) as server:
        yield base_url, server


def invoke(event_file: Path, endpoint: str) -> subprocess.CompletedProcess[str]:
    """`sam local invoke` of the function that the event in ``event_file`` is for. Needs a build."""
    name = function_for(event_file)
    line = sam_local("invoke", endpoint, name, "--event", str(event_file))
    return subprocess.run(line, cwd=ROOT, env=_sam_environment(endpoint), capture_output=True, text=True, check=False)


def function_for(event_file: Path) -> str:
    """The logical id of the function that the event in ``event_file`` goes to.

    Raises:
        SystemExit: to none, or it is no JSON; one line says so.
    """
    try:
        event = json.loads(event_file.read_text())
    except ValueError as error:
        sys.exit(f"{event_file} is not JSON: {error}")
    named = event if isinstance(event, dict) else {}
    if "action" in named:
        return "EraseCompany" if named["action"] == "erase_company" else "OnboardCompany"
    if "methodArn" in named:
        return "Authorizer"
    method = named.get("httpMethod") or named.get("requestContext", {}).get("http", {}).get("method")
    if method not in ("GET", "POST"):
        sys.exit(f"{event_file} is neither an operator's command nor a request that a function answers.")
    return "CreateTask" if method == "POST" else "GetTask"


# ---- What make calls ------------------------------------------------------------------------------------------------


def _serve(port: int) -> None:
    require_free(port, "make sam-local")
    progress = progress_from_now()
    progress("Building functions and layers with SAM")
    build()
    progress("Starting a database that containers reach (for the first one, Docker fetches the functions' base image)")
    with database() as endpoint:
        alpha, beta = demo.seed(dynamodb(endpoint), "TasksTable", "KeysTable")
        progress("Starting sam local start-api")
        with api(endpoint, port) as (base_url, server):
            more = {"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "PARAMETERS": f"'{' '.join(parameters(endpoint))}'"}
            demo.write_environment(ENVIRONMENT_FILE, base_url, [alpha, beta], more)
            print(f"\nThe help page: {base_url}/ (to try the API out: {base_url}/console)")
            print(f"Up at {base_url}")
            print(f"The functions log to {LOG_FILE.relative_to(ROOT)}; keys and ids are in", end=" ")
            print(f"{ENVIRONMENT_FILE.relative_to(ROOT)}. To paste, in this folder:")
            print(demo.examples(base_url, alpha, beta))
            serve(server, LOG_FILE)


def _invoke_once(name: str) -> None:
    event_file = _event_file(name)
    if not event_file.is_file():
        known = ", ".join(sorted(file.stem for file in (ROOT / "events").glob("*.json")))
        sys.exit(f"There is no event {name}; give a file, or one of {known}")
    function_for(event_file)
    print("Building functions and layers with SAM …", file=sys.stderr)
    build()
    if endpoint := _running_database():
        print("Calling the function over the database of make sam-local …", file=sys.stderr)
        require_reachable(endpoint)
        sys.exit(_shown(invoke(event_file, endpoint)))
    with database() as endpoint:
        print("Calling the function over a database of its own …", file=sys.stderr)
        demo.seed(dynamodb(endpoint), "TasksTable", "KeysTable")
        if name in PREPARED_BY:
            invoke(_event_file(PREPARED_BY[name]), endpoint)
        sys.exit(_shown(invoke(event_file, endpoint)))


def _event_file(name: str) -> Path:
    fixture = ROOT / f"events/{name}.json"
    return fixture if fixture.is_file() else Path(name).resolve()


def _shown(done: subprocess.CompletedProcess[str]) -> int:
    print(done.stderr, file=sys.stderr)
    print(done.stdout)
    return done.returncode


if __name__ == "__main__":
    main()
