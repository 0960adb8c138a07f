"""Layers are mounted read-only and their timestamps change: bytecode must exist, and be used without a check."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.bench.lambda_emulator import PYTHON, Build, Layout, lambda_environment, lay_out
from tools import template
from tools.build import build


@pytest.fixture(scope="module")
def built() -> Path:
    return build().parent


def compiled_at_start(function: str, layout: Layout) -> list[str]:
    """Return the sources that Python had to compile to import the function."""
    environment = lambda_environment(layout) | template.environment(function)
    command = [f"{PYTHON}", "-v", "-c", "import app"]
    start = subprocess.run(command, cwd=layout.task, env=environment, capture_output=True, text=True, check=True)
    assert f"{layout.task}/app.py" in start.stderr
    # Python says so of a source that it compiled as of bytecode that it read.
    return re.findall(r"^# code object from '?([^'\n]+\.py)'?$", start.stderr, re.MULTILINE)


@pytest.mark.parametrize("function", template.resources("AWS::Serverless::Function"))
def test_a_copy_with_new_time_stamps_compiles_nothing_at_start(function: str, built: Path, tmp_path: Path) -> None:
    assert compiled_at_start(function, lay_out(Build.of(built, function), tmp_path)) == []


def test_missing_bytecode_would_be_noticed(built: Path, tmp_path: Path) -> None:
    layout = lay_out(Build.of(built, "ApiFunction"), tmp_path)
    [bytecode] = (layout.task / "__pycache__").glob("app.*.pyc")
    bytecode.parent.chmod(0o755)
    bytecode.unlink()
    assert compiled_at_start("ApiFunction", layout) == [f"{layout.task}/app.py"]
