"""Remove from boto3 and botocore the services that the functions do not use: `python slim.py SITE_PACKAGES SOURCES…`.

To make a client, boto3 lists 400 services, reads the endpoints of all of them, and imports S3's transfer manager and a
generator of docstrings. Without these a cold start is shorter (tests/bench/README.md) and the package smaller by 25 MB.
The remaining services have everything but documentation: operations, paginators, waiters. All files keep their names
and their form, so boto3 needs no change.

The services are those that the sources name in `boto3.client("…")`. The build fails if boto3 is used in another way.
"""

import ast
import gzip
import json
import shutil
import sys
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

SHARED = ("_retry", "partitions", "sdk-default-configuration")
TRANSFER = '''"""boto3 imports this class, but nothing here transfers files to S3."""


class TransferConfig:
    pass
'''
DOCSTRING = '''"""Every docstring is empty here, because this layer lacks boto3's documentation."""


class _Docstring(str):
    def __new__(cls, *_args, **_kwargs):
        return super().__new__(cls)


def __getattr__(_name):
    return _Docstring
'''


def cut_data(data: Path, services: Set[str]) -> None:
    """Keep only these services in botocore's data folder, each of them whole except for its documentation."""
    smaller = data.with_name("smaller-data")
    for name in SHARED:
        _write(smaller / name, _read(data / name))
    endpoints = _read(data / "endpoints")
    for partition in endpoints["partitions"]:
        partition["services"] = {name: what for name, what in partition["services"].items() if name in services}
    _write(smaller / "endpoints", endpoints)
    for service in services:
        # boto3 uses the newest version of a service's interface.
        version = max(folder for folder in (data / service).iterdir() if folder.is_dir())
        for file in version.iterdir():
            name = file.name.partition(".json")[0]
            if not name.startswith("examples"):
                _write(smaller / service / version.name / name, _read(version / name))
    shutil.rmtree(data)
    smaller.rename(data)


def cut_transfer(package: Path) -> None:
    """Replace s3transfer, which imports multiprocessing, by a stub for boto3's unconditional import."""
    shutil.rmtree(package)
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "manager.py").write_text(TRANSFER)


def cut_docstrings(package: Path) -> None:
    """Keep only the parts of boto3's or botocore's ``docs`` that a client imports. The rest parses and writes HTML."""
    for path in package.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "utils.py":
            path.unlink()
    (package / "__init__.py").touch()
    (package / "docstring.py").write_text(DOCSTRING)


def services_of(sources: Sequence[Path]) -> set[str]:
    """Return the services that the Python files below ``sources`` make boto3 clients for.

    Raises:
        SystemExit: the code uses boto3 without naming the service, or not at all.
    """
    services = set()
    for file in (file for folder in sources for file in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "boto3" and node.attr != "client":
                raise SystemExit(f"{file}, line {node.lineno}: boto3.{node.attr} is not supported; call boto3.client.")
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "boto3":
                raise SystemExit(f"{file}, line {node.lineno}: import boto3, and call boto3.client.")
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "boto3.client":
                if not (node.args and isinstance(node.args[0], ast.Constant)):
                    raise SystemExit(f"{file}, line {node.lineno}: name the service in boto3.client as a literal.")
                services.add(str(node.args[0].value))
    if not services:
        raise SystemExit(f"No code in {', '.join(map(str, sources))} makes a boto3 client.")
    return services


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
    site_packages, *folders = map(Path, sys.argv[1:])
    used = services_of(folders)
    cut_data(site_packages / "botocore/data", used)
    if "s3" not in used:
        cut_transfer(site_packages / "s3transfer")
    for package in ("boto3", "botocore"):
        cut_docstrings(site_packages / package / "docs")
    shutil.rmtree(site_packages / "boto3/examples", ignore_errors=True)
