"""The function that serves the published pages, which only a build makes."""

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

from tools.build import BUILT_TEMPLATE, build


@cache
def folder() -> Path:
    """The function as it is deployed."""
    build()
    return BUILT_TEMPLATE.parent / "DescribeApi"


def load() -> ModuleType:
    """The function, imported."""
    spec = importlib.util.spec_from_file_location("describe_api_app", folder() / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
