"""The layer's boto3: reduced to the services that the code uses, and for those the same as the whole one."""

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
SOURCES = (ROOT / "layers/servicedesk", ROOT / "functions")
SERVICES = {
    "apigateway": ("CreateApiKey", "CreateUsagePlanKey", "DeleteApiKey"),
    "dynamodb": ("BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"),
    "events": ("DescribeEventBus", "PutEvents"),
    "sqs": ("SendMessage",),
}
"""The services, and operations of each whose requests are compared."""


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
    slim.cut_data(data, slim.services_of(SOURCES))
    return data


def session(data: Path) -> botocore.session.Session:
    made = botocore.session.Session()
    made.register_component("data_loader", type("Data", (Loader,), {"BUILTIN_DATA_PATH": str(data)})())
    made.set_credentials("key", "secret")
    return made


def example(shape: Shape) -> Any:
    """Return a value of a shape with its required members, and those that would otherwise be random."""
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
    """Return the HTTP request of each operation of a service, without the parts that change with time."""
    client: Any = session(data).create_client(service.service_name, region_name=region, config=Config(**options))
    sent: list[tuple[str, str, bytes]] = []

    def stop(request: Any, **_: object) -> None:
        scope = request.headers["Authorization"].decode().partition("Credential=")[2].partition(",")[0]
        sent.append((request.url, scope.partition("/")[2].partition("/")[2], request.body or b""))
        raise InterruptedError

    client.meta.events.register("before-send", stop)
    for operation in SERVICES[service.service_name]:
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


def missing(whole: Any, kept: Any) -> set[str]:
    """Return the names of the members that a document lacks, after asserting that all else is the same."""
    if isinstance(whole, dict):
        common = [missing(value, kept[name]) for name, value in whole.items() if name in kept]
        return {name for name in whole if name not in kept}.union(*common)
    if isinstance(whole, list):
        assert len(whole) == len(kept)
        return set().union(*(missing(*pair) for pair in zip(whole, kept, strict=True)))
    assert whole == kept
    return set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_lacks_nothing_but_its_documentation(cut: Path, service: str) -> None:
    [version] = (cut / service).iterdir()
    for file in version.iterdir():
        name = f"{service}/{version.name}/{file.stem}"
        whole, kept = (session(data).get_component("data_loader").load_data(name) for data in (WHOLE, cut))
        assert missing(whole, kept) <= {"documentation"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_everything_that_boto3_has_of_it(cut: Path, service: str) -> None:
    kept, whole = (session(data).create_client(service, region_name="eu-west-1") for data in (cut, WHOLE))
    assert kept.meta.service_model.operation_names == whole.meta.service_model.operation_names
    assert kept.waiter_names == whole.waiter_names
    methods = whole.meta.method_to_api_mapping
    assert [kept.can_paginate(method) for method in methods] == [whole.can_paginate(method) for method in methods]
    assert set(vars(kept.exceptions)) == set(vars(whole.exceptions))


def test_the_services_are_those_that_the_code_names(slim: ModuleType) -> None:
    assert slim.services_of(SOURCES) == set(SERVICES)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = 1", "No code in"),
        ('boto3.resource("dynamodb")', "line 2: boto3.resource"),
        ('boto3.session.Session().client("sqs")', "line 2: boto3.session"),
        ("boto3.client(service)", "line 2: name the service"),
        ('boto3.client(service_name="sqs")', "line 2: name the service"),
        ("from boto3 import client", "line 2: import boto3"),
        ("from boto3.session import Session", "line 2: import boto3"),
    ],
)
def test_a_use_of_boto3_that_tells_no_service_fails_the_build(
    slim: ModuleType, tmp_path: Path, code: str, said: str
) -> None:
    (tmp_path / "app.py").write_text(f"import boto3\n{code}\n")
    with pytest.raises(SystemExit, match=said):
        slim.services_of([tmp_path])


def test_it_is_small(cut: Path) -> None:
    assert sum(file.stat().st_size for file in cut.rglob("*") if file.is_file()) < 500_000
