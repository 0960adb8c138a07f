"""Cut boto3 and botocore to what the functions call.

`python slim.py SITE_PACKAGES SOURCES`, at build time. To make a client, boto3 reads the models of the client's service,
950 services' endpoints and the partitions, and it imports S3's transfer manager. Without the rest a cold start is
shorter (tests/bench/README.md) and the package smaller by 28 MB. All files keep their names and their form, so boto3
reads them as it reads its own.

What is kept follows from the code: the services of its `boto3.client("…")`, and those of their operations that it calls
as methods, such as `put_item`.
"""

import ast
import gzip
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHARED = ("_retry", "partitions", "sdk-default-configuration")
TRANSFER = '''"""boto3 looks at this class when it is imported. Nothing here transfers files to S3."""


class TransferConfig:
    pass
'''


def cut_data(data: Path, sources: Path) -> None:
    """Cut the services' models in botocore's data folder to the calls in the Python files below ``sources``."""
    services, methods = _calls(sources)
    if not services:
        raise SystemExit(f"No code in {sources} makes a boto3 client.")
    smaller = data.with_name("smaller-data")
    for name in SHARED:
        _write(smaller / name, _read(data / name))
    endpoints = _read(data / "endpoints")
    for partition in endpoints["partitions"]:
        partition["services"] = {name: what for name, what in partition["services"].items() if name in services}
    _write(smaller / "endpoints", endpoints)
    for service in services:
        version = max(folder for folder in (data / service).iterdir() if folder.is_dir())
        into = smaller / service / version.name
        model = _read(version / "service-2")
        model["operations"] = {
            name: operation for name, operation in model["operations"].items() if _method(name) in methods
        }
        used = set(_shapes(model))
        model["shapes"] = {name: shape for name, shape in model["shapes"].items() if name in used}
        _write(into / "service-2", model)
        _write(into / "endpoint-rule-set-1", _read(version / "endpoint-rule-set-1"))
    shutil.rmtree(data)
    smaller.rename(data)


def cut_transfer(package: Path) -> None:
    """Leave of s3transfer what boto3 imports whoever its client is for. It brings multiprocessing and a thread pool."""
    shutil.rmtree(package)
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "manager.py").write_text(TRANSFER)


def _calls(sources: Path) -> tuple[set[str], set[str]]:
    """Return the services that the code makes boto3 clients for, and the names of all methods that it calls."""
    services, methods = set(), set()
    for file in sources.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            methods.add(node.func.attr)
            if ast.unparse(node.func) == "boto3.client":
                services.add(ast.literal_eval(node.args[0]))
    return services, methods


def _method(operation: str) -> str:
    """Return the name of the client's method for an operation: ``put_item`` for ``PutItem``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()


def _shapes(model: Any) -> Iterator[str]:
    """Yield the names of the shapes that the model's operations refer to, however indirectly."""
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
    text = json.dumps(_without_documentation(document), separators=(",", ":"))
    (path.parent / f"{path.name}.json").write_text(text)


def _without_documentation(node: Any) -> Any:
    if isinstance(node, dict):
        bare = {name: _without_documentation(value) for name, value in node.items()}
        return {name: value for name, value in bare.items() if not (name == "documentation" and isinstance(value, str))}
    return [_without_documentation(value) for value in node] if isinstance(node, list) else node


if __name__ == "__main__":
    site_packages = Path(sys.argv[1])
    cut_data(site_packages / "botocore/data", Path(sys.argv[2]))
    cut_transfer(site_packages / "s3transfer")
    shutil.rmtree(site_packages / "boto3/examples", ignore_errors=True)
