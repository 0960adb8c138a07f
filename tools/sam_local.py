"""Run the functions in Lambda's containers with SAM local, over a moto server with the template's tables.

`make sam-local` serves the API with `sam local start-api`. `make invoke EVENT=create_task` calls one function with a
fixture of `events/` through `sam local invoke`.
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
from typing import Any, NoReturn

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tools import demo
from tools.build import ROOT, SAM, architecture, build
from tools.local_stack import local_client
from tools.server import free_port, only_one, progress_from_now, require_free, running, serve, until_stopped
from tools.template import buses, resources, tables

ENVIRONMENT_FILE = ROOT / ".local/sam-local.env"
LOG_FILE = ROOT / ".local/sam-local.log"
MOTO_SERVER = ROOT / ".venv/bin/moto_server"
HOST_IN_CONTAINERS = "host.docker.internal"
PREPARED_BY = {
    "get_history": "create_task",
    "get_task": "create_task",
    "get_task_by_number": "create_task",
    "get_task_view": "create_task",
    "issue_key": "revoke_key",
    "list_task_views": "create_task",
    "list_tasks": "create_task",
    "list_tasks_payload_2": "create_task",
    "replace_task_as_before": "create_task",
    "search_task_views": "create_task",
    "send_batch": "create_task",
    "update_task": "create_task",
}
"""Fixtures that need another one to run first: it creates a task, or frees one of the two keys."""


def main() -> None:
    """Serve the API until Ctrl-C, or invoke one function."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("start-api").add_argument("--port", type=int, default=3000)
    commands.add_parser("invoke").add_argument("event", help="a fixture of events/, such as create_task, or a file")
    arguments = parser.parse_args()
    require_docker()
    with until_stopped():
        if arguments.command == "invoke":
            _invoke_once(arguments.event)
        else:
            with only_one("make sam-local"):
                _serve(arguments.port)


# ---- Docker ---------------------------------------------------------------------------------------------------------


def require_docker() -> None:
    """Exit with one line unless a Docker engine answers."""
    if shutil.which("docker") is None:
        sys.exit("SAM local runs the functions in Docker, and the docker command is missing: install Docker.")
    _docker("SAM local runs the functions in Docker, and it does not answer", "version")


def require_reachable(endpoint: str) -> None:
    """Exit with one line unless the functions' containers can reach the database at ``endpoint``."""
    port = endpoint.rpartition(":")[2]
    _in_container(
        f"import socket; socket.create_connection(('{HOST_IN_CONTAINERS}', {port}), timeout=5)",
        failing=f"Containers cannot reach the database, which listens at {endpoint} on this machine",
    )


def _address_for_containers() -> str:
    """Return an address of this machine that only its containers can reach."""
    # A new engine describes its networks fully only after its second start, so we ask a container what it sees.
    host = _in_container(f"import socket; print(socket.gethostbyname('{HOST_IN_CONTAINERS}'))")
    try:
        socket.create_server((host, 0)).close()
    except OSError:
        # Docker Desktop keeps its bridge in a virtual machine and forwards it to the loopback of this machine.
        return "127.0.0.1"
    return host


def _in_container(program: str, failing: str = "A container with the functions' base image does not run") -> str:
    """Run a Python program in the functions' base image, on the network that SAM uses, and return what it prints."""
    image = f"public.ecr.aws/lambda/python:3.13-{architecture()}"
    options = ["--rm", "--add-host", f"{HOST_IN_CONTAINERS}:host-gateway", "--entrypoint", "/var/lang/bin/python3.13"]
    return _docker(failing, "run", *options, image, "-c", program)


def _docker(failing: str, *arguments: str) -> str:
    """Run a docker command and return what it prints. If it fails, exit with one line: ``failing`` and the reason."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        # The docker command prints its reason on a line before the one that refers to its help.
        sys.exit(f"{failing}: {next((line for line in lines if line.startswith('docker: ')), lines[-1])}")
    return done.stdout.strip()


# ---- The database ---------------------------------------------------------------------------------------------------


@contextmanager
def database() -> Iterator[str]:
    """Run a moto server with the template's tables, all empty, and enter the block with its address on this machine.

    Raises:
        SystemExit: it did not start, or the functions cannot reach it. The reason is on stderr.
    """
    host, port = _address_for_containers(), free_port()
    endpoint = f"http://{host}:{port}"
    command = [str(MOTO_SERVER), "--host", host, "--port", str(port)]
    with running(command, answers_at=endpoint, log_file=ROOT / ".local/moto.log"):
        require_reachable(endpoint)
        make_tables(endpoint)
        make_buses(endpoint)
        yield endpoint


def make_tables(endpoint: str) -> None:
    """Create the template's tables, named by their logical ids, as SAM local tells the functions."""
    for table in tables():
        dynamodb(endpoint).create_table(**table)


def make_buses(endpoint: str) -> None:
    """Make the template's event bus, named by its logical id."""
    for bus in buses():
        _client("events", endpoint).create_event_bus(Name=bus)


def dynamodb(endpoint: str) -> Any:
    """Return a boto3 client for a local database, without retries."""
    return _client("dynamodb", endpoint)


def _client(service: Any, endpoint: str) -> Any:
    once = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})
    return local_client(service, endpoint_url=endpoint, config=once)


@contextmanager
def _running_or_seeded_database(fixture: str) -> Iterator[str]:
    """Enter with the database of `make sam-local` if that is running, else with one seeded for the ``fixture``."""
    lines = ENVIRONMENT_FILE.read_text().splitlines() if ENVIRONMENT_FILE.exists() else []
    endpoint = dict(line.partition("=")[::2] for line in lines).get("AWS_ENDPOINT_URL_DYNAMODB")
    try:
        found = dynamodb(endpoint).list_tables()["TableNames"] if endpoint else []
    except (BotoCoreError, ClientError):
        found = []
    if endpoint and {table["TableName"] for table in tables()} <= set(found):
        print("Calling the function over the database of make sam-local …", file=sys.stderr)
        require_reachable(endpoint)
        yield endpoint
        return
    with database() as endpoint:
        print("Calling the function over a database of its own …", file=sys.stderr)
        demo.seed(dynamodb(endpoint), "TasksTable", "KeysTable")
        if fixture in PREPARED_BY:
            invoke(ROOT / f"events/{PREPARED_BY[fixture]}.json", endpoint)
        yield endpoint


# ---- SAM ------------------------------------------------------------------------------------------------------------


def parameters(endpoint: str) -> list[str]:
    """Return the template's parameters, with which functions in containers reach the database at ``endpoint``."""
    port = endpoint.rpartition(":")[2]
    return [f"DynamoDBEndpoint=http://{HOST_IN_CONTAINERS}:{port}", f"Architecture={architecture()}"]


def _sam_local(endpoint: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return a command line of `sam local` and its environment; `samconfig.toml` has the constant options."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        # SAM passes the caller's credentials to the functions, so these are dummies.
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # SAM asks STS for the account, and without a network it would retry for ten seconds.
        "AWS_ENDPOINT_URL_STS": endpoint,
    }
    return [str(SAM), "local", *arguments, "--parameter-overrides", *parameters(endpoint)], environment


@contextmanager
def api(endpoint: str, port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve the built API over the database at ``endpoint``, and enter the block with its address and its process.

    Raises:
        SystemExit: SAM did not start. Its output is on stderr.
    """
    base_url = f"http://127.0.0.1:{port}"
    command, environment = _sam_local(endpoint, "start-api", "--host", "127.0.0.1", "--port", str(port))
    with running(
        command,
        answers_at=f"{base_url}/tasks/0",
        log_file=LOG_FILE,
        environment=environment,
        stop_with=signal.SIGINT,  # SAM removes its containers on this signal
    ) as server:
        yield base_url, server


def invoke(event_file: Path, endpoint: str) -> subprocess.CompletedProcess[str]:
    """Invoke the built function that the event in ``event_file`` is for, and return what SAM printed."""
    command, environment = _sam_local(endpoint, "invoke", function_for(event_file), "--event", str(event_file))
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def function_for(event_file: Path) -> str:
    """Return the logical id of the function that the event in ``event_file`` is for, or exit with one line."""
    try:
        event = json.loads(event_file.read_text())
    except ValueError as error:
        sys.exit(f"{event_file} is not JSON: {error}")
    named = event if isinstance(event, dict) else {}
    if "Records" in named:
        return "PublishEvents"
    if "action" in named:
        return "EraseCompany" if named["action"] == "erase_company" else "OnboardCompany"
    if "methodArn" in named:
        return "Authorizer"
    if named.keys() >= {"httpMethod", "path"} or "routeKey" in named:
        open_pages = [
            entry["Properties"]["Path"]
            for entry in resources("AWS::Serverless::Function")["DescribeApi"]["Events"].values()
        ]
        # Events of version 2.0 have method and path in one member.
        path = named.get("resource") or named.get("routeKey", "").partition(" ")[2]
        return "DescribeApi" if path in open_pages else "ApiFunction"
    sys.exit(f"{event_file} is neither an operator's command nor a request that a function answers.")


# ---- The commands of make -------------------------------------------------------------------------------------------


def _serve(port: int) -> None:
    require_free(port, "make sam-local")
    progress = progress_from_now()
    progress("Building functions and layers with SAM")
    build()
    progress(
        "Starting a database that containers reach (before the first one, Docker fetches the functions' base image)"
    )
    with database() as endpoint:
        alpha, beta = demo.seed(dynamodb(endpoint), "TasksTable", "KeysTable")
        progress("Starting sam local start-api")
        with api(endpoint, port) as (base_url, server):
            more = {"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "PARAMETERS": f"'{' '.join(parameters(endpoint))}'"}
            demo.write_environment(ENVIRONMENT_FILE, base_url, [alpha, beta], more)
            print(f"\nThe help page: {base_url}/ (to try the API out: {base_url}/console)")
            print(f"Up at {base_url}")
            print(f"The functions log to {LOG_FILE.relative_to(ROOT)}. Keys and ids are in", end=" ")
            print(f"{ENVIRONMENT_FILE.relative_to(ROOT)}. To paste, in this folder:")
            print(demo.examples(base_url, alpha, beta))
            serve(server, LOG_FILE)


def _invoke_once(name: str) -> NoReturn:
    fixture = ROOT / f"events/{name}.json"
    event_file = fixture if fixture.is_file() else Path(name).resolve()
    if not event_file.is_file():
        known = ", ".join(sorted(file.stem for file in (ROOT / "events").glob("*.json")))
        sys.exit(f"There is no event {name}; give a file, or one of {known}")
    function_for(event_file)
    print("Building functions and layers with SAM …", file=sys.stderr)
    build()
    with _running_or_seeded_database(name) as endpoint:
        done = invoke(event_file, endpoint)
    print(done.stderr, file=sys.stderr)
    print(done.stdout)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
