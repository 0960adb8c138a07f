"""OPERATING.md's procedure to restore a backup, pasted unchanged. It comes after the tests whose tables it replaces."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from servicedesk.store.task_stream import epoch_of

from tests import aws_cli
from tests.api import Answer, assert_problem
from tests.newcomer import readme
from tests.stack.client import Stack
from tests.stack.conftest import Find
from tests.stack.deployment import Deployment
from tests.stack.test_deploy import make_deploy
from tests.stack.test_events import create
from tools.local_stack import CREDENTIALS, REGION, STACK_NAME, describe
from tools.template import ROOT, resources

HEADING = "Restore a backup"
CLOSE, RESTORE, REPLACE, SET_AGAIN, OPEN, RESTORE_LOST, STOP, GO_ON = readme.blocks(HEADING, "sh")
RAISE, RAISE_LOST = cast("list[dict[str, Any]]", list(readme.commands(HEADING)))
END = "the prompt"
AWS = """
aws() {
  case "$1 $2" in
    # MiniStack lacks it, and takes another version with the same document.
    "iam set-default-policy-version") call iam create-policy-version --set-as-default --policy-arn "$4" \\
      --policy-document "$(call iam get-policy-version "${@:3}" --query PolicyVersion.Document)";;
    *) call "$@";;
  esac
}
"""

type Paste = Callable[[str], str]


@contextmanager
def terminal(deployment: Deployment) -> Iterator[Paste]:
    """A shell of the operator, with `aws` for the local stack. What is pasted returns what it prints."""
    with subprocess.Popen(
        ["bash", "-e", "-u", "-o", "pipefail"],
        cwd=ROOT,
        env=os.environ | CREDENTIALS | {"AWS_ENDPOINT_URL": deployment.stack.endpoint},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as shell:

        def paste(lines: str) -> str:
            assert shell.stdin
            assert shell.stdout
            shell.stdin.write(f"{lines}\necho {END}\n")
            shell.stdin.flush()
            printed = ""
            for line in iter(shell.stdout.readline, f"{END}\n"):
                assert line, f"{lines}\n{printed}"
                printed += line
            return printed

        paste(f"{aws_cli.FUNCTION}{AWS}STACK={STACK_NAME}")
        yield paste


def change(stack: Stack, number: int, subject: str) -> Answer:
    """Change a task's subject, whatever its version."""
    body = json.dumps({"subject": subject}).encode()
    return stack.alpha.send("PATCH", f"/tasks/{number}", body, Content_Type="application/json", If_Match="*")


def items(deployment: Deployment, table: str) -> dict[tuple[str, str], Any]:
    """All items of a table, by their keys."""
    pages = deployment.stack.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


def put_back(deployment: Deployment, table: str, before: dict[tuple[str, str], Any]) -> None:
    """Give a restored table the items of the moment that was asked for: MiniStack restores those of the present."""
    client = deployment.stack.client("dynamodb")
    for key, item in items(deployment, table).items():
        if key not in before:
            client.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})
        elif item != before[key]:
            client.put_item(TableName=table, Item=before[key])


def settings(deployment: Deployment, table: str) -> dict[str, Any]:
    """Return the settings that a restore does not bring back."""
    client = deployment.stack.client("dynamodb")
    about = client.describe_table(TableName=table)["Table"]
    backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    indexes = [{}, *({"IndexName": index["IndexName"]} for index in about["GlobalSecondaryIndexes"])]
    insights = [client.describe_contributor_insights(TableName=table, **index) for index in indexes]
    return {
        "stream": about.get("StreamSpecification", {}).get("StreamViewType"),
        "protected": about["DeletionProtectionEnabled"],
        "tags": client.list_tags_of_resource(ResourceArn=about["TableArn"])["Tags"],
        "recoverable": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        "insights": {each["ContributorInsightsStatus"] for each in insights},
    }


def raise_numbers(deployment: Deployment, command: Any) -> None:
    """Send a command, and each `next_command` of the answers."""
    while command:
        command = deployment.stack.onboard(command)["next_command"]


def room(deployment: Deployment) -> int | None:
    """Return the reserved concurrency of the API's function; None without one."""
    name = deployment.physical["ApiFunction"]
    found = deployment.stack.client("lambda").get_function_concurrency(FunctionName=name)
    limit: int | None = found.get("ReservedConcurrentExecutions")
    return limit


def deploy(deployment: Deployment, stack: Stack, stream: str, folder: Path) -> Stack:
    """Run `make deploy` with the parameter that switches the stack to a stream, which changes the stack's address."""
    config_file = folder / "samconfig.toml"
    config_file.write_text(
        f"""version = 0.1
[trial.deploy.parameters]
stack_name = "{STACK_NAME}"
region = "{REGION}"
capabilities = "CAPABILITY_IAM"
resolve_s3 = true
parameter_overrides = "Architecture=\\"x86_64\\" RestoredStreamArn=\\"{stream}\\""
"""
    )
    make_deploy(deployment.stack, config_file, "", "--yes")
    return replace(stack, base_url=describe(deployment.stack.endpoint, deployment.stack.server).base_url)


def test_after_a_restore_events_flow_and_no_number_comes_twice(
    deployment: Deployment, stack: Stack, find: Find, tmp_path: Path
) -> None:
    table, client = deployment.physical["TasksTable"], deployment.stack.client("dynamodb")
    with suppress(client.exceptions.ResourceNotFoundException):
        client.delete_table(TableName=f"{table}-restored")  # that of test_wiring.py
    kept = find(create(stack))["detail"]
    before = items(deployment, table)
    link = stack.alpha.get("/tasks/delta").document()["@odata.deltaLink"]
    lost = find(create(stack))["detail"]["task"]["id2"]
    assert change(stack, kept["task"]["id2"], "changed after the backup").status == 200

    with terminal(deployment) as paste:
        paste(CLOSE)
        for refused in (stack.alpha.create({"subject": "x"}), change(stack, lost, "x")):
            assert_problem(refused, 503, "unavailable")
            assert refused.headers["Retry-After"]
            assert "closed to writes" in refused.document()["detail"]
        assert stack.alpha.get(f"/tasks/{lost}").status == 200

        paste(RESTORE)
        put_back(deployment, f"{table}-restored", before)
        raise_numbers(deployment, RAISE)

        paste(REPLACE)
        bare = settings(deployment, table)
        assert bare == {
            "stream": None,
            "protected": False,
            "tags": [],
            "recoverable": "DISABLED",
            "insights": {"DISABLED"},
        }
        stream = paste(SET_AGAIN).splitlines()[-1]
        [tag] = resources("AWS::DynamoDB::Table")["TasksTable"]["Tags"]
        assert settings(deployment, table) == {
            "stream": "NEW_AND_OLD_IMAGES",
            "protected": True,
            "tags": [tag],
            "recoverable": "ENABLED",
            "insights": {"ENABLED"},
        }
        link = link.replace(stack.base_url, "")
        stack = deploy(deployment, stack, stream, tmp_path)
        assert_problem(change(stack, kept["task"]["id2"], "x"), 503, "unavailable")
        paste(OPEN)

    assert change(stack, kept["task"]["id2"], "changed after the restore").status == 200
    told = find("changed after the restore")["detail"]
    assert (told["version"], told["epoch"]) == (2, epoch_of(stream))
    assert told["epoch"] > kept["epoch"]
    history = stack.alpha.get(f"/tasks/{kept['task']['id']}/history").document()["value"]
    assert [entry.get("current", {}).get("subject") for entry in history] == ["changed after the restore", None]
    created = find(create(stack))["detail"]
    assert created["task"]["id2"] == lost + 1
    assert_problem(stack.alpha.get(link), 410, "gone")
    assert_problem(stack.alpha.get(f"/tasks/{lost}"), 404, "no-such-task")


def test_a_table_that_is_lost_is_restored_and_no_number_comes_twice(deployment: Deployment, stack: Stack) -> None:
    """Its stream, and the deployment that turns the stack to it, are those of the test before."""
    table, client = deployment.physical["TasksTable"], deployment.stack.client("dynamodb")
    stack = replace(stack, base_url=describe(deployment.stack.endpoint, deployment.stack.server).base_url)
    kept = stack.alpha.create({"subject": "before the backup"})
    client.create_backup(TableName=table, BackupName="last")
    lost = stack.alpha.create({"subject": "lost"})
    known = lost.document()["id2"]
    client.update_table(TableName=table, DeletionProtectionEnabled=False)
    client.delete_table(TableName=table)
    with terminal(deployment) as paste:
        paste(CLOSE)
        paste(RESTORE_LOST)
        assert_problem(stack.alpha.create({"subject": "x"}), 503, "unavailable")
        paste(SET_AGAIN)
        paste(STOP)
        assert room(deployment) == 0  # MiniStack calls it all the same
        paste(OPEN)
        raise_numbers(deployment, RAISE_LOST | {"above": known + 1_000})
        paste(GO_ON)
        assert room(deployment) is None
    assert stack.alpha.create({"subject": "x"}).document()["id2"] == known + 1_001
    assert stack.alpha.get(kept.headers["Location"]).status == 200
    assert stack.alpha.get(lost.headers["Location"]).status == 404
