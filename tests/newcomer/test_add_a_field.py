"""CONTRIBUTING.md's recipe for a new field, followed in a copy of the project."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent

from tests.newcomer import readme
from tests.newcomer.conftest import MADE_HERE, a_newcomers_environment
from tools.template import ROOT

FOLDERS = ("unit", "contract", "published", "events", "template_checks")
"""The folders with tests that read the declaration and need nothing but Python."""

KNOWS_THE_FIELDS = re.compile(r"\b(PAGE|FIELDS|CLIENT_FIELDS|CHANGEABLE_FIELDS)\b|def test_2_")


PYTEST = ("-q", "-p", "no:cacheprovider", "-p", "tests.newcomer.one_of_each", "-m", "not hypothesis")
"""A random value of a field tells no more than one value about a recipe, and takes most of the time."""


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


def test_the_recipe_leads_to_green_tests(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*MADE_HERE))
    (copy / ".venv").symlink_to(sys.prefix)
    (copy / ".local").symlink_to(ROOT / ".local")
    # This interpreter imports the package of the project that it was set up for, unless it finds another one before.
    environment = a_newcomers_environment() | {"PYTHONPATH": str(copy / "layers/servicedesk")}

    def run(*command: str | Path) -> None:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    for path, diff in steps():
        follow(copy / path, diff)
    run("make", "--assume-old", ".venv/.ready", "documents", "openapi")
    run(".venv/bin/ruff", "format", "--check", ".")
    run(".venv/bin/python", "-m", "tools.documents", "--check")
    run(".venv/bin/python", "-m", "pytest", *PYTEST, *knowing(copy))
    assert "`room`" in (copy / "docs/fields.md").read_text()
    assert '"room"' in (copy / "functions/describe_api/openapi.json").read_text()


def knowing(copy: Path) -> Sequence[Path]:
    """Return the files with tests that know what fields a task has."""
    files = [path for folder in FOLDERS for path in sorted((copy / "tests" / folder).glob("test_*.py"))]
    return [path for path in files if KNOWS_THE_FIELDS.search(path.read_text())]
