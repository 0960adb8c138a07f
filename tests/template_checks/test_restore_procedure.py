"""OPERATING.md's procedure to restore a backup covers every setting of the template."""

import json
import re

from tests.template_checks.conftest import Translated
from tools.template import ROOT, template

PAGE = (ROOT / "OPERATING.md").read_text()
PROCEDURE = PAGE[PAGE.index("## Restore a backup") : PAGE.index("## Roll out and roll back")]
SETTINGS = {
    "StreamSpecification": "--stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES",
    "PointInTimeRecoverySpecification": "update-continuous-backups",
    "DeletionProtectionEnabled": "--deletion-protection-enabled",
    "ContributorInsightsSpecification": "update-contributor-insights",
    "TimeToLiveSpecification": "update-time-to-live",
    "Tags": "tag-resource",
}
"""The settings of a table that DynamoDB does not restore, and the commands that set them again."""
RESTORED = {"BillingMode", "SSESpecification", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"}


def test_every_setting_that_a_restore_loses_is_set_again(translated: Translated) -> None:
    table = translated.properties("AWS::DynamoDB::Table")["TasksTable"]
    lost = table.keys() - RESTORED
    assert lost <= SETTINGS.keys(), "say in OPERATING.md how a restored table gets it"
    assert {name for name in lost if SETTINGS[name] not in PROCEDURE} == set()
    [tag] = table["Tags"]
    assert f"Key={tag['Key']},Value={tag['Value']}" in PROCEDURE
    assert table["StreamSpecification"]["StreamViewType"] in SETTINGS["StreamSpecification"]


def test_every_index_gets_its_insights_again(translated: Translated) -> None:
    [named] = re.findall(r"for INDEX in (.+); do", PROCEDURE)
    indexes = translated.properties("AWS::DynamoDB::Table")["TasksTable"]["GlobalSecondaryIndexes"]
    assert named.split() == [index["IndexName"] for index in indexes]


def test_the_switch_denies_what_the_template_s_policy_would_deny_and_always(translated: Translated) -> None:
    [text] = re.findall(r"--policy-document '(\{.*?\n   \})'", PROCEDURE, re.DOTALL)
    [closed] = json.loads(text.replace("'\"$TABLE_ARN\"'", "table"))["Statement"]
    [open_] = translated.properties("AWS::IAM::ManagedPolicy")["WritersPolicy"]["PolicyDocument"]["Statement"]
    assert closed | {"Resource": open_["Resource"]} == {key: open_[key] for key in open_ if key != "Condition"}


def test_the_procedure_names_what_the_template_has() -> None:
    for name in re.findall(r"\$\(output (\w+)\)", PROCEDURE):
        assert name in template()["Outputs"]
    assert "WritersPolicyArn" in PROCEDURE
    for name in ("RestoredStreamArn", "DeploymentType"):
        assert f"`{name}`" in PROCEDURE
        assert name in template()["Parameters"]
    assert PROCEDURE.index("Close the tasks table") < PROCEDURE.index("--stream-specification")
    assert PROCEDURE.index("--stream-specification") < PROCEDURE.index("`RestoredStreamArn`")
    assert PROCEDURE.index("`RestoredStreamArn`") < PROCEDURE.index("set-default-policy-version")
