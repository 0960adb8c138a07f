"""Run the whole service on this machine, for `make run`, with two demo companies and a first task in each."""

import argparse
from urllib.request import Request, urlopen

from tools import demo, events
from tools.build import ROOT
from tools.local_stack import LOG_FILE, deployed
from tools.server import only_one, progress_from_now, require_free, serve, until_stopped

ENVIRONMENT_FILE = ROOT / ".local/demo.env"


def main() -> None:
    """Run the service until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=4566, help="the port of 127.0.0.1 that MiniStack listens on")
    port = parser.parse_args().port
    with only_one("make run"), until_stopped():
        require_free(port, "make run")
        _run(port)


def _run(port: int) -> None:
    progress = progress_from_now()
    with deployed(port, progress) as stack:
        progress("Onboarding the demo companies Alpha and Beta")
        alpha, beta = (demo.onboard(company, stack.onboard) for company in (demo.ALPHA, demo.BETA))
        # Before the first task, so that the queue gets all events.
        events_queue = events.attach(stack)
        more = {
            "AWS_ENDPOINT_URL": stack.endpoint,
            "ONBOARD_COMPANY": stack.outputs["OnboardCompanyName"],
            "ERASE_COMPANY": stack.outputs["EraseCompanyName"],
            "EVENTS_QUEUE": events_queue,
        }
        demo.write_environment(ENVIRONMENT_FILE, stack.base_url, [alpha, beta], more)
        for company, kind in ((alpha, "json"), (beta, "xml")):
            progress(f"Creating the published page's {kind.upper()} sample for {company.name.title()}")
            print(_create_sample(stack.base_url, company, kind))
        print(f"\nThe help page: {stack.base_url}/ (to try the API out: {stack.base_url}/console)")
        print(f"Up at {stack.base_url}")
        print("`make events` shows, in another terminal, the events of tasks live.")
        print(f"Keys and ids are in {ENVIRONMENT_FILE.relative_to(ROOT)}. To paste, in this folder:")
        print(demo.examples(stack.base_url, alpha, beta))
        serve(stack.server, LOG_FILE)


def _create_sample(base_url: str, company: demo.Company, kind: str) -> str:
    body = (ROOT / f"events/bodies/published.{kind}").read_bytes()
    headers = {"Authorization": f"Bearer {company.key}", "Content-Type": f"application/{kind}"}
    request = Request(f"{base_url}/tasks", data=body, headers=headers)
    with urlopen(request) as answer:
        shown = [f"{answer.status} {answer.reason}"]
        shown += [f"{name}: {answer.headers[name]}" for name in ("Location", "Ignored-Fields", "Content-Type")]
        return "\n".join(f"        {line}" for line in [*shown, answer.read().decode()])


if __name__ == "__main__":
    main()
