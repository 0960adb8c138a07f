"""The template as CloudFormation gets it."""

from dataclasses import dataclass
from typing import Any

import pytest

from tools import template


@dataclass(frozen=True)
class Translated:
    """What SAM makes of `template.yaml`, every parameter at its default."""

    template: dict[str, Any]

    @property
    def api(self) -> dict[str, Any]:
        """The OpenAPI document that API Gateway imports."""
        body: dict[str, Any] = self.template["Resources"]["Api"]["Properties"]["Body"]
        return body

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """All resources of one type, by logical id."""
        return {name: about for name, about in self.template["Resources"].items() if about["Type"] == kind}

    def properties(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of one type, by logical id."""
        return {name: about["Properties"] for name, about in self.of_type(kind).items()}


@pytest.fixture(scope="package")
def translated() -> Translated:
    """Translated by SAM itself."""
    return Translated(template.translated())
