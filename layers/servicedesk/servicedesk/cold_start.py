"""What makes an execution environment start faster. Import this first; `make bench` shows what each measure saves.

The rest happens at build time: layers/dependencies/slim.py cuts boto3 to what the functions call, and layers/Makefile
compiles all bytecode.
"""

import gc
import os
from collections.abc import Callable
from contextlib import suppress

# Start-up imports hundreds of modules, and none of their objects is garbage. With Python's own threshold of 2,000 the
# collector would look at all of them again and again. It still runs, only less often; a request makes few cycles.
gc.set_threshold(50_000)


def warm_up(read: Callable[[], object]) -> None:
    """Call ``read`` while the function starts, where no caller waits for it: with SnapStart or provisioned concurrency.

    The first request then finds an open connection and the SDK's lazy parts loaded. A connection does not survive a
    snapshot, so with SnapStart ``read`` is called once more when a snapshot is restored. It does not matter how it
    ends.
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
