"""The layers as `sam build` makes them, for either processor and whatever machine builds."""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tools import build
from tools.build import ROOT

MACHINES = {"x86_64": 62, "arm64": 183}
"""The architectures of ELF files (e_machine)."""
UNCHECKED_HASH = 0b01
"""The flags of bytecode that is used without checking its source (PEP 552)."""


@pytest.fixture(scope="module", params=sorted(MACHINES))
def layer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The dependencies layer for a processor: SAM's build for this one; for another, make does what SAM does."""
    if request.param == build.architecture():
        return request.param, build.build().parent / "DependenciesLayer"
    folder = tmp_path_factory.mktemp("layer")
    shutil.copytree(ROOT / "layers/dependencies", folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    environment = os.environ | {
        "ARCHITECTURE": request.param,
        "ARTIFACTS_DIR": str(folder / "artifacts"),
        "PYTHON": str(ROOT / ".venv/bin/python"),
    }
    make = ["make", "--makefile", str(ROOT / "layers/Makefile"), "build-DependenciesLayer"]
    subprocess.run(make, cwd=folder / "source", env=environment, check=True, capture_output=True)
    return request.param, folder / "artifacts"


def test_compiled_packages_are_for_the_processor(layer: tuple[str, Path]) -> None:
    architecture, folder = layer
    machines = {struct.unpack_from("<H", file.read_bytes(), 18)[0] for file in folder.rglob("*.so")}
    assert machines == {MACHINES[architecture]}


def test_bytecode_is_there_and_taken_unchecked(layer: tuple[str, Path]) -> None:
    _, folder = layer
    compiled = {file.parent.parent / file.name.partition(".")[0] for file in folder.rglob("*.cpython-313.pyc")}
    assert compiled == {file.with_suffix("") for file in folder.rglob("*.py")}
    flags = {struct.unpack_from("<I", file.read_bytes(), 4)[0] for file in folder.rglob("*.pyc")}
    assert flags == {UNCHECKED_HASH}


def test_it_holds_16_mb_beside_what_boto3_brings(layer: tuple[str, Path]) -> None:
    _, folder = layer
    with_boto3 = {"botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3"}
    sizes = [
        file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and file.relative_to(folder / "python").parts[0] not in with_boto3
    ]
    assert sum(sizes) <= 16_000_000


def test_boto3_makes_every_client_of_the_functions(layer: tuple[str, Path]) -> None:
    architecture, folder = layer
    if architecture != build.architecture():
        pytest.skip("the layer is for another processor")
    program = """
import sys
import boto3
from servicedesk.store import dynamodb, event_bus, usage_plan
for client in (dynamodb.client(), usage_plan.client(), event_bus.EventBus("x")._client):
    print(boto3.__file__, *client.meta.service_model.operation_names)
client = dynamodb.client()
shown = [client.put_item, client.get_paginator("query").paginate, client.get_waiter("table_exists").wait]
shown.append(boto3.resource("dynamodb").Table("tasks").put_item)
assert [method.__doc__ for method in shown] == [""] * 4, shown
assert "html" not in sys.modules, "boto3 has brought its writer of docstrings"
"""
    path = f"{folder}/python:{ROOT}/layers/servicedesk"
    environment = {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}
    python = [sys.executable, "-S", "-c", program]
    done = subprocess.run(python, env=environment, capture_output=True, text=True, check=True)
    database, gateway, bus = (line.split() for line in done.stdout.splitlines())
    assert database[0] == gateway[0] == bus[0] == f"{folder}/python/boto3/__init__.py"
    assert {"GetItem", "PutItem", "UpdateItem"} <= set(database)
    assert "CreateApiKey" in gateway
    assert "PutEvents" in bus
