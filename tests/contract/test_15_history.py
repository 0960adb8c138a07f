"""Contract section 15: what happened to a task, when, and by whose credentials."""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import uuid4

import pytest
from servicedesk.domain.task_position import AfterVersion
from servicedesk.store import keys, task_stream
from servicedesk.wire import cursors, odata
from servicedesk.wire.cursors import Cursor

from tests.api import ALPHA_CONTACT, INSTANCE, Api, assert_problem, event, invoke
from tests.contract.client import COMPLETED, Client, Page
from tests.events.stream import Stream
from tests.newcomer import readme
from tests.published.openapi import validator
from tools.template import resources

KEY = "0123456789abcdef"
CONTACT = "c1c1c1c1-0000-4000-8000-00000000000b"
LATER_EPOCH = "2026-11-26T09:30:00.000"
LARGE = "x" * 196_000


@pytest.fixture
def stream(api: Api, company: str) -> Stream:
    return Stream(api, company)


def history(client: Client, task: object, **more: Any) -> Page:
    return client.list(f"/tasks/{task}/history", **more)


def versions(page: Page) -> list[int]:
    return [int(entry["version"]) for entry in page.entries]


def told(page: Page) -> tuple[str | None, str]:
    """Up to which version the page says that it is complete, and the task's."""
    return page.answer.headers.get("Complete-To-Version"), page.answer.headers["Task-Version"]


def changed_often(client: Client, stream: Stream, times: int, *, lacking: Collection[int] = ()) -> str:
    """A task with so many changes, all of them in its history but for the versions that it lacks."""
    task_id: str = client.created()["id"]
    records = [stream.written(task_id)]
    for number in range(times):
        client.changed(task_id, subject=f"Subject {number}")
        records.append(stream.written(task_id))
    stream.deliver(*(record for version, record in enumerate(records, 1) if version not in lacking))
    return task_id


# ---- 15.1 -----------------------------------------------------------------------------------------------------------


def test_15_1_an_entry_for_each_version_the_newest_first(client: Client, stream: Stream) -> None:
    created = client.created(due_date="2026-06-30T12:00:00Z")
    task_id = created["id"]
    records = [stream.written(task_id)]
    tasks = [created]
    for change in ({"due_date": None, "subject": "Later"}, {"task_status_id": COMPLETED}, {"task_status_id": ""}):
        tasks.append(client.changed(task_id, change))
        records.append(stream.written(task_id))
    stream.deliver(*records)

    page = history(client, task_id)
    assert page.root == ("ArrayOfchange" if client.format == "xml" else f"ArrayOf{odata.UNTYPED}")
    assert page.links == {}
    assert versions(page) == [4, 3, 2, 1]
    types = [entry["type"] for entry in page.entries]
    assert types == ["TaskReopened", "TaskClosed", "TaskChanged", "TaskCreated"]
    assert told(page) == ("4", "4")
    zone = "Z" if client.format == "xml" else "+00:00"
    assert [entry["date"] for entry in reversed(page.entries)] == [
        f"{task['modified_dateutc']}{zone}" for task in tasks
    ]
    assert not {"changed", "previous", "current", "omitted"} & set(page.entries[-1])


def test_15_1_a_change_has_the_names_and_values_that_its_event_has(json_client: Client, stream: Stream) -> None:
    task_id = json_client.created(due_date="2026-06-30T12:00:00Z", remark="Tür")["id"]
    records = [stream.written(task_id)]
    json_client.changed(task_id, due_date=None, subject="Later", customer_reference="PO-1")
    stream.deliver(*records, stream.written(task_id))
    [entry, _] = history(json_client, task_id).entries
    [_, sent] = stream.bus.events
    detail = sent["detail"]
    assert entry == {
        "version": detail["version"],
        "type": sent["detail-type"],
        "date": detail["task"]["modified_dateutc"],
        **detail["actor"],
        "changed": detail["changed"],
        "previous": detail["previous"],
        "current": {name: detail["task"][name] for name in detail["changed"]},
    }
    assert entry["changed"] == ["subject", "customer_reference", "due_date", "modified_dateutc"]
    assert entry["previous"]["due_date"] == "2026-06-30T12:00:00+00:00"
    assert entry["current"]["due_date"] is None


def test_15_1_an_entry_is_as_the_schema_says(json_client: Client, stream: Stream) -> None:
    """The example of docs/changing.md, too."""
    schema = validator({"$ref": "#/components/schemas/HistoryEntry"})
    [example] = readme.blocks("Who changed it, and when", "json")
    task_id = changed_often(json_client, stream, 1)
    entries = history(json_client, task_id).entries
    for entry in (json.loads(example), *entries):
        schema.validate(entry)
    for wrong in ({"version": 0}, {"type": "TaskErased"}, {"changed": ["colour"]}, {"contact_id": "nobody"}):
        assert not schema.is_valid(entries[0] | wrong)
    assert not schema.is_valid({name: value for name, value in entries[0].items() if name != "previous"})


def test_15_1_in_xml_it_is_an_array_of_change(xml_client: Client, stream: Stream) -> None:
    task = xml_client.created(customer_reference="<&>")
    records = [stream.written(task["id"])]
    after = xml_client.changed(task["id"], customer_reference=None)
    stream.deliver(*records, stream.written(task["id"]))
    before_date, date = f"{task['modified_dateutc']}Z", f"{after['modified_dateutc']}Z"
    assert history(xml_client, task["id"]).answer.body == (
        f'<ArrayOfchange xmlns:i="{INSTANCE}">'
        '<change><changed><i>customer_reference</i><i>modified_dateutc</i></changed><contact_id i:nil="true" />'
        f'<current><customer_reference i:nil="true" /><modified_dateutc>{date}</modified_dateutc></current>'
        f"<date>{date}</date><key_id>{KEY}</key_id>"
        "<previous><customer_reference>&lt;&amp;&gt;</customer_reference>"
        f"<modified_dateutc>{before_date}</modified_dateutc></previous>"
        "<type>TaskChanged</type><version>2</version></change>"
        f'<change><contact_id i:nil="true" /><date>{before_date}</date><key_id>{KEY}</key_id>'
        "<type>TaskCreated</type><version>1</version></change></ArrayOfchange>"
    )


def test_15_1_a_task_is_named_by_id_or_number(client: Client, stream: Stream) -> None:
    task_id = changed_often(client, stream, 1)
    by_number = history(client, client.get(task_id).task()["id2"])
    assert by_number.entries == history(client, task_id).entries
    assert by_number.answer.headers["Content-Location"] == f"https://api.example.com/v1/tasks/{task_id}/history"
    assert "Content-Location" not in history(client, task_id).answer.headers


@pytest.mark.parametrize("address", ["0ddc0de0-0000-4000-8000-00000000000e", "4711", "delta", "x"])
def test_15_1_a_task_that_is_not_there_has_none(client: Client, address: str) -> None:
    """The same answer as for the task itself."""
    more = {"company": client.company, "accept": client.content_type}
    problem = assert_problem(client.api.list(f"/tasks/{address}/history", **more), 404, "no-such-task")
    if address != "delta":
        of_task = assert_problem(client.get(address), 404, "no-such-task")
        assert {**problem, "instance": ""} == {**of_task, "instance": ""}


def test_15_1_another_company_s_history_is_as_one_that_is_not_there(client: Client, stream: Stream) -> None:
    task_id = changed_often(client, stream, 1)
    stranger = client.stranger()
    for address in (task_id, client.get(task_id).task()["id2"]):
        answer = client.api.list(f"/tasks/{address}/history", company=stranger.company)
        assert_problem(answer, 404, "no-such-task")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7])
def test_15_1_pages_lead_to_the_creation(client: Client, stream: Stream, size: int) -> None:
    task_id = changed_often(client, stream, 5)
    path = f"/tasks/{task_id}/history"
    pages = list(client.pages(path, headers={"Prefer": f"maxpagesize={size}"}))
    assert [version for page in pages for version in versions(page)] == [6, 5, 4, 3, 2, 1]
    assert all(len(page.entries) == size for page in pages[:-1])
    assert all(page.answer.headers["Preference-Applied"] == f"maxpagesize={size}" for page in pages)
    assert {told(page) for page in pages} == {("6", "6")}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"$top": "2"}, [6, 5]),
        ({"$top": "6"}, [6, 5, 4, 3, 2, 1]),
        ({"$top": "9"}, [6, 5, 4, 3, 2, 1]),
        ({"$top": "0"}, []),
        ({"$skip": "4"}, [2, 1]),
        ({"$skip": "5"}, [1]),
        ({"$skip": "6"}, []),
        ({"$skip": "7"}, []),
        ({"skip": "1", "top": "4"}, [5, 4, 3, 2]),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_15_1_top_and_skip_are_those_of_lists(
    json_client: Client, stream: Stream, query: dict[str, str], shown: Sequence[int], size: int
) -> None:
    task_id = changed_often(json_client, stream, 5)
    headers = {"Prefer": f"maxpagesize={size}"}
    pages = json_client.pages(f"/tasks/{task_id}/history", query=query, headers=headers)
    assert [version for page in pages for version in versions(page)] == shown


def test_15_1_entries_that_come_meanwhile_change_no_page(json_client: Client, stream: Stream) -> None:
    task_id = changed_often(json_client, stream, 3)
    first = history(json_client, task_id, headers={"Prefer": "maxpagesize=2"})
    json_client.changed(task_id, subject="Meanwhile")
    stream.deliver(stream.written(task_id))
    assert versions(json_client.follow(first.links["next"])) == [2, 1]


def test_15_1_a_link_is_bound_to_its_task_and_company(json_client: Client, stream: Stream) -> None:
    task_id = changed_often(json_client, stream, 3)
    other_id = changed_often(json_client, stream, 3)
    link = history(json_client, task_id, headers={"Prefer": "maxpagesize=1"}).links["next"]
    token = link.partition("$skiptoken=")[2]
    for path in (f"/tasks/{other_id}/history", "/tasks"):
        json_client.refused_list(path, query={"$skiptoken": token})
    for wrong in (token[:-1], f"{token}A", token.swapcase(), "", "x"):
        json_client.refused_list(f"/tasks/{task_id}/history", query={"$skiptoken": wrong})
    json_client.refused_list(f"/tasks/{task_id}/history", query={"$skiptoken": token, "$top": "3"})
    assert_problem(json_client.api.follow(link, company=str(uuid4())), 400, "invalid-parameter")


@pytest.mark.parametrize("place", [None, AfterVersion(3), AfterVersion(3, "7")])
@pytest.mark.parametrize(("top", "skip", "status"), [(2**31 - 1, 10_000, 200), (None, 10_001, 400), (2**31, 0, 400)])
def test_15_1_a_token_is_held_to_the_limits_of_top_and_skip(
    json_client: Client, place: AfterVersion | None, top: int | None, skip: int, status: int
) -> None:
    """Anybody can make a token of their own."""
    task_id = json_client.created()["id"]
    path = f"/tasks/{task_id}/history"
    query_text = f"{task_id} {json.dumps(['/tasks/{id}/history', []])}"
    token = cursors.to_token(Cursor(place, top, skip), json_client.company, query_text)
    if status == 400:
        json_client.refused_list(path, query={"$skiptoken": token})
    else:
        assert json_client.list(path, query={"$skiptoken": token}).entries == []


@pytest.mark.parametrize("query", ["$filter", "$orderby", "$select", "$deltatoken", "$count"])
def test_15_1_other_options_of_odata_are_refused_by_name(json_client: Client, query: str) -> None:
    task_id = json_client.created()["id"]
    assert query in json_client.refused_list(f"/tasks/{task_id}/history", query={query: "1"})


def test_15_1_head_and_405_are_those_of_every_path(json_client: Client) -> None:
    path = f"/tasks/{json_client.created()['id']}/history"
    got = json_client.api.list(path, company=json_client.company)
    head = invoke(json_client.api.api.lambda_handler, event("HEAD", path, company=json_client.company))
    assert (head.status, head.body) == (200, "")
    assert dict(head.headers) | {"X-Request-Id": ""} == dict(got.headers) | {"X-Request-Id": ""}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = invoke(json_client.api.api.lambda_handler, event(method, path, "{}", company=json_client.company))
        assert_problem(answer, 405, "method-not-allowed")
        assert answer.headers["Allow"] == "GET, HEAD"


def test_15_1_a_remark_that_does_not_fit_is_named_in_omitted(client: Client, stream: Stream) -> None:
    task_id = client.created(remark=LARGE)["id"]
    records = [stream.written(task_id)]
    client.changed(task_id, remark=LARGE[1:] + "y", subject="Other")
    stream.deliver(*records, stream.written(task_id))
    answer = history(client, task_id).answer
    assert len(answer.body) < 10_000
    if client.format == "json":
        [entry, _] = answer.document()["value"]
        assert entry["changed"] == ["subject", "remark", "modified_dateutc"]
        assert entry["omitted"] == ["remark"]
        assert entry["previous"].keys() == entry["current"].keys() == {"subject", "modified_dateutc"}
    else:
        assert "<omitted><i>remark</i></omitted>" in answer.body
        assert "<remark>" not in answer.body


def test_15_1_large_entries_come_in_pages_that_lambda_takes(client: Client, stream: Stream) -> None:
    """`invoke` asserts the limit of an answer. Each quote is six bytes of what Lambda takes of JSON."""
    task_id = client.created()["id"]
    records = [stream.written(task_id)]
    for number in range(6):
        client.changed(task_id, remark='"' * (190_000 + number))
        records.append(stream.written(task_id))
    stream.deliver(*records)
    pages = list(client.pages(f"/tasks/{task_id}/history"))
    assert [version for page in pages for version in versions(page)] == [7, 6, 5, 4, 3, 2, 1]
    assert len(pages) > 1


# ---- 15.2 -----------------------------------------------------------------------------------------------------------


def test_15_2_right_after_a_change_it_says_up_to_where_it_is_complete(client: Client, stream: Stream) -> None:
    task_id = client.created()["id"]
    assert told(history(client, task_id)) == ("1", "1")
    records = [stream.written(task_id)]
    client.changed(task_id, subject="Other")
    records.append(stream.written(task_id))
    page = history(client, task_id)
    assert (versions(page), told(page)) == ([1], ("1", "2"))
    stream.deliver(*records)
    page = history(client, task_id)
    assert (versions(page), told(page)) == ([2, 1], ("2", "2"))


def test_15_2_a_version_that_is_late_is_told_and_comes_in_its_place(json_client: Client, stream: Stream) -> None:
    """Such as one that was put aside, and replayed."""
    task_id = json_client.created()["id"]
    stream.written(task_id)
    records = []
    for number in range(3):
        json_client.changed(task_id, subject=f"{number}")
        records.append(stream.written(task_id))
    stream.deliver(records[0], records[2])
    page = history(json_client, task_id)
    assert (versions(page), told(page)) == ([4, 2, 1], ("2", "4"))
    stream.deliver(records[1])
    page = history(json_client, task_id)
    assert (versions(page), told(page)) == ([4, 3, 2, 1], ("4", "4"))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("lacking", [(), (2,), (4,), (7,), (4, 5), (3, 6), (2, 3, 4, 5, 6, 7)])
def test_15_2_each_page_tells_of_its_own_gaps(
    json_client: Client, stream: Stream, lacking: Sequence[int], size: int
) -> None:
    """Those at its borders, too: the version after a page's last entry is of the page that follows."""
    task_id = changed_often(json_client, stream, 6, lacking=lacking)
    below = 8
    for page in json_client.pages(f"/tasks/{task_id}/history", headers={"Prefer": f"maxpagesize={size}"}):
        there = versions(page)
        gaps = [version for version in lacking if there[-1] < version < below]
        expected = max(version for version in there if version < max(gaps)) if gaps else 7
        assert told(page) == (str(expected), "7")
        below = there[-1]
    assert below == 1


@pytest.mark.parametrize(
    ("query", "complete"),
    [
        ({"$top": "0"}, "7"),
        ({"$top": "3"}, "7"),
        ({"$top": "4"}, "3"),
        ({"$skip": "2"}, "3"),
        ({"$skip": "3"}, "3"),
        ({"$skip": "9"}, "3"),
    ],
)
def test_15_2_what_skip_leaves_out_counts_and_what_top_cuts_off_does_not(
    json_client: Client, stream: Stream, query: dict[str, str], complete: str
) -> None:
    task_id = changed_often(json_client, stream, 6, lacking=[4])
    assert told(history(json_client, task_id, query=query)) == (complete, "7")


def test_15_2_an_entry_beside_a_version_fills_no_gap(json_client: Client, stream: Stream) -> None:
    task_id = changed_often(json_client, stream, 1, lacking=[2])
    json_client.api.api.client.update_item(
        **stream.table,
        Key=keys.task(json_client.company, task_id),
        UpdateExpression="SET #fields.subject = :subject",
        ExpressionAttributeNames={"#fields": "fields"},
        ExpressionAttributeValues={":subject": {"S": "By hand"}},
    )
    stream.deliver(stream.written(task_id))
    page = history(json_client, task_id)
    assert (versions(page), told(page)) == ([2, 1], ("1", "2"))
    pages = json_client.pages(f"/tasks/{task_id}/history", headers={"Prefer": "maxpagesize=1"})
    assert [(versions(one), told(one)) for one in pages] == [([2], ("2", "2")), ([1], ("1", "2"))]


def test_15_2_a_version_that_is_delivered_twice_has_one_entry(json_client: Client, stream: Stream) -> None:
    task_id = json_client.created()["id"]
    records = [stream.written(task_id)]
    for number in range(3):
        json_client.changed(task_id, subject=f"{number}")
        records.append(stream.written(task_id))
    stream.deliver(*records)
    before = history(json_client, task_id).entries
    stream.deliver(*records, *reversed(records))
    assert history(json_client, task_id).entries == before
    assert [entry["current"]["subject"] for entry in before[:-1]] == ["2", "1", "0"]
    assert len(stream.entries()) == 3


def test_15_2_a_creation_is_composed_of_the_task_and_costs_nothing(json_client: Client, stream: Stream) -> None:
    task = json_client.created(date_create="2020-01-01T00:00:00Z")
    stream.deliver(stream.written(task["id"]))
    assert stream.entries() == []
    [created] = history(json_client, task["id"]).entries
    json_client.changed(task["id"], subject="Other")
    assert history(json_client, task["id"]).entries == [created], "a change takes nothing of it"
    assert created["date"] == f"{task['modified_dateutc']}+00:00"


# ---- 15.3 -----------------------------------------------------------------------------------------------------------


def test_15_3_each_entry_has_the_credentials_that_did_it(json_client: Client, stream: Stream) -> None:
    api, company = json_client.api, json_client.company
    task_id = api.create({"subject": "x"}, company=company).document()["id"]
    records = [stream.written(task_id)]
    for contact, key in ((CONTACT, "k2"), (None, "k3"), (ALPHA_CONTACT, None)):
        sent = event("PATCH", f"/tasks/{task_id}", json.dumps({"subject": f"{key}"}), headers={"If-Match": "*"})
        sent["requestContext"]["authorizer"] = {"company_id": company, "contact_id": contact or "", "key_id": key}
        assert invoke(api.api.lambda_handler, sent).status == 200
        records.append(stream.written(task_id))
    stream.deliver(*records)
    shown = [(entry["contact_id"], entry["key_id"]) for entry in history(json_client, task_id).entries]
    assert shown == [(ALPHA_CONTACT, None), (None, "k3"), (CONTACT, "k2"), (ALPHA_CONTACT, KEY)]


def test_15_3_no_client_can_set_them(client: Client, stream: Stream) -> None:
    forged = {"contact_id": CONTACT, "key_id": "forged", "actor": f"2 {CONTACT} forged", "created": "x forged"}
    headers = {"X-Key-Id": "forged", "key_id": "forged", "contact_id": CONTACT}
    created = client.create({"subject": "x", **forged}, headers=headers)
    task_id = created.task()["id"]
    records = [stream.written(task_id)]
    assert client.change(task_id, {"subject": "y", **forged}, headers=headers).status == 200
    stream.deliver(*records, stream.written(task_id))
    page = history(client, task_id)
    assert len(page.entries) == 2
    assert {(entry["contact_id"] or None, entry["key_id"]) for entry in page.entries} == {(None, KEY)}


@pytest.mark.parametrize("raises_version", [True, False])
def test_15_3_an_operator_s_hand_has_null(json_client: Client, stream: Stream, *, raises_version: bool) -> None:
    """A hand that leaves the version as it is takes no entry's place, and has one of its own beside it."""
    task_id = changed_often(json_client, stream, 1)
    raised = {":version": {"N": "3"}} if raises_version else {}
    json_client.api.api.client.update_item(
        **stream.table,
        Key=keys.task(json_client.company, task_id),
        UpdateExpression="SET #fields.subject = :subject" + (", version = :version" if raised else ""),
        ExpressionAttributeNames={"#fields": "fields"},
        ExpressionAttributeValues={":subject": {"S": "By hand"}, **raised},
    )
    by_hand = stream.written(task_id)
    stream.deliver(by_hand)
    stream.deliver(by_hand)
    json_client.changed(task_id, subject="By a client")
    stream.deliver(stream.written(task_id))
    page = history(json_client, task_id)
    assert versions(page) == ([4, 3, 2, 1] if raises_version else [3, 2, 2, 1])
    assert [entry["key_id"] for entry in page.entries] == [KEY, None, KEY, KEY]
    assert [entry["current"]["subject"] for entry in page.entries[:3]] == ["By a client", "By hand", "Subject 0"]
    assert told(page)[0] == page.answer.headers["Task-Version"]
    pages = json_client.pages(f"/tasks/{task_id}/history", headers={"Prefer": "maxpagesize=1"})
    assert [entry for one in pages for entry in one.entries] == page.entries


# ---- 15.4 -----------------------------------------------------------------------------------------------------------


def test_15_4_an_entry_makes_no_event(json_client: Client, stream: Stream) -> None:
    changed_often(json_client, stream, 1)
    [place] = stream.entries()
    key = {"pk": {"S": keys.partition(json_client.company)}, "sk": {"S": place}}
    item = json_client.api.api.client.get_item(**stream.table, Key=key)["Item"]
    sent = {"Keys": key, "NewImage": item, "SequenceNumber": "1"}
    record: Any = {"eventSourceARN": task_stream.__name__, "dynamodb": sent}
    assert task_stream.read(record) is None
    [mapping] = [
        one["Properties"]
        for one in resources("AWS::Serverless::Function")["PublishEvents"]["Events"].values()
        if one["Type"] == "DynamoDB"
    ]
    [pattern] = mapping["FilterCriteria"]["Filters"]
    assert json.loads(pattern["Pattern"])["dynamodb"]["Keys"]["sk"]["S"] == [{"prefix": "TASK#"}], "nor a call"


def test_15_4_no_list_has_entries(json_client: Client, stream: Stream) -> None:
    """No index has them, so they slow down no list and no look-up."""
    task_id = json_client.created(customer_reference="PO-1", reference_back_office="BO-1")["id"]
    stream.written(task_id)
    json_client.changed(task_id, customer_reference="PO-2", reference_back_office="BO-2")
    stream.deliver(stream.written(task_id))
    [place] = stream.entries()
    key = {"pk": {"S": keys.partition(json_client.company)}, "sk": {"S": place}}
    item = json_client.api.api.client.get_item(**stream.table, Key=key)["Item"]
    table = resources("AWS::DynamoDB::Table")["TasksTable"]
    for index in table["GlobalSecondaryIndexes"]:
        assert not {part["AttributeName"] for part in index["KeySchema"]} <= set(item), index["IndexName"]
    assert [task["id"] for task in json_client.list().entries] == [task_id]


def test_15_4_after_an_erasure_late_records_write_nothing(
    json_client: Client, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = changed_often(json_client, stream, 2)
    json_client.changed(task_id, subject="Last")
    late = stream.written(task_id)
    api, company = json_client.api, json_client.company
    with monkeypatch.context() as patched:
        patched.setattr(api.erase_company.values, "now", lambda: "2026-01-01T00:00:00.0000000")
        answer = api.erase(company)
    assert answer["nothing_left"] is True
    assert answer["deleted"] >= 4, "the counter, the task and its two entries"
    assert stream.entries() == []
    assert stream.deliver(late) == {"batchItemFailures": []}
    assert stream.entries() == []
    assert len(stream.bus.taken) == 4, "what was written is told all the same"


def test_15_4_a_company_that_is_onboarded_again_has_a_history_of_its_own(
    json_client: Client, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where a client creates the same task again, and the records of the old one come later."""
    sent = {"id": str(uuid4()), "subject": "Same"}
    json_client.created(sent)
    stream.written(sent["id"])
    json_client.changed(sent["id"], subject="Before the erasure")
    late = stream.written(sent["id"])
    api, company = json_client.api, json_client.company
    with monkeypatch.context() as patched:
        patched.setattr(api.erase_company.values, "now", lambda: "2026-01-01T00:00:00.0000000")
        assert api.erase(company)["nothing_left"] is True
    api.onboard(action="onboard", company_id=company)
    again = Stream(api, company)
    json_client.created(sent)
    records = [again.written(sent["id"])]
    again.deliver(late)
    assert versions(history(json_client, sent["id"])) == [1], "the task has no second version"
    json_client.changed(sent["id"], subject="After it")
    again.deliver(*records, again.written(sent["id"]), late)
    entries = history(json_client, sent["id"]).entries
    assert [entry.get("current", {}).get("subject") for entry in entries] == ["After it", None]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_15_4_entries_of_an_erased_company_s_task_are_never_shown(
    json_client: Client, stream: Stream, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Late records write them where the company and a task with the same id are there again."""
    sent = {"id": str(uuid4()), "subject": "Same"}
    json_client.created(sent)
    late = [stream.written(sent["id"])]
    for number in range(3):
        json_client.changed(sent["id"], subject=f"Erased {number}")
        late.append(stream.written(sent["id"]))
    json_client.api.api.client.update_item(
        **stream.table,
        Key=keys.task(json_client.company, sent["id"]),
        UpdateExpression="SET #fields.subject = :subject",
        ExpressionAttributeNames={"#fields": "fields"},
        ExpressionAttributeValues={":subject": {"S": "Erased, by hand"}},
    )
    late.append(stream.written(sent["id"]))
    api, company = json_client.api, json_client.company
    with monkeypatch.context() as patched:
        patched.setattr(api.erase_company.values, "now", lambda: "2026-01-01T00:00:00.0000000")
        assert "onboard the company again only after that" in api.erase(company)["detail"]
    api.onboard(action="onboard", company_id=company)
    again = Stream(api, company)
    json_client.created(sent)
    records = [again.written(sent["id"])]
    again.deliver(*late)
    assert len(again.entries()) == 4, "they are there"
    for number in range(4):
        json_client.changed(sent["id"], subject=f"New {number}")
        records.append(again.written(sent["id"]))

    def shown(*, complete: bool, **query: str) -> list[int]:
        headers = {"Prefer": f"maxpagesize={size}"}
        pages = list(json_client.pages(f"/tasks/{sent['id']}/history", query=query, headers=headers))
        assert all(len(page.entries) <= size for page in pages)
        assert "Erased" not in "".join(page.answer.body for page in pages)
        assert all(told(page)[0] == told(page)[1] for page in pages) == complete
        return [version for page in pages for version in versions(page)]

    assert shown(complete=False) == [1]
    assert shown(complete=False, skip="1") == []
    again.deliver(records[2])
    assert shown(complete=False) == [3, 1]
    assert shown(complete=False, top="2") == [3, 1]
    assert shown(complete=False, skip="1") == [1]
    again.deliver(*records)
    assert shown(complete=True) == [5, 4, 3, 2, 1]
    assert shown(complete=True, skip="2", top="2") == [3, 2]


def test_15_4_after_a_restore_the_new_epoch_s_entries_take_the_place_of_the_old_one_s(
    json_client: Client, stream: Stream
) -> None:
    """Versions 2 and 3 are of before the backup, 4 was taken back, and comes again with other content."""
    task_id = changed_often(json_client, stream, 2)
    before = stream.item(task_id)
    json_client.changed(task_id, subject="Taken back")
    taken_back = stream.written(task_id)
    stream.deliver(taken_back)
    json_client.api.api.client.put_item(**stream.table, Item=before)
    assert versions(history(json_client, task_id)) == [3, 2, 1], "what is not there any more is not shown"
    restored = Stream(json_client.api, json_client.company, epoch=LATER_EPOCH)
    restored.written(task_id)
    json_client.changed(task_id, subject="After the restore")
    after = restored.written(task_id)
    restored.deliver(after)
    restored.deliver(taken_back)
    page = history(json_client, task_id)
    assert versions(page) == [4, 3, 2, 1]
    assert page.entries[0]["current"]["subject"] == "After the restore"


def test_15_4_records_of_an_earlier_epoch_write_no_entry(
    json_client: Client, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = json_client.created()["id"]
    stream.written(task_id)
    json_client.changed(task_id, subject="Taken back")
    late = stream.written(task_id)
    monkeypatch.setattr(json_client.api.publish_events.history, "_epoch", LATER_EPOCH)
    assert stream.deliver(late) == {"batchItemFailures": []}
    assert stream.entries() == []
    assert len(stream.bus.taken) == 1
    stream.epoch = LATER_EPOCH
    json_client.changed(task_id, subject="After the restore")
    stream.deliver(stream.written(task_id))
    assert len(stream.entries()) == 1


def test_15_4_a_later_release_s_entry_is_read(json_client: Client, stream: Stream) -> None:
    """During a rollout a later release may store fields and attributes that this one does not know."""
    task_id = changed_often(json_client, stream, 1)
    [place] = stream.entries()
    json_client.api.api.client.update_item(
        **stream.table,
        Key={"pk": {"S": keys.partition(json_client.company)}, "sk": {"S": place}},
        UpdateExpression="SET later = :x, #changed = list_append(#changed, :names), #current.later_field = :x",
        ExpressionAttributeNames={"#changed": "changed", "#current": "current"},
        ExpressionAttributeValues={":x": {"S": "x"}, ":names": {"L": [{"S": "later_field"}]}},
    )
    [entry, _] = history(json_client, task_id).entries
    assert entry["changed"] == ["subject", "modified_dateutc"]
