"""`python -m tests.exactly_once.worker EVENT RESULT`: a process that answers one create, to be killed meanwhile.

It reads an event from a file and leaves its answer in another one. Its environment is that of the function.
"""

import json
import sys
from pathlib import Path

from tests.api import Context, load


def main() -> None:
    """Answer the event."""
    event, result = (Path(argument) for argument in sys.argv[1:])
    answer = load("api").lambda_handler(json.loads(event.read_text()), Context())
    result.write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
