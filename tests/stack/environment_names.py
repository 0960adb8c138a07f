"""Find the environment variables that the functions' code and its libraries read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.configprovider
import botocore.session
import pydantic.plugin._loader
from aws_lambda_powertools.shared import constants

from tools.template import ROOT

PACKAGES = ROOT / "layers/servicedesk"
GIVEN_BY_LAMBDA = frozenset({"AWS_REGION", "LAMBDA_TASK_ROOT"})
"""Lambda's runtime sets these names in every function, and also those that begin with `AWS_LAMBDA_`."""


def read_by(app: Path) -> set[str]:
    """Return the names that an `app.py`, and every module of ours that it imports, read from the environment.

    Raises:
        ValueError: a name is not a literal, so this function cannot tell which variable is read.
    """
    files = _reached_from(app)
    names = {name for file in files for name in _names(ast.parse(file.read_text()), file)}
    return {name for name in names - GIVEN_BY_LAMBDA if not name.startswith("AWS_LAMBDA_")}


def read_by_libraries() -> set[str]:
    """Return the names that botocore, Powertools and pydantic know."""
    session = botocore.session.get_session()
    of_powertools = {value for value in vars(constants).values() if isinstance(value, str)}
    of_botocore = {
        name
        for _, names, _, _ in botocore.configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES.values()
        for name in (names if isinstance(names, list) else [names])
        if name
    }
    services = (session.get_service_model(name).service_id for name in ("dynamodb", "apigateway", "events"))
    endpoints = {f"AWS_ENDPOINT_URL_{service.replace(' ', '_').upper()}" for service in services}
    return of_powertools | of_botocore | endpoints | read_by(Path(pydantic.plugin._loader.__file__))


def _reached_from(app: Path) -> set[Path]:
    reached: set[Path] = set()
    to_read = {app}
    while to_read:
        file = to_read.pop()
        reached.add(file)
        to_read |= set(_imported(ast.parse(file.read_text()))) - reached
    return reached


def _imported(tree: ast.AST) -> Iterator[Path]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module), names=names):
                # A name may be a module of that package or something in it; what is no file is dropped below.
                modules = [module, *(f"{module}.{alias.name}" for alias in names)]
            case _:
                continue
        for module in modules:
            path = PACKAGES / module.replace(".", "/")
            for file in (path.with_suffix(".py"), path / "__init__.py"):
                if file.is_file():
                    yield file


def _names(tree: ast.AST, file: Path) -> Iterator[str]:
    literal: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Attribute(attr="environ") as environ, slice=ast.Constant(value=str(name))):
                literal.add(environ)
                yield name
            case ast.Call(
                func=ast.Attribute(attr="get", value=ast.Attribute(attr="environ") as environ),
                args=[ast.Constant(value=str(name)), *_],
            ):
                literal.add(environ)
                yield name
            case ast.Call(func=ast.Attribute(attr="getenv") as environ, args=[ast.Constant(value=str(name)), *_]):
                literal.add(environ)
                yield name
            case ast.Compare(
                left=ast.Constant(value=str(name)), comparators=[ast.Attribute(attr="environ") as environ]
            ):
                literal.add(environ)
                yield name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and node not in literal:
            raise ValueError(f"{file}, line {node.lineno}: which name is read?")
