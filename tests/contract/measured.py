"""Answer one event in a process of its own, as Lambda does, and report the peak memory of the process.

Run with the function's `app.py` as argument, the event on standard input and the function's environment. Imports
nothing from the tests, whose memory would count.
"""

import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace


def _peak_bytes() -> int:
    # Not ru_maxrss, which a process inherits from the one that started it.
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def _main() -> None:
    spec = importlib.util.spec_from_file_location("app", sys.argv[1])
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    context = SimpleNamespace(
        function_name="function",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:function",
        aws_request_id="request",
    )
    started = _peak_bytes()
    answer = app.lambda_handler(json.load(sys.stdin), context)
    answer["body"] = answer["body"][:1000]
    print(json.dumps({"answer": answer, "started": started, "peak": _peak_bytes()}))


if __name__ == "__main__":
    _main()
