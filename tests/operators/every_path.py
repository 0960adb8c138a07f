"""A program that calls every function with every outcome, with a mark in every value that must not be logged.

It prints Lambda's log: the functions' own output and the runtime's report of an uncaught exception. `test_signals` runs
it as `python -m tests.operators.every_path`.
"""

import base64
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, ParamValidationError, ReadTimeoutError
from servicedesk.store import dynamodb

from tests.api import ALPHA, BETA, Api, Context, event
from tests.conftest import all_functions, moto_tables, without_account
from tests.events.bus import stream_arn
from tests.operators.clients import Altered, functions_over, raising

MARK = "ZEBRA7f3a"
"""The mark in every text and every secret below."""

SECRET = f"{MARK}{'s' * 34}"
KEY_ID = "0123456789abcdef"
IN_BASIC = base64.b64encode(f"{KEY_ID}.{SECRET}".encode()).decode()
FULL = {
    "subject": MARK,
    "remark": MARK,
    "customer_reference": MARK,
    "reference_back_office": MARK,
    "to_db_table_name": "project",
}
COMPLETED = "a9f4b6e7-2d38-4c5a-b1e9-8c7d6f5e4a04"
JSON, XML = {"Content-Type": "application/json"}, {"Content-Type": "application/xml"}


def request_ids(name: str) -> dict[str, str]:
    """Return a request's two ids: the one that its client can choose, and API Gateway's own."""
    return {"requestId": name, "extendedRequestId": f"{name}="}


class MarkedError(Exception):
    """An exception that quotes what it should not."""

    def __init__(self) -> None:
        super().__init__(f"cannot handle {MARK}")
        self.add_note(f"while reading {MARK}")


def client_error(code: str) -> ClientError:
    """Return an error of DynamoDB whose message quotes a value, as its messages can."""
    return ClientError({"Error": {"Code": code, "Message": f"The value {MARK} is not valid"}}, "PutItem")


def text(body: object) -> str:
    """Return a body as JSON without the help of the code under test."""
    return str(body).replace("'", '"')


class Paths:
    """The calls. Each has a name, which its log line has as the request's id."""

    def __init__(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        self.api = api
        self.monkeypatch = monkeypatch

    @contextmanager
    def over(self, **operations: Callable[..., Any]) -> Iterator[None]:
        """Call functions over a database with some operations replaced, in the block."""
        before, self.api = self.api, functions_over(Altered(dynamodb.client(), **operations))
        yield
        self.api = before

    def invoke(self, handler: Callable[..., Any], sent: object, name: str) -> Any:
        """Call a handler as Lambda's runtime does, and print what the runtime prints of its exceptions."""
        try:
            return handler(sent, Context(aws_request_id=name))
        except Exception:
            traceback.print_exc()

    def create(self, name: str, body: str, headers: dict[str, str] = JSON, company: str | None = ALPHA) -> None:
        sent = event(body=body, headers=headers, company=company)
        sent["requestContext"] |= request_ids(name)
        self.invoke(self.api.api.lambda_handler, sent, name)

    def get(self, name: str, task_id: str) -> None:
        sent = event("GET", f"/tasks/{task_id}", headers={"Accept": MARK})
        sent["requestContext"] |= request_ids(name)
        self.invoke(self.api.api.lambda_handler, sent, name)

    def change(self, name: str, task_id: str, body: str, **headers: str) -> None:
        sent = event("PATCH", f"/tasks/{task_id}", body, headers={**JSON, **headers})
        sent["requestContext"] |= request_ids(name)
        self.invoke(self.api.api.lambda_handler, sent, name)

    def authorize(self, name: str, authorization: str) -> None:
        sent = {"methodArn": "arn:x/v1/POST/tasks", "headers": {"Authorization": authorization, "Cookie": MARK}}
        self.invoke(self.api.authorizer.lambda_handler, sent | {"requestContext": request_ids(name)}, name)

    def onboard(self, name: str, **command: object) -> Any:
        return self.invoke(self.api.onboard_company.lambda_handler, command, name)

    def creates(self) -> None:
        """Call create and get in each way that ends by itself."""
        task = str(uuid4())
        self.create("created", text({**FULL, "id": task}))
        self.create("created-xml", f"<task><subject>{MARK}</subject><remark>{MARK}</remark></task>", XML)
        self.create("replayed", text({**FULL, "id": task}))
        self.create("conflict", text({**FULL, "id": task, "remark": "other"}))
        key = JSON | {"Idempotency-Key": MARK}
        self.create("created-by-key", text(FULL), key)
        self.create("conflict-by-key", text({"subject": f"other {MARK}"}), key)
        self.create("no-company", text(FULL), company=None)
        self.create("invalid", text({"subject": MARK * 20, "due_date": MARK, "to_db_table_name": MARK, "id": MARK}))
        not_taken = text({"subject": MARK, MARK: MARK, "company_id": MARK})
        self.create("strict", not_taken, JSON | {"Prefer": "handling=strict"})
        self.create("lenient", not_taken)
        self.create("malformed", '{"subject": "' + MARK)
        self.create("malformed-xml", f"<task><subject>{MARK}</task>", XML)
        self.create("twice", f'{{"subject": "{MARK}", "SUBJECT": "{MARK}", "{MARK}": 1}}')
        self.create("media-type", MARK, {"Content-Type": f"text/{MARK}", "Accept": f"text/{MARK}"})
        self.create("charset", MARK, {"Content-Type": f"application/json; charset={MARK}"})
        self.create("bad-key", text(FULL), JSON | {"Idempotency-Key": f"{MARK}é"})
        self.get("found", task)
        self.get("absent", str(uuid4()))
        self.get("no-id", MARK)

    def read(self, name: str, function: ModuleType, path: str, method: str = "GET", **more: Any) -> None:
        sent = event(method, path, **{"headers": {"Accept": MARK}} | more)
        sent["requestContext"] |= request_ids(name)
        self.invoke(function.lambda_handler, sent, name)

    def reads(self) -> None:
        """Read many tasks, and the catalogue, with each outcome."""
        lists, body = self.api.api, '{"archived": false}'
        wanted = {"$filter": f"contains(subject,'{MARK}')", "$top": "1"}
        self.read("list", lists, "/tasks", query=wanted, headers=JSON | {"Prefer": "maxpagesize=1"})
        self.read("list-xml", lists, "/tasks", query=wanted, headers={"Accept": "application/xml"})
        self.read("list-refused", lists, "/tasks", query={"$filter": f"contains(subject,'{MARK}"})
        self.read("list-unknown-option", lists, "/tasks", query={MARK: MARK})
        self.read("list-unsupported-option", lists, "/tasks", query={f"${MARK}": MARK})
        self.read("list-bad-token", lists, "/tasks", query={"$skiptoken": MARK})
        self.read("list-no-company", lists, "/tasks", company=None)
        self.read("changes", lists, "/tasks/delta")
        self.read("views", lists, "/api/TaskView")
        self.read("search", lists, "/api/TaskView/Search", "POST", body=body, headers=JSON)
        self.read("search-refused", lists, "/api/TaskView/Search", "POST", body=f'{{"{MARK}": "{MARK}"}}', headers=JSON)
        self.read("by-number", self.api.api, "/tasks/1")
        self.read("history", self.api.api, "/tasks/1/history")
        self.read("no-history", self.api.api, f"/tasks/{MARK}/history", query={MARK: MARK})
        self.read("view", self.api.api, "/api/TaskView(1)")
        self.read("no-entity", self.api.api, f"/api/{MARK}")
        self.read("catalogue", self.api.api, "/catalogue")
        self.read("types", self.api.api, "/api/TaskType", query={"$orderby": "name"})
        self.read("types-refused", self.api.api, "/api/TaskType", query={"$orderby": MARK})
        faults = {"list-crash": MarkedError(), "list-throttled": client_error("ThrottlingException")}
        for name, fault in faults.items():
            with self.monkeypatch.context() as patched:
                patched.setattr(lists.client, "query", raising(fault))
                self.read(name, lists, "/tasks", query=wanted)

    def changes(self) -> None:
        """Change tasks with each outcome."""
        task = str(uuid4())
        self.create("created-for-changes", text({"id": task, "subject": "x"}))
        any_version = {"If-Match": "*"}
        self.change("changed", task, text(FULL), **any_version)
        self.change("unchanged", task, text(FULL), **any_version)
        self.change("closed", task, text({"task_status_id": COMPLETED}), **any_version)
        self.change("reopened", task, text({"task_status_id": ""}), **any_version)
        self.change("overtaken", task, text({"remark": f"other {MARK}"}), **{"If-Match": f'"{MARK}"'})
        self.change("no-tag", task, text(FULL))
        self.change("bad-tag", task, text(FULL), **{"If-Match": MARK})
        self.change("absent-to-change", str(uuid4()), text(FULL), **any_version)
        faults = {"change-crash": MarkedError(), "change-throttled": client_error("ThrottlingException")}
        for name, fault in faults.items():
            with self.monkeypatch.context() as patched:
                patched.setattr(self.api.api.client, "update_item", raising(fault))
                self.change(name, task, text({"subject": f"other {MARK}"}), **any_version)

    def broken_creates(self) -> None:
        """Call create while the database or our own code fails."""
        faults = {
            "crash": MarkedError(),
            "refused-by-database": client_error("ValidationException"),
            "bad-parameter": ParamValidationError(report=f"Invalid type for subject, value: {MARK}"),
            "throttled": client_error("ThrottlingException"),
            "timeout": ReadTimeoutError(endpoint_url=f"https://{MARK}.example"),
        }
        for name, fault in faults.items():
            with self.over(put_item=raising(fault)):
                self.create(name, text(FULL))
        with self.monkeypatch.context() as patched:
            patched.setattr("servicedesk.domain.values.now", raising(chained()))
            self.create("crash-behind-crash", text(FULL))
        self.invoke(self.api.api.lambda_handler, [MARK], "no-event")

    def keys(self) -> None:
        """Call the authorizer in each way."""
        self.authorize("unknown-key", f"Bearer {KEY_ID}.{SECRET}")
        self.authorize("unknown-key-in-basic", f"Basic {IN_BASIC}")
        self.authorize("no-key", f"Bearer {MARK}")
        self.authorize("no-base64", f"Basic {MARK}!")
        self.monkeypatch.setattr("servicedesk.domain.api_key.new_secret", lambda: SECRET)
        self.onboard("onboarded-for-key", action="onboard", company_id=BETA)
        issued = self.onboard("issued", action="issue_key", company_id=BETA, label=MARK)
        self.authorize("allowed", issued["key"])
        faults = {"authorizer-crash": MarkedError(), "authorizer-throttled": client_error("ThrottlingException")}
        for name, fault in faults.items():
            with self.over(get_item=raising(fault)):
                self.authorize(name, f"Bearer {KEY_ID}.{SECRET}")

    def operators(self) -> None:
        """Send operators' commands in each way."""
        self.onboard("onboarded", action="onboard", company_id=BETA)
        self.onboard("issued-again", action="issue_key", company_id=BETA, label=MARK)
        self.onboard("listed", action="list_keys", company_id=BETA)
        self.onboard("refused-command", action="onboard", company_id=MARK, catalogue={MARK: MARK}, secret=MARK)
        faults = {"operator-crash": MarkedError(), "operator-throttled": client_error("ThrottlingException")}
        for name, fault in faults.items():
            with self.over(transact_write_items=raising(fault)):
                self.onboard(name, action="issue_key", company_id=ALPHA, label=MARK)
        self.onboard("whole-key", action="revoke_key", company_id=BETA, key_id=f"{KEY_ID}.{SECRET}")
        self.onboard("whole-key-as-label", action="issue_key", company_id=BETA, label=f"{KEY_ID}.{SECRET}")
        self.onboard("not-onboarded", action="list_keys", company_id=str(uuid4()))
        self.onboard("listed-companies", action="list_companies")
        self.onboard("raised", action="raise_numbers", above=9)
        erasing = {"action": "erase_company", "company_id": BETA}
        self.invoke(self.api.erase_company.lambda_handler, erasing | {"company_id_again": MARK}, "erasing-refused")
        self.invoke(self.api.erase_company.lambda_handler, erasing | {"company_id_again": BETA}, "erasing")

    def events(self) -> None:
        """Publish events with each outcome."""
        key = {"pk": {"S": f"COMPANY#{ALPHA}"}, "sk": {"S": f"TASK#{MARK}"}}
        fields = {"subject": {"S": MARK}, "remark": {"S": MARK}, "archived": {"BOOL": False}}
        image = key | {"fields": {"M": fields}, "modified_dateutc": {"S": MARK}, "version": {"N": "1"}}
        written = {"Keys": key, "NewImage": image, "SequenceNumber": "1"}
        sent = {"Records": [{"eventSourceARN": stream_arn(), "dynamodb": written}]}
        handler = self.api.publish_events.lambda_handler
        self.invoke(handler, sent, "published")
        refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": MARK}]}
        client = self.api.publish_events.bus._client
        with self.monkeypatch.context() as patched:
            patched.setattr(client, "put_events", lambda **_: refused)
            self.invoke(handler, sent, "undelivered")
            never = {"ErrorCode": "MalformedDetail", "ErrorMessage": MARK}
            patched.setattr(client, "put_events", lambda **_: {"FailedEntryCount": 1, "Entries": [never]})
            patched.setattr(self.api.publish_events.undelivered, "add", lambda _: None)
            self.invoke(handler, sent, "never-delivered")
            patched.setattr(client, "put_events", raising(client_error("ThrottlingException")))
            self.invoke(handler, sent, "bus-throttled")
        self.invoke(handler, {"Records": [{"dynamodb": {"Keys": MARK}}]}, "publishing-crash")
        written |= {"OldImage": image | {"fields": {"M": fields | {"remark": {"S": f"other {MARK}"}}}}}
        self.invoke(handler, sent, "published-change")
        faults = {"history-crash": MarkedError(), "history-throttled": client_error("ThrottlingException")}
        for name, fault in faults.items():
            with self.monkeypatch.context() as patched:
                patched.setattr(self.api.publish_events.history._client, "update_item", raising(fault))
                self.invoke(handler, sent, name)


def chained() -> Exception:
    """Return an exception with others behind it, one as its cause and one as its context."""
    error, cause = MarkedError(), ValueError(MARK)
    error.__cause__ = cause
    cause.__context__ = KeyError(MARK)
    return error


def main() -> None:
    """Call everything."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_account(monkeypatch)
        # Neither may make a difference.
        monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
        with moto_tables():
            paths = Paths(all_functions(monkeypatch), monkeypatch)
            paths.creates()
            paths.reads()
            paths.broken_creates()
            paths.changes()
            paths.keys()
            paths.operators()
            paths.events()


if __name__ == "__main__":
    main()
