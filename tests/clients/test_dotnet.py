""".NET's own serializers, on Mono: create, read back to 100 ns, list (`ServiceDesk.cs`)."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import NEWTONSOFT, needs
from tests.stack.client import Stack

SOURCE = Path(__file__).with_name("ServiceDesk.cs")
REFERENCES = ("System.Net.Http.dll", "System.Runtime.Serialization.dll", "System.Xml.dll", NEWTONSOFT)
SERIALIZERS = ("ByDataContract", "ByXmlSerializer", "ByDataContractJson", "ByNewtonsoft")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, compiled."""
    needs("mono")
    program = tmp_path_factory.mktemp("dotnet") / "ServiceDesk.exe"
    line = ["mcs", f"-out:{program}", *(f"-r:{reference}" for reference in REFERENCES), str(SOURCE)]
    compiled = subprocess.run(line, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    return program


def test_dotnet_creates_reads_and_lists_by_each_serializer(program: Path, stack: Stack) -> None:
    # Mono looks for Newtonsoft.Json there. The zone is one that would show in a date that was taken as local.
    environment = os.environ | {"MONO_PATH": str(Path(NEWTONSOFT).parent), "TZ": "Asia/Kolkata"}
    line = ["mono", str(program), stack.base_url, stack.alpha_key]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    expected = [f"created and read: {name}" for name in SERIALIZERS] + [f"listed: {name}" for name in SERIALIZERS]
    assert done.stdout.splitlines() == expected
