"""The botocore that the layer brings: as the whole one, for all that the functions call."""

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

from tools.template import ROOT

WHOLE = Path(botocore.__file__).parent / "data"
CALLS: dict[str, dict[str, dict[str, Any]]] = {
    "dynamodb": {
        "GetItem": {"TableName": "tasks", "Key": {"pk": {"S": "x"}}},
        "PutItem": {"TableName": "tasks", "Item": {"pk": {"S": "x"}}},
        "UpdateItem": {"TableName": "tasks", "Key": {"pk": {"S": "x"}}},
        "DeleteItem": {"TableName": "tasks", "Key": {"pk": {"S": "x"}}},
        "BatchGetItem": {"RequestItems": {"tasks": {"Keys": [{"pk": {"S": "x"}}]}}},
        "BatchWriteItem": {"RequestItems": {"tasks": [{"DeleteRequest": {"Key": {"pk": {"S": "x"}}}}]}},
        "Query": {"TableName": "tasks", "KeyConditionExpression": "pk = x"},
        "Scan": {"TableName": "tasks"},
        "TransactWriteItems": {"TransactItems": [{"Put": {"TableName": "tasks", "Item": {"pk": {"S": "x"}}}}]},
    },
    "apigateway": {
        "CreateApiKey": {"name": "x"},
        "CreateUsagePlanKey": {"usagePlanId": "x", "keyId": "x", "keyType": "API_KEY"},
        "DeleteApiKey": {"apiKey": "x"},
        "GetApiKeys": {"nameQuery": "x", "includeValues": True},
    },
}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cut", ROOT / "layers/dependencies/cut_botocore.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cut(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("botocore") / "data"
    data.mkdir()
    for entry in WHOLE.iterdir():
        if entry.is_file():
            shutil.copy(entry, data)
        elif entry.name in script.OPERATIONS:
            shutil.copytree(entry, data / entry.name)
    script.cut(data)
    return data


def requests(data: Path, service: str, region: str, options: dict[str, Any]) -> list[tuple[str, str, bytes]]:
    """What goes over the wire for each call, up to what changes with the time."""
    session = botocore.session.Session()
    session.register_component("data_loader", type("Data", (Loader,), {"BUILTIN_DATA_PATH": str(data)})())
    session.set_credentials("key", "secret")
    client: Any = session.create_client(service, region_name=region, config=Config(**options))
    sent: list[tuple[str, str, bytes]] = []

    def stop(request: Any, **_: object) -> None:
        scope = request.headers["Authorization"].decode().partition("Credential=")[2].partition(",")[0]
        sent.append((request.url, scope.partition("/")[2].partition("/")[2], request.body or b""))
        raise InterruptedError

    client.meta.events.register("before-send", stop)
    for operation, arguments in CALLS[service].items():
        with pytest.raises(InterruptedError):
            client._make_api_call(operation, arguments)
    return sent


def test_it_has_what_the_functions_call_and_nothing_else(script: ModuleType) -> None:
    assert {service: set(operations) for service, operations in script.OPERATIONS.items()} == {
        service: set(calls) for service, calls in CALLS.items()
    }


@pytest.mark.parametrize("service", sorted(CALLS))
@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1", "xx-new-1"])
@pytest.mark.parametrize("options", [{}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}])
def test_requests_are_the_same(cut: Path, service: str, region: str, options: dict[str, bool]) -> None:
    assert requests(cut, service, region, options) == requests(WHOLE, service, region, options)


def test_it_is_small(cut: Path) -> None:
    assert sum(file.stat().st_size for file in cut.rglob("*") if file.is_file()) < 300_000
