"""Show the events of a running `make run`, one line for each, until Ctrl-C (`make events`).

`make run` attaches a queue to the stack's bus, as any consumer does (docs/events.md), and this reads it.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tools.build import ROOT
from tools.local_stack import LocalStack, local_client
from tools.server import until_stopped

ENVIRONMENT_FILE = ROOT / ".local/demo.env"
QUEUE = "task-events"
WAIT_SECONDS = 5


def attach(stack: LocalStack) -> str:
    """Attach a queue to the bus of a local stack, and return its URL."""
    queues, events = stack.client("sqs"), stack.client("events")
    url: str = queues.create_queue(QueueName=QUEUE)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus = stack.outputs["TaskEventsName"]
    events.put_rule(Name=QUEUE, EventBusName=bus, EventPattern=json.dumps({"source": ["servicedesk.tasks"]}))
    events.put_targets(Rule=QUEUE, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def received(queues: Any, url: str, wait_seconds: int = WAIT_SECONDS) -> Iterator[dict[str, Any]]:
    """Yield the events that the queue has, or gets within ``wait_seconds``, and delete each of them."""
    answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds)
    for message in answer.get("Messages", []):
        yield json.loads(message["Body"])
        queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def line(event: Mapping[str, Any]) -> str:
    """Return an event as one line: time, type, company, number, version, subject, actor and changed fields."""
    detail = event["detail"]
    task = detail["task"]
    words = [event["time"], event["detail-type"], detail["company_id"], f"#{task['id2']}", f"v{detail['version']}"]
    # A subject may have line breaks.
    words.append(json.dumps(task["subject"], ensure_ascii=False))
    known = [f"{name.removesuffix('_id')} {value}" for name, value in detail["actor"].items() if value]
    words.append(f"by {', '.join(known) or 'hand'}")
    return "  ".join([*words, *([", ".join(detail["changed"])] if "changed" in detail else [])])


def main() -> None:
    """Show events until Ctrl-C."""
    named = dict(text.partition("=")[::2] for text in _environment())
    queues = local_client("sqs", endpoint_url=named["AWS_ENDPOINT_URL"])
    with until_stopped():
        try:
            print("Waiting for events; Ctrl-C stops.", flush=True)
            while True:
                for event in received(queues, named["EVENTS_QUEUE"]):
                    print(line(event), flush=True)
        except (BotoCoreError, ClientError) as error:
            sys.exit(f"The service of make run does not answer: {error}")


def _environment() -> list[str]:
    if not ENVIRONMENT_FILE.exists():
        sys.exit("There are no events without a service: start one with make run in another terminal.")
    return ENVIRONMENT_FILE.read_text().splitlines()


if __name__ == "__main__":
    main()
