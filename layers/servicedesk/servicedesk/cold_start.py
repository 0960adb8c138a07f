"""Measures against slow cold starts; `make bench` shows what each of them saves.

The others are at build time: layers/dependencies/slim.py reduces boto3 to what the functions use, and layers/Makefile
compiles all bytecode.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep the garbage collector from running while a function imports its modules and makes its clients.

    Imports make some 230,000 objects, none of which is garbage. The collector never scans them later either. Outside of
    Lambda this does nothing.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def warm_up(read: Callable[[], object]) -> None:
    """Call ``read`` before the first request, with SnapStart or provisioned concurrency; ignore its errors.

    The first request then finds an open connection and the SDK's lazy parts loaded. A connection does not survive a
    snapshot, so with SnapStart ``read`` is called again whenever a snapshot is restored.
    """
    start = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE")
    if start not in ("snap-start", "provisioned-concurrency"):
        return

    def attempt() -> None:
        with suppress(Exception):
            read()

    attempt()
    if start == "snap-start":
        # Only Lambda's runtime has this module.
        from snapshot_restore_py import register_after_restore  # noqa: PLC0415

        register_after_restore(attempt)
