"""A deployed stack as CloudFormation and Lambda know it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.local_stack import LocalStack


@dataclass(frozen=True)
class Deployment:
    """A stack, and what CloudFormation calls its parts."""

    stack: LocalStack
    physical: Mapping[str, str]

    def function(self, logical_id: str) -> dict[str, Any]:
        """Return the deployed configuration of a function."""
        found: dict[str, Any] = self.stack.client("lambda").get_function_configuration(
            FunctionName=self.physical[logical_id]
        )
        return found

    def role(self, logical_id: str) -> str:
        """Return the name of a function's role."""
        return str(self.function(logical_id)["Role"]).rpartition("/")[2]

    def invoke(self, logical_id: str, sent: Any) -> dict[str, Any]:
        """Return what a function returns, or the description of its failure, which has an `errorType`."""
        answer = self.stack.client("lambda").invoke(
            FunctionName=self.physical[logical_id], Payload=json.dumps(sent).encode()
        )
        returned: dict[str, Any] = json.load(answer["Payload"])
        return returned
