"""The logs and metrics of the functions, and the values that never appear there."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api import ALPHA, BETA
from tests.operators.every_path import IN_BASIC, KEY_ID, MARK, SECRET
from tools.template import ROOT

OUTCOMES = {
    "created": "Created",
    "created-xml": "Created",
    "replayed": "Replayed",
    "conflict": "Conflict",
    "created-by-key": "Created",
    "conflict-by-key": "Conflict",
    "no-company": "Refused",
    "invalid": "Invalid",
    "strict": "Invalid",
    "lenient": "Created",
    "malformed": "Refused",
    "malformed-xml": "Refused",
    "twice": "Refused",
    "media-type": "Refused",
    "charset": "Refused",
    "bad-key": "Refused",
    "found": "Answered",
    "absent": "Refused",
    "no-id": "Refused",
    "list": "Listed",
    "list-xml": "Listed",
    "list-refused": "Refused",
    "list-unknown-option": "Listed",
    "list-unsupported-option": "Refused",
    "list-bad-token": "Refused",
    "list-no-company": "Refused",
    "changes": "Listed",
    "views": "Listed",
    "search": "Listed",
    "search-refused": "Refused",
    "by-number": "Answered",
    "history": "Listed",
    "no-history": "Refused",
    "view": "Answered",
    "no-entity": "Refused",
    "catalogue": "Answered",
    "types": "Answered",
    "types-refused": "Refused",
    "list-crash": "Failed",
    "list-throttled": "Unavailable",
    "crash": "Failed",
    "refused-by-database": "Failed",
    "bad-parameter": "Failed",
    "throttled": "Unavailable",
    "timeout": "Unavailable",
    "crash-behind-crash": "Failed",
    "created-for-changes": "Created",
    "changed": "Changed",
    "unchanged": "Unchanged",
    "closed": "Closed",
    "reopened": "Reopened",
    "overtaken": "Conflict",
    "no-tag": "Refused",
    "bad-tag": "Refused",
    "absent-to-change": "Refused",
    "change-crash": "Failed",
    "change-throttled": "Unavailable",
    "no-event": "Failed",
    "unknown-key": "Denied",
    "unknown-key-in-basic": "Denied",
    "no-key": "Denied",
    "no-base64": "Denied",
    "issued": "Operated",
    "allowed": "Allowed",
    "authorizer-crash": "Failed",
    "authorizer-throttled": "Unavailable",
    "onboarded": "Operated",
    "issued-again": "Operated",
    "listed": "Operated",
    "refused-command": "Refused",
    "operator-crash": "Failed",
    "operator-throttled": "Unavailable",
    "onboarded-for-key": "Operated",
    "whole-key": "Refused",
    "whole-key-as-label": "Refused",
    "not-onboarded": "Refused",
    "listed-companies": "Operated",
    "raised": "Operated",
    "erasing-refused": "Refused",
    "erasing": "Operated",
    "published": "Published",
    "undelivered": "Undelivered",
    "never-delivered": "Undelivered",
    "bus-throttled": "Undelivered",
    "publishing-crash": "Failed",
    "published-change": "Published",
    "history-crash": "Undelivered",
    "history-throttled": "Undelivered",
}
"""The outcome of each call of `every_path`."""


@dataclass(frozen=True)
class Output:
    """All that the program printed: its text, its log lines by the name of the call, and its metrics in order."""

    text: str
    logs: dict[str, dict[str, Any]]
    metrics: list[dict[str, Any]]


@pytest.fixture(scope="module")
def output() -> Output:
    """Return what `every_path` prints, in a process of its own, so that nothing that it prints escapes."""
    lambda_sets = {"AWS_LAMBDA_FUNCTION_NAME": "tasks", "AWS_LAMBDA_FUNCTION_VERSION": "7"}
    environment = os.environ | lambda_sets | {"PYTHONPATH": str(ROOT / "layers/servicedesk")}
    command = [sys.executable, "-m", "tests.operators.every_path"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    logs = [line for line in lines if "_aws" not in line]
    assert len({log["function_request_id"] for log in logs}) == len(logs), "more than one line for a request"
    metrics = [line for line in lines if "_aws" in line]
    return Output(done.stdout + done.stderr, {log["function_request_id"]: log for log in logs}, metrics)


def test_nothing_that_a_client_wrote_and_no_secret_is_printed(output: Output) -> None:
    assert MARK not in output.text
    assert IN_BASIC not in output.text
    assert SECRET[9:] not in output.text
    assert "InvocationFailedError: The function failed" in output.text, "what the runtime says was not looked at"


def test_each_request_has_one_line_that_names_its_outcome(output: Output) -> None:
    assert {name: log["message"] for name, log in output.logs.items()} == OUTCOMES


def test_a_line_has_request_company_and_durations(output: Output) -> None:
    log = output.logs["created"]
    assert (log["request_id"], log["company_id"], log["key_id"]) == ("created", ALPHA, KEY_ID)
    assert (log["status"], log["level"]) == (201, "INFO")
    took = log["milliseconds"]
    assert set(took) == {"Total", "NumberLatency", "WriteLatency"}
    assert 0 < took["NumberLatency"] + took["WriteLatency"] < took["Total"]
    assert output.logs["found"]["milliseconds"].keys() == {"Total", "ReadLatency"}
    assert output.logs["list"]["milliseconds"].keys() == {"Total", "ReadLatency"}
    assert output.logs["list"]["company_id"] == ALPHA
    assert output.logs["changed"]["milliseconds"].keys() == {"Total", "ReadLatency", "WriteLatency"}
    assert output.logs["allowed"]["company_id"] == output.logs["issued"]["company_id"] == BETA
    assert output.logs["allowed"]["request_id"] == "allowed"


@pytest.mark.parametrize("name", ["created", "found", "invalid", "crash", "allowed", "no-key", "list"])
def test_a_line_has_the_name_that_no_client_can_choose(output: Output, name: str) -> None:
    assert output.logs[name]["extended_request_id"] == f"{name}="


def test_nothing_of_a_request_is_left_in_the_next_one_s_line(output: Output) -> None:
    assert "company_id" not in output.logs["no-company"]
    assert "codes" not in output.logs["conflict"]
    assert "key_id" not in output.logs["no-key"]


def test_a_refusal_s_line_names_problem_and_codes(output: Output) -> None:
    log = output.logs["invalid"]
    assert (log["status"], log["problem"]) == (422, "invalid-task")
    assert log["codes"] == ["invalid_date", "invalid_guid", "too_long", "unknown_reference"]
    assert output.logs["strict"]["codes"] == ["server_assigned", "unknown_field"]


def test_a_failure_s_line_has_its_place_and_no_message(output: Output) -> None:
    log = output.logs["refused-by-database"]
    assert log["level"] == "ERROR"
    [error] = log["error"]
    assert error["type"] == "botocore.exceptions.ClientError"
    assert error["code"] == "PutItem: ValidationException"
    assert any(place.startswith("tasks.py:") and place.endswith(" _put_new") for place in error["at"])
    types = [one["type"].rpartition(".")[2] for one in output.logs["crash-behind-crash"]["error"]]
    assert types == ["MarkedError", "ValueError", "KeyError"]


def test_the_database_s_fault_is_told_from_ours(output: Output) -> None:
    for name in ("throttled", "authorizer-throttled"):
        log = output.logs[name]
        assert log["level"] == "WARNING"
        assert log["error"][-1]["code"] == "PutItem: ThrottlingException"
    assert output.logs["timeout"]["error"][0]["type"] == "botocore.exceptions.ReadTimeoutError"


def test_a_refused_command_is_told_from_an_unavailable_database(output: Output) -> None:
    unavailable, refused = output.logs["operator-throttled"], output.logs["refused-command"]
    assert (unavailable["level"], unavailable["problem"], unavailable["codes"]) == ("WARNING", "unavailable", [])
    [error] = unavailable["error"]
    assert error["code"] == "PutItem: ThrottlingException"
    assert any(place.startswith("api_keys.py:") and place.endswith(" add") for place in error["at"])
    assert (refused["level"], refused["problem"]) == ("INFO", "invalid-command")
    assert refused["codes"] == ["invalid_guid", "required", "unknown_field"]
    assert "error" not in refused


def test_the_line_of_a_key_that_opens_nothing_names_it(output: Output) -> None:
    for name in ("unknown-key", "unknown-key-in-basic"):
        assert output.logs[name]["key_id"] == KEY_ID
        assert "company_id" not in output.logs[name]


def test_what_the_bus_did_not_take_is_told_from_our_own_failures(output: Output) -> None:
    log = output.logs["undelivered"]
    assert (log["level"], log["codes"], log["events"]) == ("WARNING", ["InternalFailure"], 1)
    assert output.logs["never-delivered"]["codes"] == ["MalformedDetail"]
    assert output.logs["bus-throttled"]["error"][-1]["code"] == "PutItem: ThrottlingException"
    assert output.logs["published"]["milliseconds"].keys() == {"Total", "BusLatency"}


# ---- Metrics --------------------------------------------------------------------------------------------------------


def test_each_request_has_one_line_of_metrics(output: Output) -> None:
    counted: Counter[str] = Counter()
    for line in output.metrics:
        [definition] = line["_aws"]["CloudWatchMetrics"]
        assert definition["Namespace"] == "TaskApi"
        of_version = [["version"]] if "Failed" in line else []
        assert sorted(definition["Dimensions"]) == [["service"], *of_version]
        assert line.get("version") == ("tasks:7" if of_version else None)
        names = {metric["Name"]: metric["Unit"] for metric in definition["Metrics"]}
        assert all(unit == ("Milliseconds" if name.endswith("Latency") else "Count") for name, unit in names.items())
        counted.update(name for name, unit in names.items() if unit == "Count")
    assert len(output.metrics) == len(OUTCOMES)
    expected = Counter(OUTCOMES.values())
    assert {name: counted[name] for name in expected} == expected
    codes = {name.removeprefix("Invalid_"): count for name, count in counted.items() if name.startswith("Invalid_")}
    assert codes == dict.fromkeys([*output.logs["invalid"]["codes"], *output.logs["strict"]["codes"]], 1)


def test_a_cold_start_is_counted_once_in_an_environment(output: Output) -> None:
    cold = ["ColdStart" in line for line in output.metrics]
    assert cold == [True] + [False] * (len(cold) - 1)


def test_number_and_write_are_measured(output: Output) -> None:
    created = next(line for line in output.metrics if line.get("request_id") == "created")
    assert created["NumberLatency"][0] > 0
    assert created["WriteLatency"][0] > 0
    assert created["company_id"] == ALPHA


def test_a_metric_is_no_dimension_s_price(output: Output) -> None:
    """AWS bills every metric name each month. There are few of them, and a new company adds none."""
    names = {metric["Name"] for line in output.metrics for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert len({name for name in names if not name.startswith("Invalid_")}) <= 25
