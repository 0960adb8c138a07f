"""What an operator reads names all that the template has."""

from pathlib import Path

import pytest

from tests.api import Api
from tools.template import ROOT, resources, template

OPERATING = (ROOT / "OPERATING.md").read_text()
EVENTS = (ROOT / "docs/events.md").read_text()
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("parameter", sorted(template()["Parameters"]))
def test_every_parameter_has_advice(parameter: str) -> None:
    assert f"`{parameter}`" in OPERATING


@pytest.mark.parametrize("alarm", sorted(resources("AWS::CloudWatch::Alarm")))
def test_every_alarm_has_a_meaning(alarm: str) -> None:
    name = resources("AWS::CloudWatch::Alarm")[alarm]["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}")
    assert f"`…{name}`" in OPERATING + EVENTS


def test_every_folder_is_in_the_layout() -> None:
    folders = {entry.name for entry in Path(ROOT).iterdir() if entry.is_dir() and not entry.name.startswith(".")}
    assert not {folder for folder in folders if f"\n{folder}/" not in README}


def test_every_field_is_in_the_table(api: Api) -> None:
    task = api.create({"subject": "x"}).task()
    assert not [name for name in task if f"\n| `{name}` |" not in README]
