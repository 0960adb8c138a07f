"""What makes an execution environment start faster. Import this first; `make bench` shows what each measure saves.

The rest happens at build time: layers/dependencies/slim.py leaves in boto3 what the functions use, and layers/Makefile
compiles all bytecode.
"""

import gc
import os
from collections.abc import Callable
from contextlib import suppress

_IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
_USUAL_THRESHOLD = gc.get_threshold()

if _IN_LAMBDA:
    # Start-up makes some 230,000 objects that the collector would look at, and none of them is garbage. With this
    # threshold it looks at none of them. A function that never calls warm_up still collects, only less often.
    gc.set_threshold(1_000_000)


def warm_up(read: Callable[[], object]) -> None:
    """End the start-up of a function: call this after all imports.

    What was imported is never looked at again by the garbage collector, which now runs as usual. And ``read`` is called
    where no caller waits for it: with SnapStart or provisioned concurrency.

    The first request then finds an open connection and the SDK's lazy parts loaded. A connection does not survive a
    snapshot, so with SnapStart ``read`` is called once more when a snapshot is restored. It does not matter how it
    ends.
    """
    if _IN_LAMBDA:
        gc.freeze()
        gc.set_threshold(*_USUAL_THRESHOLD)
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
