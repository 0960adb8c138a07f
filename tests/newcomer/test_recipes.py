"""CONTRIBUTING.md's recipes for a new field and a new operation, followed in a copy of the project."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from tests.newcomer import readme
from tests.newcomer.conftest import MADE_HERE, a_newcomers_environment
from tools.template import ROOT

FOLDERS = ("unit", "contract", "published", "events", "template_checks")
"""The folders with tests that read the declaration and need nothing but Python."""

KNOWS_THE_FIELDS = re.compile(r"\b(PAGE|FIELDS|CLIENT_FIELDS|CHANGEABLE_FIELDS)\b|def test_2_")


PYTEST = ("-q", "-p", "no:cacheprovider", "-p", "tests.newcomer.one_of_each", "-m", "not hypothesis")
"""For a recipe, one value of a field proves as much as many, which would take most of the time."""


def steps() -> Iterator[tuple[str, str]]:
    """Return each step's file, and the lines to add there below those that stand there."""
    for step in re.split(r"^\d\. ", readme.section("How to add a field to a task"), flags=re.MULTILINE)[1:]:
        for block in re.findall(r"^ *```diff\n(.*?)^ *```$", step, re.MULTILINE | re.DOTALL):
            [path] = [path for path in re.findall(r"`([\w./-]+)`", step) if (ROOT / path).is_file()]
            yield path, dedent(block)


def follow(path: Path, diff: str) -> None:
    """Add the lines of a step, at the end of the file where it names none to add them to."""
    lines = [line for line in diff.splitlines(keepends=True) if line.strip()]
    before = "".join(line[1:] for line in lines if line[0] == " ")
    after = "".join(line[1:] for line in lines)
    text = path.read_text()
    if before:
        assert text.count(before) == 1, f"{path}:\n{before}"
    path.write_text(text.replace(before, after) if before else f"{text}\n\n{after}")


@dataclass(frozen=True)
class Copy:
    """A copy of the project, in which commands run."""

    folder: Path

    def run(self, *command: str | Path) -> None:
        """Run a command, which has to succeed."""
        # The interpreter imports the package of the project that it was set up for, unless it finds another one before.
        environment = a_newcomers_environment() | {"PYTHONPATH": str(self.folder / "layers/servicedesk")}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the project, with the environments of this one, in which both recipes are followed."""
    folder = tmp_path_factory.mktemp("recipes") / "copy"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*MADE_HERE))
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".local").symlink_to(ROOT / ".local")
    for path, diff in steps():
        follow(folder / path, diff)
    for path, text in new_files():
        assert not (folder / path).exists()
        (folder / path).write_text(text)
    copied = Copy(folder)
    copied.run("make", "--assume-old", ".venv/.ready", "documents", "openapi")
    return copied


def new_files() -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file that the recipe for an operation has."""
    recipe = readme.section("How to add an operation")
    for step in re.split(r"^\d\. ", recipe, flags=re.MULTILINE)[1:4]:
        [path] = re.findall(r"`([\w/]+\.py)`", step)
        [text] = re.findall(r"^ *```python\n(.*?)^ *```$", step, re.MULTILINE | re.DOTALL)
        yield path, dedent(text)


def test_the_recipes_pass_the_checks(copied: Copy) -> None:
    copied.run(".venv/bin/ruff", "format", "--check", ".")
    copied.run(".venv/bin/ruff", "check", "layers", *(path for path, _ in new_files()))
    copied.run(".venv/bin/python", "-m", "tools.documents", "--check")


def test_the_recipes_lead_to_green_tests(copied: Copy) -> None:
    copied.run(".venv/bin/python", "-m", "pytest", *PYTEST, *knowing(copied.folder))


def test_what_the_recipes_add_is_published(copied: Copy) -> None:
    document = json.loads((copied.folder / "functions/describe_api/openapi.json").read_text())
    assert document["paths"]["/me"]["get"]["operationId"] == "getCaller"
    assert "room" in document["components"]["schemas"]["Task"]["properties"]
    assert "`room`" in (copied.folder / "docs/fields.md").read_text()


def knowing(copy: Path) -> Sequence[Path]:
    """Return the files with tests that know the routes, or what fields a task has."""
    files = [path for folder in FOLDERS for path in sorted((copy / "tests" / folder).glob("test_*.py"))]
    of_routes = ("test_caller.py", "test_gateway.py", "test_1_addresses.py")
    return [path for path in files if path.name in of_routes or KNOWS_THE_FIELDS.search(path.read_text())]
