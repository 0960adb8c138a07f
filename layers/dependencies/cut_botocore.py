"""Cut the data in a botocore package to the services and operations that the functions call.

`python cut_botocore.py SITE_PACKAGES`, at build time. A client reads the models of its service, 950 services' endpoints
and partitions when it is made; without the rest a cold start is about 47 ms shorter (tests/bench/README.md), and the
package some 28 MB smaller. The files keep their names and form, so botocore reads them as it reads its own.
"""

import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OPERATIONS = {
    "apigateway": ("CreateApiKey", "CreateUsagePlanKey", "DeleteApiKey", "GetApiKeys"),
    "dynamodb": (
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactWriteItems",
        "UpdateItem",
    ),
}
SHARED = ("_retry", "partitions", "sdk-default-configuration")


def cut(data: Path) -> None:
    """Replace botocore's data folder by a smaller one."""
    smaller = data.with_name("smaller-data")
    for name in SHARED:
        _write(smaller / name, _read(data / name))
    endpoints = _read(data / "endpoints")
    for partition in endpoints["partitions"]:
        partition["services"] = {name: what for name, what in partition["services"].items() if name in OPERATIONS}
    _write(smaller / "endpoints", endpoints)
    for service, operations in OPERATIONS.items():
        version = max(folder for folder in (data / service).iterdir() if folder.is_dir())
        into = smaller / service / version.name
        model = _read(version / "service-2")
        model["operations"] = {name: model["operations"][name] for name in operations}
        used = set(_shapes(model))
        model["shapes"] = {name: shape for name, shape in model["shapes"].items() if name in used}
        _write(into / "service-2", model)
        _write(into / "endpoint-rule-set-1", _read(version / "endpoint-rule-set-1"))
    shutil.rmtree(data)
    smaller.rename(data)


def _shapes(model: Any) -> Iterator[str]:
    """The names of the shapes that the model's operations refer to, however indirectly."""
    todo = [model["operations"]]
    seen = set()
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            name = node.get("shape")
            if isinstance(name, str) and name not in seen:
                seen.add(name)
                todo.append(model["shapes"][name])
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
    yield from seen


def _read(path: Path) -> Any:
    plain = path.parent / f"{path.name}.json"
    packed = path.parent / f"{path.name}.json.gz"
    return json.loads(plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes()))


def _write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / f"{path.name}.json").write_text(json.dumps(_bare(document), separators=(",", ":")))


def _bare(node: Any) -> Any:
    if isinstance(node, dict):
        bare = {name: _bare(value) for name, value in node.items()}
        return {name: value for name, value in bare.items() if not (name == "documentation" and isinstance(value, str))}
    return [_bare(value) for value in node] if isinstance(node, list) else node


if __name__ == "__main__":
    cut(Path(sys.argv[1]) / "botocore/data")
