"""`sam local invoke` does with each fixture of `events/` what its name says."""

import json
from urllib.request import Request, urlopen

import pytest

from tests.api import Context, load
from tests.integration.test_events import EXPECTED
from tools import demo, sam_local
from tools.template import ROOT, environment

FUNCTION_FOLDERS = {
    "api": "ApiFunction",
    "describe_api": "DescribeApi",
    "authorizer": "Authorizer",
    "onboard_company": "OnboardCompany",
    "erase_company": "EraseCompany",
    "publish_events": "PublishEvents",
}


@pytest.fixture
def fresh(database: str) -> str:
    """Return the database with nothing in it but the demo companies."""
    with urlopen(Request(f"{database}/moto-api/reset", method="POST")):
        pass
    sam_local.make_tables(database)
    sam_local.make_buses(database)
    demo.seed(sam_local.dynamodb(database), "TasksTable", "KeysTable")
    return database


def prepare(fixture: str, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Call in this process, which takes no container, the function of a fixture that another one needs."""
    function, _ = EXPECTED[fixture]
    for name, value in environment(FUNCTION_FOLDERS[function]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", database)
    monkeypatch.delenv("USAGE_PLAN", raising=False)  # there is no API Gateway
    event = json.loads((ROOT / f"events/{fixture}.json").read_text())
    load(function).lambda_handler(event, Context())


@pytest.mark.parametrize("fixture", sorted(EXPECTED))
def test_a_fixture_does_what_its_name_says(fresh: str, fixture: str, aws_environment: pytest.MonkeyPatch) -> None:
    if before := sam_local.PREPARED_BY.get(fixture):
        prepare(before, fresh, aws_environment)
    done = sam_local.invoke(ROOT / f"events/{fixture}.json", fresh)
    assert done.returncode == 0, done.stderr
    function, check = EXPECTED[fixture]
    if function != "describe_api":  # which imports the standard library alone, and so writes no log line of ours
        assert f'"function_name":"{FUNCTION_FOLDERS[function]}"' in done.stderr
    assert check(json.loads(done.stdout)), f"{done.stdout}{done.stderr}"
