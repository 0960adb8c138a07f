"""The clients' tests run against the stack of the HTTP tests: a deployed one, or `template.yaml` on MiniStack."""

from tests.stack.conftest import local_stack, stack

__all__ = ["local_stack", "stack"]
