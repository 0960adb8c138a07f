"""The template as CloudFormation gets it."""

from dataclasses import dataclass
from typing import Any

import pytest

from tools import template


@dataclass(frozen=True)
class Translated:
    """SAM's translation of `template.yaml`, with every parameter at its default."""

    template: dict[str, Any]

    @property
    def api(self) -> dict[str, Any]:
        """Return the OpenAPI document that API Gateway imports."""
        body: dict[str, Any] = self.template["Resources"]["Api"]["Properties"]["Body"]
        return body

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return all resources of one type by their logical ids."""
        return {name: about for name, about in self.template["Resources"].items() if about["Type"] == kind}

    def properties(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of one type by their logical ids."""
        return {name: about["Properties"] for name, about in self.of_type(kind).items()}


@pytest.fixture(scope="package")
def translated() -> Translated:
    """Translate the template with SAM itself."""
    return Translated(template.translated())
