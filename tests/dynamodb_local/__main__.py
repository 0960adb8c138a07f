"""`python -m tests.dynamodb_local`: DynamoDB Local in the foreground, until Ctrl-C."""

import signal
import sys

from tests.dynamodb_local import start, unavailable


def main() -> None:
    """Prints the endpoint on standard output, then waits for Ctrl-C or SIGTERM."""
    reason = unavailable()
    if reason is not None:
        sys.exit(reason)
    ending = {signal.SIGINT, signal.SIGTERM}
    with start() as endpoint:
        signal.pthread_sigmask(signal.SIG_BLOCK, ending)
        sys.stdout.write(f"{endpoint}\n")
        sys.stdout.flush()
        signal.sigwait(ending)


if __name__ == "__main__":
    main()
