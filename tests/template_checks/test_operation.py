"""Data, logs, alarms, dashboard, release."""

import json
import re
from typing import Any

import pytest

from tests.operators.test_signals import OUTCOMES
from tests.template_checks.conftest import Translated
from tools.template import ROOT, resources, template

FUNCTIONS = resources("AWS::Serverless::Function")
STREAM = {"Fn::If": ["HasRestoredStream", {"Ref": "RestoredStreamArn"}, {"Fn::GetAtt": ["TasksTable", "StreamArn"]}]}
"""The stream of the tasks table, and after a restore the one that the operator names."""
TAG = {"Key": "service", "Value": "task-api"}


OPERATORS = {"OnboardCompany", "EraseCompany"}
"""The functions whose only callers wait for the answer and see by themselves what fails. No alarm watches them."""
WATCHED = [name for name in FUNCTIONS if name not in OPERATORS]


def errors_of(function: str) -> str:
    """Return the name of the alarm on the function's errors, as Lambda counts them."""
    return "AuthorizerFailures" if function == "Authorizer" else f"{function}Errors"


JUDGES = {name: {f"{name}NewVersion": "ExecutedVersion"} for name in WATCHED}
"""The alarms that judge a new version of a function, each with the dimension that names the version."""
JUDGES["ApiFunction"]["ApiFunctionNewVersionAnswers"] = "version"


# ---- Data -----------------------------------------------------------------------------------------------------------


def test_tables_outlive_mistakes(translated: Translated) -> None:
    tables = translated.of_type("AWS::DynamoDB::Table")
    assert tables.keys() == {"TasksTable", "KeysTable"}
    for table in tables.values():
        properties = table["Properties"]
        assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
        assert properties["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert properties["SSESpecification"] == {"SSEEnabled": True}
        assert properties["ContributorInsightsSpecification"] == {"Enabled": True, "Mode": "THROTTLED_KEYS"}
        assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_protection_is_the_default() -> None:
    assert template()["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_whatever_can_be_tagged_is(translated: Translated) -> None:
    ours = [*template()["Resources"], "ApiStage"]
    without = {"AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion", "AWS::IAM::ManagedPolicy"}
    without |= {"AWS::ApiGateway::Account", "AWS::CloudWatch::Dashboard", "AWS::ApiGateway::RestApi"}
    without |= {"AWS::WAFv2::WebACLAssociation", "AWS::Logs::MetricFilter"}
    for name in ours:
        resource = translated.template["Resources"].get(name)
        if resource and resource["Type"] not in without:
            assert TAG in resource["Properties"]["Tags"], name


# ---- Functions ------------------------------------------------------------------------------------------------------


def test_functions_are_seen_and_released_alike(translated: Translated) -> None:
    aliases = translated.of_type("AWS::Lambda::Alias")
    groups = translated.properties("AWS::CodeDeploy::DeploymentGroup")
    for name, function in translated.properties("AWS::Lambda::Function").items():
        assert function["LoggingConfig"] == {
            "LogGroup": {"Ref": "FunctionLogs"},
            "LogFormat": "JSON",
            "SystemLogLevel": "WARN",
        }
        assert function["TracingConfig"] == {"Mode": "Active"}
        # API Gateway waits 29 seconds for an answer, the AWS CLI, which operators call by, a minute.
        assert function["Timeout"] < (60 if name in OPERATORS else 29)
        alias = aliases[f"{name}Aliaslive"]
        assert alias["Properties"]["Name"] == "live"
        if name in OPERATORS:  # their versions take over at once
            assert "UpdatePolicy" not in alias
            continue
        assert alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] == {
            "Ref": f"{name}DeploymentGroup"
        }
        group = groups[f"{name}DeploymentGroup"]
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        condition, judged, unjudged = group["AlarmConfiguration"]["Fn::If"]
        assert (condition, unjudged) == ("RollsBack", {})
        assert {alarm["Name"]["Ref"] for alarm in judged["Alarms"]} == JUDGES[name].keys()


def test_a_fault_of_the_version_in_service_does_not_stop_its_fix(translated: Translated) -> None:
    """CodeDeploy starts no deployment while an alarm rings that it watches, and an update leaves an alarm's state."""
    alarms = translated.properties("AWS::CloudWatch::Alarm")
    for function, judges in JUDGES.items():
        version = translated.template["Resources"][f"{function}Aliaslive"]["Properties"]["FunctionVersion"]
        for alarm, dimension in judges.items():
            [value] = [one["Value"] for one in alarms[alarm]["Dimensions"] if one["Name"] == dimension]
            assert value == version or value["Fn::Sub"][1] == {"N": version}
            name, values = alarms[alarm]["AlarmName"]["Fn::Sub"]
            assert values == {"N": version}, "each version needs an alarm of its own, without a state"
            assert name.endswith("-${N}")


def test_only_what_answers_requests_pays_for_snapshots(translated: Translated) -> None:
    snapped = {
        name for name, function in translated.properties("AWS::Lambda::Function").items() if "SnapStart" in function
    }
    assert snapped == {"ApiFunction", "DescribeApi", "Authorizer"}


def test_routes_call_the_released_version(translated: Translated) -> None:
    for path in translated.api["paths"].values():
        for method, operation in path.items():
            if method != "options":
                uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                assert uri.endswith("Aliaslive}/invocations")


@pytest.mark.parametrize("name", template()["Parameters"])
def test_a_parameter_has_a_default_advice_and_a_use(name: str) -> None:
    parameter = template()["Parameters"][name]
    assert "Default" in parameter
    assert parameter["Description"].endswith(".")
    text = (ROOT / "template.yaml").read_text()
    assert re.search(rf"!Ref {name}\b|\$\{{{name}\}}", text)


# ---- Logs -----------------------------------------------------------------------------------------------------------


def test_logs_are_kept_for_a_time(translated: Translated) -> None:
    groups = translated.properties("AWS::Logs::LogGroup")
    assert groups.keys() == {"FunctionLogs", "AccessLogs"}
    for group in groups.values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_what_clients_got_is_counted_from_the_access_log(translated: Translated) -> None:
    """API Gateway counts gateway responses whose status is changed as 4XXError, whatever their status is."""
    filters = translated.properties("AWS::Logs::MetricFilter").values()
    counted = {}
    for one in filters:
        assert one["LogGroupName"] == {"Ref": "AccessLogs"}
        [metric] = one["MetricTransformations"]
        assert metric["Dimensions"] == [{"Key": "service", "Value": "$.service"}]
        assert (metric["MetricNamespace"], metric["MetricName"]) == ("TaskApi", "ServerErrorAnswers")
        counted[one["FilterPattern"]] = metric["MetricValue"]
    assert counted == {"{ $.status >= 500 }": "1", "{ $.status < 500 }": "0"}


def test_few_requests_are_traced(translated: Translated) -> None:
    [rule] = [one["SamplingRule"] for one in translated.properties("AWS::XRay::SamplingRule").values()]
    assert (rule["ReservoirSize"], rule["FixedRate"]) == (0, 0.05)
    assert rule["ServiceName"] == {"Fn::Sub": "${AWS::StackName}/${StageName}"}


# ---- Alarms and dashboard -------------------------------------------------------------------------------------------


def test_alarms_go_to_the_topic_and_say_what_they_mean(translated: Translated) -> None:
    for name, alarm in translated.properties("AWS::CloudWatch::Alarm").items():
        action = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
        assert alarm["AlarmActions"] == alarm["OKActions"] == action
        assert alarm["AlarmDescription"].endswith(".")
        # The one that rings for silence goes on ringing in silence.
        assert alarm["TreatMissingData"] == ("ignore" if name == "EventsSilent" else "notBreaching")


def test_alarms_watch_what_there_is(translated: Translated) -> None:
    judges = {alarm for names in JUDGES.values() for alarm in names}
    watched = {
        name: (alarm["Namespace"], alarm["MetricName"], [dimension["Value"] for dimension in alarm["Dimensions"]])
        for name, alarm in translated.properties("AWS::CloudWatch::Alarm").items()
        if "MetricName" in alarm and name not in judges
    }
    stack = {"Ref": "AWS::StackName"}
    api = [stack, {"Ref": "StageName"}]
    assert translated.template["Resources"]["Api"]["Properties"]["Name"] == stack
    assert watched == {
        "ServerErrors": ("TaskApi", "ServerErrorAnswers", [stack]),
        "SlowAnswers": ("AWS/ApiGateway", "Latency", api),
        "OwnFailures": ("TaskApi", "Failed", [stack]),
        **{errors_of(name): ("AWS/Lambda", "Errors", [{"Ref": name}]) for name in WATCHED},
        "DatabaseUnavailable": ("TaskApi", "Unavailable", [stack]),
        "EventsLate": ("AWS/Lambda", "IteratorAge", [{"Ref": "PublishEvents"}]),
        "EventsUndelivered": (
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            [{"Fn::GetAtt": ["UndeliveredEvents", "QueueName"]}],
        ),
    }


def summed(translated: Translated, alarm: str) -> list[dict[str, Any]]:
    """Return the metrics whose sum an alarm watches, minute by minute.

    An alarm on metrics of DynamoDB ignores missing data whatever TreatMissingData says, and would ring for ever.
    """
    properties = translated.properties("AWS::CloudWatch::Alarm")[alarm]
    assert (properties["EvaluationPeriods"], properties["DatapointsToAlarm"], properties["Threshold"]) == (5, 3, 0)
    total, *parts = properties["Metrics"]
    assert total["Expression"] == "SUM(FILL(METRICS(), 0))"
    assert not [part for part in parts if part["ReturnData"]]
    assert {(part["MetricStat"]["Period"], part["MetricStat"]["Stat"]) for part in parts} == {(60, "Sum")}
    return [part["MetricStat"]["Metric"] for part in parts]


def test_throttled_calls_are_seen_of_each_function_that_answers_requests(translated: Translated) -> None:
    metrics = summed(translated, "FunctionsThrottled")
    assert {(metric["Namespace"], metric["MetricName"]) for metric in metrics} == {("AWS/Lambda", "Throttles")}
    assert [metric["Dimensions"] for metric in metrics] == [
        [{"Name": "FunctionName", "Value": {"Ref": name}}] for name in ("ApiFunction", "DescribeApi", "Authorizer")
    ]


def test_throttled_writes_are_seen_in_the_table_and_in_each_index(translated: Translated) -> None:
    """DynamoDB counts those of an index under the index's own dimension."""
    metrics = summed(translated, "WritesThrottled")
    assert {(metric["Namespace"], metric["MetricName"]) for metric in metrics} == {
        ("AWS/DynamoDB", "WriteThrottleEvents")
    }
    table = translated.properties("AWS::DynamoDB::Table")["TasksTable"]
    indexes = [index["IndexName"] for index in table["GlobalSecondaryIndexes"]]
    assert [[dimension["Value"] for dimension in metric["Dimensions"]] for metric in metrics] == [
        [{"Ref": "TasksTable"}],
        *([{"Ref": "TasksTable"}, index] for index in indexes),
    ]
    assert all(index["ContributorInsightsSpecification"]["Enabled"] for index in table["GlobalSecondaryIndexes"])


def test_an_alarm_rings_where_tasks_are_written_and_nothing_is_published_for_15_minutes(translated: Translated) -> None:
    alarm = translated.properties("AWS::CloudWatch::Alarm")["EventsSilent"]
    metrics = {metric["Id"]: metric for metric in alarm["Metrics"]}
    stated = {name: metric["MetricStat"] for name, metric in metrics.items() if "MetricStat" in metric}
    assert {name: each["Metric"]["MetricName"].lower() for name, each in stated.items()} == {
        name: name for name in stated
    }
    assert stated.keys() == {"created", "changed", "closed", "reopened", "published"}
    assert {each["Metric"]["MetricName"] for each in stated.values()} <= set(OUTCOMES.values())
    assert {each["Period"] * alarm["DatapointsToAlarm"] for each in stated.values()} == {15 * 60}
    assert alarm["EvaluationPeriods"] == alarm["DatapointsToAlarm"]
    shown = [metric["Id"] for metric in alarm["Metrics"] if metric.get("ReturnData", True)]
    assert shown == ["silent"]


@pytest.mark.parametrize(
    "alarm", ["OwnFailures", *map(errors_of, WATCHED), *(one for names in JUDGES.values() for one in names)]
)
def test_one_failure_rings(translated: Translated, alarm: str) -> None:
    properties = translated.properties("AWS::CloudWatch::Alarm")[alarm]
    assert (properties["Statistic"], properties["ComparisonOperator"]) == ("Sum", "GreaterThanThreshold")
    assert (properties["Threshold"], properties["Period"], properties["EvaluationPeriods"]) == (0, 60, 1)
    assert properties["DatapointsToAlarm"] == 1


def test_the_stream_s_records_are_tried_again_and_then_put_aside_while_they_can_be_replayed(
    translated: Translated,
) -> None:
    [mapping] = translated.properties("AWS::Lambda::EventSourceMapping").values()
    assert mapping["EventSourceArn"] == STREAM
    assert mapping["FunctionName"] == {"Ref": "PublishEventsAliaslive"}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MaximumRetryAttempts"] == -1, "nothing is given up before it is so old"
    assert mapping["MaximumRecordAgeInSeconds"] == 20 * 3600, "the stream keeps its records for 24 hours"
    queue = {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]}
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": queue}}
    table = translated.properties("AWS::DynamoDB::Table")["TasksTable"]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_after_a_restore_one_parameter_turns_everything_to_the_new_stream(translated: Translated) -> None:
    text = (ROOT / "template.yaml").read_text()
    assert text.count("TasksTable.StreamArn") == 1, "what is not behind the parameter keeps the stream that is gone"
    assert translated.template["Outputs"]["TasksStreamArn"]["Value"] == STREAM
    functions = translated.properties("AWS::Lambda::Function")
    for name in ("ApiFunction", "PublishEvents"):
        assert functions[name]["Environment"]["Variables"]["TASKS_STREAM"] == STREAM


@pytest.fixture(scope="module")
def widgets(translated: Translated) -> list[dict[str, Any]]:
    """Return the dashboard's widgets."""
    [dashboard] = translated.properties("AWS::CloudWatch::Dashboard").values()
    text, _ = dashboard["DashboardBody"]["Fn::Sub"]
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def test_the_dashboard_answers_four_questions(widgets: list[dict[str, Any]]) -> None:
    questions = [widget["properties"]["markdown"] for widget in widgets if widget["type"] == "text"]
    assert questions == [
        "## Is it healthy?",
        "## Who is affected?",
        "## Is it us or the database?",
        "## Do others hear of it?",
    ]


def test_the_dashboard_shows_every_alarm(translated: Translated, widgets: list[dict[str, Any]]) -> None:
    [shown] = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    names = [alarm["AlarmName"]["Fn::Sub"] for alarm in translated.properties("AWS::CloudWatch::Alarm").values()]
    names = [name for name in names if isinstance(name, str)]  # those of a version have a name that nobody knows before
    assert sorted(shown) == sorted(name.replace("${AWS::StackName}-", "${Alarm}") for name in names)


def test_the_dashboard_shows_metrics_that_are_sent(widgets: list[dict[str, Any]]) -> None:
    sent = {
        *OUTCOMES.values(),
        "NumberLatency",
        "WriteLatency",
        "ReadLatency",
        "BusLatency",
        "ColdStart",
        "ServerErrorAnswers",
    }
    shown = set()
    for widget in widgets:
        namespace = ""
        for metric in widget["properties"].get("metrics", []):
            namespace = namespace if metric[0] in (".", "...") else metric[0]
            if namespace == "TaskApi" and metric[0] != "...":
                shown.add(metric[1])
    assert shown <= sent
    assert {"Changed", "Closed", "Reopened", "Unchanged"} <= shown
    assert {"Created", "Replayed", "Conflict", "Invalid", "Unavailable", "ColdStart"} <= shown


def test_every_check_that_is_skipped_says_why() -> None:
    lines = (ROOT / "tools/checkov.yaml").read_text().splitlines()
    skipped = [line for line in lines if line.strip().startswith("- ")]
    assert skipped
    assert all(re.fullmatch(r"  - CKV_AWS_\d+  # .{20,}", line) for line in skipped)
