"""The boto3 that the layer brings: cut to what the functions call, and for that the same as the whole one."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from tools.template import ROOT

WHOLE = Path(botocore.__file__).parent / "data"
SOURCES = ROOT / "layers/servicedesk"
SERVICES = ("apigateway", "dynamodb", "events")


@pytest.fixture(scope="module")
def slim() -> ModuleType:
    spec = importlib.util.spec_from_file_location("slim", ROOT / "layers/dependencies/slim.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cut(slim: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("botocore") / "data"
    data.mkdir()
    for entry in WHOLE.iterdir():
        if entry.is_file():
            shutil.copy(entry, data)
        elif entry.name in SERVICES:
            shutil.copytree(entry, data / entry.name)
    slim.cut_data(data, SOURCES)
    return data


def session(data: Path) -> botocore.session.Session:
    made = botocore.session.Session()
    made.register_component("data_loader", type("Data", (Loader,), {"BUILTIN_DATA_PATH": str(data)})())
    made.set_credentials("key", "secret")
    return made


def example(shape: Shape) -> Any:
    """A value of a shape with all that is required in it, or that would otherwise be made at random."""
    match shape.type_name:
        case "structure":
            tokens = [name for name, member in shape.members.items() if "idempotencyToken" in member.metadata]  # type: ignore[attr-defined]
            return {name: example(shape.members[name]) for name in [*shape.required_members, *tokens]}  # type: ignore[attr-defined]
        case "map":
            return {"x": example(shape.value)}  # type: ignore[attr-defined]
        case "list":
            return [example(shape.member)]  # type: ignore[attr-defined]
        case "string":
            return "x"
        case kind:
            raise NotImplementedError(kind)


def requests(data: Path, service: ServiceModel, region: str, options: dict[str, Any]) -> list[tuple[str, str, bytes]]:
    """What goes over the wire for each operation of a service, up to what changes with the time."""
    client: Any = session(data).create_client(service.service_name, region_name=region, config=Config(**options))
    sent: list[tuple[str, str, bytes]] = []

    def stop(request: Any, **_: object) -> None:
        scope = request.headers["Authorization"].decode().partition("Credential=")[2].partition(",")[0]
        sent.append((request.url, scope.partition("/")[2].partition("/")[2], request.body or b""))
        raise InterruptedError

    client.meta.events.register("before-send", stop)
    for operation in service.operation_names:
        shape = service.operation_model(operation).input_shape
        assert shape
        with pytest.raises(InterruptedError):
            client._make_api_call(operation, example(shape))
    return sent


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1", "xx-new-1"])
@pytest.mark.parametrize("options", [{}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}])
def test_requests_are_the_same(cut: Path, service: str, region: str, options: dict[str, bool]) -> None:
    kept: Any = session(cut).get_service_model(service)
    assert requests(cut, kept, region, options) == requests(WHOLE, kept, region, options)


def test_it_keeps_the_services_and_operations_that_are_called(slim: ModuleType, tmp_path: Path) -> None:
    source = 'import boto3\nclient = boto3.client("sqs")\nclient.send_message(QueueUrl="x", MessageBody="x")\n'
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "caller.py").write_text(source)
    shutil.copytree(WHOLE / "sqs", tmp_path / "data" / "sqs")
    for entry in WHOLE.iterdir():
        if entry.is_file():
            shutil.copy(entry, tmp_path / "data")
    slim.cut_data(tmp_path / "data", tmp_path / "sources")
    assert session(tmp_path / "data").get_service_model("sqs").operation_names == ["SendMessage"]


def test_it_is_small(cut: Path) -> None:
    assert sum(file.stat().st_size for file in cut.rglob("*") if file.is_file()) < 300_000


def test_sources_without_a_client_fail_the_build(slim: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"No code in .+ makes a boto3 client"):
        slim.cut_data(tmp_path / "data", tmp_path)
