"""General OData clients, each in a program in `odata/` that does the same and prints the answers.

They read the metadata, create, list with a filter, an order and a selection, follow all pages, read by key, change with
the right and with a stale If-Match and without one, and read the other entity sets.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.conftest import needs
from tests.stack.client import Stack
from tools.template import ROOT

PROGRAMS = Path(__file__).with_name("odata")
NODE = ROOT / ".local/node"
OLINGO = ROOT / ".local/olingo"
STALE = "The task has changed since you read it. Nothing was written; read it again."
SAID = """\
model Task,TaskPriority,TaskStatus,TaskType,TaskView
listed Task 0,Task 1,Task 2,Task 3,Task 4 id2,subject
read Task 0 true
changed Changed
stale {stale}
refused {refused}
priorities Normal,High
view New
"""
REFUSED = "1 field is not valid: subject"


def output(*line: str | Path, folder: Path | None = None, **environment: str) -> str:
    """The output of a program."""
    done = subprocess.run(
        line, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs_node() -> None:
    """Need the packages that `make test` sets up."""
    needs("npm")
    assert (NODE / "node_modules/@odata2ts").exists(), "The clients are not set up; run `make .local/node/.ready`."


def node(program: str, *arguments: str) -> str:
    return output("node", PROGRAMS / program, *arguments, NODE_PATH=str(NODE / "node_modules"))


def by_olingo(root: str, key: str, reference: str, _folder: Path) -> str:
    needs("java")
    needs("maven")
    assert (OLINGO / ".ready").exists(), "Olingo is not set up; run `make .local/olingo/.ready`."
    return output(
        "java", "-XX:TieredStopAtLevel=1", "-cp", f"{OLINGO}/*", PROGRAMS / "Olingo.java", root, key, reference
    )


def by_odata2ts(root: str, key: str, reference: str, folder: Path) -> str:
    needs_node()
    shutil.copy(PROGRAMS / "odata2ts.config.js", folder)
    (folder / "tsconfig.json").write_text('{"compilerOptions": {"target": "es2022", "module": "commonjs"}}')
    generator = NODE / "node_modules/@odata2ts/odata2ts/lib/run-cli.js"
    output("node", generator, folder=folder, ODATA_ROOT=root, ODATA_KEY=key)
    return node("odata2ts.cjs", root, key, reference, str(folder / "client"))


def by_odata_client(root: str, key: str, reference: str, _folder: Path) -> str:
    needs_node()
    return node("odata_client.cjs", f"{root}/", key, reference)


@pytest.mark.parametrize(
    ("client", "stale", "refused"),
    [
        (by_olingo, "412", f"422 {REFUSED}"),
        (by_odata2ts, "412", f"422 OData server responded with error: {REFUSED}"),
        (by_odata_client, STALE, REFUSED),
    ],
)
def test_a_client_does_what_its_users_do(
    stack: Stack, tmp_path: Path, client: Callable[[str, str, str, Path], str], stale: str, refused: str
) -> None:
    said = client(f"{stack.base_url}/api", stack.alpha_key, uuid4().hex, tmp_path)
    assert said == SAID.format(stale=stale, refused=refused)
