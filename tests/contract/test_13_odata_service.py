"""Contract section 13: the original as an OData service."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from servicedesk.domain.catalogue import BUILT_IN
from servicedesk.domain.task import CHANGEABLE_FIELDS, CLIENT_FIELDS

from tests.api import FIELDS, Answer, assert_problem, event, invoke, written
from tests.contract.client import SUBJECT, Client
from tools.template import resources

BASE = "https://api.example.com/v1"


def ask(client: Client, method: str, path: str, members: Mapping[str, Any] | None = None, **more: Any) -> Answer:
    """Send a request in the client's format."""
    headers = {"Accept": client.content_type, "Content-Type": client.content_type} | more.pop("headers", {})
    body = None if members is None else written(client.format, members)
    sent = event(method, path, body, headers=headers, company=client.company, **more)
    return invoke(client.api.api.lambda_handler, sent)


def value(client: Client, path: str, **query: str) -> list[dict[str, Any]]:
    """The entries of a list in JSON."""
    answer = ask(client, "GET", path, query=query)
    assert answer.status == 200, answer.body
    return list(answer.document()["value"])


# ---- 13.1: the service document and the model -----------------------------------------------------------------------

SETS = ("Task", "TaskView", "TaskType", "TaskStatus", "TaskPriority")
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
COMPUTED = "Org.OData.Core.V1.Computed"
TYPES = {"guid": "Edm.Guid", "string": "Edm.String", "date": "Edm.DateTimeOffset", "boolean": "Edm.Boolean"}
POWER_QUERY = (
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
)


def model(client: Client, accept: str | None = None) -> Answer:
    return ask(client, "GET", "/api/$metadata", headers={"Accept": accept} if accept else {"Accept": ""})


def properties(client: Client, name: str) -> dict[str, ET.Element]:
    """The properties of an entity type, by name."""
    schema = ET.fromstring(model(client).body).find(f"{EDMX}DataServices/{EDM}Schema")
    assert schema is not None
    [found] = [one for one in schema.iterfind(f"{EDM}EntityType") if one.get("Name") == name]
    assert [key.get("Name") for key in found.iterfind(f"{EDM}Key/{EDM}PropertyRef")] == ["id"]
    return {str(one.get("Name")): one for one in found.iterfind(f"{EDM}Property")}


@pytest.mark.parametrize("path", ["/api", "/api/", "/API", "/Api/"])
def test_13_1_the_service_document_names_the_entity_sets(json_client: Client, path: str) -> None:
    document = ask(json_client, "GET", path).document()
    assert document == {
        "@odata.context": f"{BASE}/api/$metadata",
        "value": [{"name": name, "kind": "EntitySet", "url": name} for name in SETS],
    }
    for entry in document["value"]:
        assert ask(json_client, "GET", f"/api/{entry['url']}").status == 200


@pytest.mark.parametrize("path", ["/api", "/api/$metadata"])
def test_13_1_both_need_a_company_and_other_methods_are_refused(json_client: Client, path: str) -> None:
    sent = event("GET", path, company=None)
    assert_problem(invoke(json_client.api.api.lambda_handler, sent), 403, "no-company")
    assert_problem(ask(json_client, "POST", path, {}), 405, "method-not-allowed")


@pytest.mark.parametrize("path", ["/api/$metadata", "/api/%24metadata", "/api/$Metadata/"])
def test_13_1_the_model_is_csdl_4_0_in_xml(json_client: Client, path: str) -> None:
    answer = ask(json_client, "GET", path, headers={"Accept": "*/*"})
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert answer.headers["OData-Version"] == "4.0"
    root = ET.fromstring(answer.body)
    assert (root.tag, root.get("Version")) == (f"{EDMX}Edmx", "4.0")
    # Olingo fetches what a reference names, with the API key.
    assert [child.tag for child in root] == [f"{EDMX}DataServices"]
    sets = {one.get("Name"): one.get("EntityType") for one in root.iter(f"{EDM}EntitySet")}
    assert sets == {name: f"ServiceDesk.{name}" for name in SETS}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/xml"),
        ("*/*", "application/xml"),
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml"),
        ("application/*;q=0.1, application/json", "application/xml"),
        ("application/json, text/plain, */*", "application/xml"),
        ("application/xml, application/json;q=0.8", "application/xml"),
        ("application/xml;q=0.1, application/json", "application/xml"),
        (POWER_QUERY, "application/xml"),
        ("text/html", "application/xml"),
        ("application/json", "application/json"),
        ("application/json;odata.metadata=minimal, text/plain", "application/json"),
        ("application/json, */*;q=0, application/xml;q=0", "application/json"),
    ],
)
def test_13_1_the_model_is_json_only_for_who_takes_nothing_else(
    json_client: Client, accept: str | None, media_type: str
) -> None:
    answer = model(json_client, accept)
    assert answer.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    assert answer.body.startswith("{" if media_type.endswith("json") else "<edmx:Edmx")


@pytest.mark.parametrize("name", ["$format", "FORMAT"])
@pytest.mark.parametrize(
    ("format_", "media_type"),
    [("json", "application/json"), ("application/JSON", "application/json"), ("xml", "application/xml")],
)
def test_13_3_the_format_of_the_model_can_be_named(
    json_client: Client, name: str, format_: str, media_type: str
) -> None:
    for accept in ("*/*", "application/json"):
        answer = ask(json_client, "GET", "/api/$metadata", query={name: format_}, headers={"Accept": accept})
        assert answer.headers["Content-Type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize("name", SETS)
def test_13_1_the_properties_are_the_members_of_an_answer(json_client: Client, name: str) -> None:
    json_client.created()
    described = properties(json_client, name)
    [first, *_] = value(json_client, f"/api/{name}")
    assert list(described) == list(first)
    assert {one.get("Type") for one in described.values()} <= {*TYPES.values(), "Edm.Int32"}
    for one in described.values():
        assert (one.get("MaxLength") is not None) is (one.get("Type") == "Edm.String")
        precision = {"Task": "7"}.get(name, "3") if one.get("Type") == "Edm.DateTimeOffset" else None
        assert one.get("Precision") == precision


@pytest.mark.parametrize("name", SETS)
def test_13_1_what_is_null_in_an_answer_is_nullable(json_client: Client, name: str) -> None:
    json_client.created()
    nullable = {member for member, one in properties(json_client, name).items() if one.get("Nullable") != "false"}
    entries = value(json_client, f"/api/{name}")
    null = {member for entry in entries for member, shown in entry.items() if shown is None}
    assert null <= nullable
    # A dry run shows the task without its number.
    assert nullable - null <= {"id2", "contact_id"}


def test_13_1_a_task_s_types_are_those_of_its_declaration(json_client: Client) -> None:
    described = properties(json_client, "Task")
    types = {name: str(one.get("Type")) for name, one in described.items()}
    assert types == {name: TYPES.get(kind, "Edm.Int32") for name, kind in FIELDS.items()}
    lengths = {name: one.get("MaxLength") for name, one in described.items() if one.get("MaxLength")}
    assert lengths["subject"] == "150"
    assert lengths["customer_reference"] == lengths["reference_back_office"] == "50"
    assert lengths["remark"] == "262144"


def test_13_1_what_only_the_server_fills_is_computed(json_client: Client) -> None:
    computed = {
        name
        for name, one in properties(json_client, "Task").items()
        for note in one
        if (note.get("Term"), note.get("Bool")) == (COMPUTED, "true")
    }
    assert computed == FIELDS.keys() - CLIENT_FIELDS.keys() - CHANGEABLE_FIELDS.keys()
    assert "task_status_id" not in computed


def test_13_1_in_json_the_model_says_the_same(json_client: Client) -> None:
    document = model(json_client, "application/json").document()
    assert (document["$Version"], document["$EntityContainer"]) == ("4.0", "ServiceDesk.Service")
    schema = document["ServiceDesk"]
    container = schema["Service"]
    assert [name for name in container if not name.startswith("$")] == list(SETS)
    for name in SETS:
        described = schema[container[name]["$Type"].removeprefix("ServiceDesk.")]
        assert (described["$Kind"], described["$Key"]) == ("EntityType", ["id"])
        members = {member: about for member, about in described.items() if not member.startswith("$")}
        for member, one in properties(json_client, name).items():
            about = members.pop(member)
            assert about["$Type"] == one.get("Type")
            assert about.get("$Nullable", False) is (one.get("Nullable") != "false")
            assert str(about.get("$MaxLength")) == str(one.get("MaxLength"))
            assert str(about.get("$Precision")) == str(one.get("Precision"))
            assert about.get(f"@{COMPUTED}", False) is (len(one) > 0)
        assert members == {}


# ---- 13.2: control information --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "entity_set"),
    [
        ("/tasks", "Task"),
        ("/tasks/delta", "Task"),
        ("/api/Task", "Task"),
        ("/API/task", "Task"),
        *((f"/api/{name}", name) for name in ("TaskView", "TaskType", "TaskStatus", "TaskPriority")),
    ],
)
def test_13_2_a_list_names_the_model_and_its_entity_set(json_client: Client, path: str, entity_set: str) -> None:
    answer = ask(json_client, "GET", path)
    assert answer.document()["@odata.context"] == f"{BASE}/api/$metadata#{entity_set}"


@pytest.mark.parametrize("path", ["/api/Task({id})", "/api/Task(id={id})", "/api/task({id2})", "/api/TaskView({id})"])
def test_13_2_one_entity_begins_with_its_context_and_its_tag(json_client: Client, path: str) -> None:
    task = json_client.created()
    answer = ask(json_client, "GET", path.format(**task))
    entity_set = "TaskView" if "View" in path else "Task"
    members = list(answer.document().items())
    assert members[0] == ("@odata.context", f"{BASE}/api/$metadata#{entity_set}/$entity")
    assert members[1] == ("@odata.etag", answer.headers["ETag"])
    assert [name for name, _ in members[2 : 2 + len(FIELDS)]] == list(FIELDS)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_13_2_so_does_what_was_created_and_changed(json_client: Client, method: str) -> None:
    created = ask(json_client, "POST", "/api/Task", {"subject": SUBJECT})
    changed = ask(json_client, method, f"/api/Task({created.task()['id']})", {"subject": "Other"})
    for answer in (created, changed):
        context, tag = list(answer.document().items())[:2]
        assert context == ("@odata.context", f"{BASE}/api/$metadata#Task/$entity")
        assert tag == ("@odata.etag", answer.headers["ETag"])
    assert created.headers["ETag"] != changed.headers["ETag"]


def test_13_2_a_dry_run_has_no_tag_and_the_ids_alone_are_no_entity(json_client: Client) -> None:
    task = json_client.created()
    for method, path in (("POST", "/api/Task"), ("PATCH", f"/api/Task({task['id']})")):
        dry = ask(json_client, method, path, {"subject": "Other"}, query={"validate_only": "true"})
        assert [name for name in dry.document() if "@" in name] == ["@odata.context"]
    minimal = ask(json_client, "POST", "/api/Task", {"subject": SUBJECT}, headers={"Prefer": "return=minimal"})
    assert list(minimal.document()) == ["id", "id2"]


@pytest.mark.parametrize("path", ["/tasks/{id}", "/api/Task/{id}", "/tasks/{id2}"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT"])
def test_13_2_a_task_stays_as_the_published_page_has_it(json_client: Client, method: str, path: str) -> None:
    members = None if method == "GET" else {"subject": "Other"}
    answer = ask(json_client, method, path.format(**json_client.created()), members, headers={"If-Match": "*"})
    assert answer.status == 200
    assert list(answer.document()) == list(FIELDS)
    created = ask(json_client, "POST", "/tasks", {"subject": SUBJECT})
    assert list(created.document()) == list(FIELDS)


def test_13_2_control_information_is_of_json_alone(xml_client: Client) -> None:
    answer = ask(xml_client, "POST", "/api/Task", {"subject": SUBJECT})
    assert "odata" not in answer.body
    assert "odata" not in ask(xml_client, "GET", f"/api/Task({answer.task()['id']})").body


def test_13_2_what_was_read_can_be_sent_back(json_client: Client) -> None:
    created = ask(json_client, "POST", "/api/Task", {"subject": SUBJECT})
    changed = ask(
        json_client,
        "PUT",
        f"/api/Task({created.task()['id']})",
        created.document(),
        headers={"Prefer": "handling=strict", "If-Match": created.document()["@odata.etag"]},
    )
    assert (changed.status, changed.document()) == (200, created.document())


@pytest.mark.parametrize(
    ("method", "path", "members"),
    [
        ("GET", "/api/Task", None),
        ("GET", "/api/Task({id})", None),
        ("HEAD", "/api/Task({id})", None),
        ("GET", "/api/Task/{id}", None),
        ("GET", "/api/TaskType/Translations", None),
        ("POST", "/api/Task", {"subject": SUBJECT}),
        ("POST", "/api/Task", {}),
        ("POST", "/api/TaskView/Search", {}),
        ("GET", "/api/Contact", None),
        ("DELETE", "/Api/Task", None),
        ("GET", "/%61pi/Task", None),
        ("GET", "/tasks", None),
        ("GET", "/tasks/delta", None),
    ],
)
def test_13_2_the_version_is_named_once(
    json_client: Client, method: str, path: str, members: Mapping[str, Any] | None
) -> None:
    answer = ask(json_client, method, path.format(**json_client.created()), members)
    assert [value for name, value in answer.headers.items() if name.lower() == "odata-version"] == ["4.0"]


def test_13_2_a_list_names_the_version_in_xml_too_and_nothing_else_does(xml_client: Client) -> None:
    task = xml_client.created()
    for path, version in (("/tasks", "4.0"), ("/api/TaskView", "4.0"), (f"/tasks/{task['id']}", None)):
        assert ask(xml_client, "GET", path).headers.get("OData-Version") == version


# ---- 13.3: one entity, and options ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["{id}", "id={id}", "{id}/", "id={id}/", "'{id}'"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_13_3_one_entity_by_each_form_of_its_address(json_client: Client, key: str, method: str) -> None:
    task = json_client.created()
    path = "/api/Task(" + key.format(**task).replace("/", "") + ")" + ("/" if key.endswith("/") else "")
    answer = ask(json_client, method, path)
    assert answer.status == 200
    assert method == "HEAD" or answer.task() == task
    assert ask(json_client, "PATCH", path, {"subject": "Other"}).task()["subject"] == "Other"


def test_13_3_select_shows_only_what_it_names(client: Client) -> None:
    task = client.created(subject="Printer")
    for path in (f"/api/Task({task['id']})", f"/api/TaskView(id={task['id']})"):
        for name in ("$select", "select"):
            answer = ask(client, "GET", path, query={name: "Subject, id"})
            members = [one for one in answer.document() if not one.startswith("@")]
            assert members == ["id", "subject"]
        whole = ask(client, "GET", path)
        assert answer.headers["ETag"] == whole.headers["ETag"]
        assert ask(client, "GET", path, query={"$select": "*"}).body == whole.body
    view = ask(client, "GET", f"/api/TaskView({task['id']})", query={"$select": "task_type_name"})
    assert [one for one in view.document() if not one.startswith("@")] == ["task_type_name"]


def test_13_3_select_of_what_is_not_there_is_refused(client: Client) -> None:
    path = f"/api/Task({client.created()['id']})"
    for query in ({"$select": "colour"}, {"$select": "task_type_name"}, {"$select": ""}, {"$select": ["id", "id2"]}):
        assert "$select" in assert_problem(ask(client, "GET", path, query=query), 400, "invalid-parameter")["detail"]


SAYING_NOTHING: list[dict[str, str]] = [
    {"$format": "json"},
    {"format": "JSON"},
    {"$format": "application/json;odata.metadata=minimal"},
    {"$count": "false"},
    {"$COUNT": "False"},
    {"$format": "json", "$count": "false"},
]


@pytest.mark.parametrize("path", ["/api", "/api/Task", "/api/TaskView", "/api/Task({id})", "/api/TaskType"])
@pytest.mark.parametrize("query", SAYING_NOTHING)
def test_13_3_an_option_that_asks_for_what_one_gets_is_taken(
    json_client: Client, path: str, query: dict[str, str]
) -> None:
    path = path.format(**json_client.created())
    answer = ask(json_client, "GET", path, query=query, headers={"Prefer": "handling=strict"})
    assert (answer.status, answer.body) == (200, ask(json_client, "GET", path).body)
    assert "Ignored-Parameters" not in answer.headers


def test_13_3_format_json_counts_more_than_accept(xml_client: Client) -> None:
    xml_client.created()
    answer = ask(xml_client, "GET", "/api/Task", query={"$format": "json"})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert ask(xml_client, "GET", "/api/Task").is_xml


@pytest.mark.parametrize("path", ["/api/Task", "/api/TaskView", "/api/TaskType", "/api/Task({id})"])
@pytest.mark.parametrize(
    "query",
    [
        {"$count": "true"},
        {"$count": "x"},
        {"$format": "xml"},
        {"$format": "atom"},
        {"$expand": "x"},
        {"$search": "x"},
        {"$apply": "groupby((archived))"},
    ],
)
def test_13_3_other_options_are_refused_by_name(json_client: Client, path: str, query: dict[str, str]) -> None:
    answer = ask(json_client, "GET", path.format(**json_client.created()), query=query)
    detail = assert_problem(answer, 400, "invalid-parameter")["detail"]
    assert f"The query option {next(iter(query))} is not supported here" in detail


@pytest.mark.parametrize("query", [{"$format": "json"}, {"$count": "false"}])
def test_13_3_what_writes_and_what_is_no_odata_address_take_none_of_them(
    json_client: Client, query: dict[str, str]
) -> None:
    written_ = ask(json_client, "POST", "/api/Task", {"subject": SUBJECT}, query=query)
    for answer in (written_, ask(json_client, "GET", "/tasks", query=query)):
        assert next(iter(query)) in assert_problem(answer, 400, "invalid-parameter")["detail"]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("count", ["$count", "%24count", "$Count", "$count/"])
def test_13_3_count_as_a_path_is_refused_by_name(client: Client, name: str, count: str) -> None:
    detail = assert_problem(ask(client, "GET", f"/api/{name}/{count}"), 400, "invalid-parameter")["detail"]
    assert "/$count is not supported" in detail
    assert_problem(ask(client, "GET", "/tasks/$count"), 404, "no-such-route")


@pytest.mark.parametrize("prefer", ["omit-values=nulls", 'odata.omit-values="nulls"', "omit-values=nulls, x=y"])
def test_13_3_omit_values_changes_nothing(json_client: Client, prefer: str) -> None:
    path = f"/api/Task({json_client.created()['id']})"
    answer = ask(json_client, "GET", path, headers={"Prefer": prefer})
    assert answer.body == ask(json_client, "GET", path).body
    assert "Preference-Applied" not in answer.headers


# ---- 13.4: the catalogue's sets -------------------------------------------------------------------------------------

NORMAL, HIGH = BUILT_IN.priorities[1].id, BUILT_IN.priorities[2].id


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"$top": "2"}, ["Low", "Normal"]),
        ({"top": "0"}, []),
        ({"$skip": "3"}, ["Critical"]),
        ({"$skip": "1", "$top": "1", "$orderby": "name desc"}, ["Low"]),
        ({"$filter": f"id eq {HIGH}"}, ["High"]),
        ({"$filter": f"(id eq {HIGH})"}, ["High"]),
        ({"$filter": f"id in ({HIGH},'{NORMAL}')"}, ["Normal", "High"]),
        ({"$filter": "name eq 'high'"}, []),
        ({"$filter": "tolower(Name) eq 'high'"}, ["High"]),
        ({"$filter": "startswith(name,'N') or sequence ge 4"}, ["Normal", "Critical"]),
        ({"$filter": "is_default"}, ["Normal"]),
        ({"$filter": "not is_default and sequence lt 3"}, ["Low"]),
        ({"$filter": "is_default eq false", "$orderby": "name", "$top": "1"}, ["Critical"]),
    ],
)
def test_13_4_the_catalogue_s_sets_take_options(client: Client, query: dict[str, str], names: list[str]) -> None:
    answer = ask(client, "GET", "/api/TaskPriority", query=query)
    assert answer.status == 200, answer.body
    if client.format == "xml":
        assert [entry.findtext("name") for entry in ET.fromstring(answer.body)] == names
    else:
        assert [entry["name"] for entry in answer.document()["value"]] == names


def test_13_4_select_shows_only_what_it_names(json_client: Client) -> None:
    [entry] = value(json_client, "/api/TaskStatus", **{"$select": "is_completed,Name", "$top": "1"})
    assert list(entry.items()) == [("name", "New"), ("is_completed", False)]
    assert next(iter(value(json_client, "/api/TaskStatus", **{"$select": "*"})[0])) == "id"


def test_13_4_null_is_a_value_of_its_own(json_client: Client) -> None:
    types = value(json_client, "/api/TaskType", **{"$filter": "default_status_id eq null"})
    assert [entry["name"] for entry in types] == [entry.name for entry in BUILT_IN.types]
    assert value(json_client, "/api/TaskType", **{"$filter": "default_status_id ne null"}) == []


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "subject eq 'x'"},
        {"$filter": "is_completed"},
        {"$filter": "sequence eq 'x'"},
        {"$filter": f"name eq '{'x' * 9000}'"},
        {"$top": "x"},
        {"$top": "-1"},
        {"$skip": "10001"},
        {"$select": "colour"},
        {"$top": ["1", "2"]},
        {"$skiptoken": "x"},
    ],
)
def test_13_4_what_cannot_be_read_is_refused_by_name(client: Client, query: dict[str, str | list[str]]) -> None:
    answer = ask(client, "GET", "/api/TaskPriority", query=query)
    assert next(iter(query)) in assert_problem(answer, 400, "invalid-parameter")["detail"]


@pytest.mark.parametrize("name", ["TaskType", "TaskStatus", "TaskPriority"])
@pytest.mark.parametrize("key", ["{}", "id={}", "'{}'", "%7B{}%7D"])
def test_13_4_an_entry_by_its_key(json_client: Client, name: str, key: str) -> None:
    for entry in value(json_client, f"/api/{name}"):
        answer = ask(json_client, "GET", f"/api/{name}({key.format(entry['id'])})")
        assert answer.members() == entry
        context, tag = list(answer.document().items())[:2]
        assert context == ("@odata.context", f"{BASE}/api/$metadata#{name}/$entity")
        assert tag == ("@odata.etag", answer.headers["ETag"])


def test_13_4_an_entry_with_select_in_each_format(client: Client) -> None:
    answer = ask(client, "GET", f"/api/taskpriority({HIGH.upper()})", query={"$select": "name"})
    assert {name: shown for name, shown in answer.document().items() if "@" not in name} == {"name": "High"}
    if client.format == "xml":
        assert answer.body.startswith("<TaskPriority ")
    unchanged = ask(
        client,
        "GET",
        f"/api/TaskPriority({HIGH})",
        query={"$select": "name"},
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert unchanged.status == 304


@pytest.mark.parametrize("key", ["0ddc0de0-0000-4000-8000-00000000000e", "x", "1", "name=High", "id=", NORMAL])
def test_13_4_no_other_key_names_an_entry(client: Client, key: str) -> None:
    assert_problem(ask(client, "GET", f"/api/TaskStatus({key})"), 404, "no-such-route")


def test_13_4_another_company_s_entry_is_none(client: Client) -> None:
    theirs = str(uuid4())
    client.stranger().onboard(types=[{"id": theirs, "name": "Theirs", "default": True}])
    assert_problem(ask(client, "GET", f"/api/TaskType({theirs})"), 404, "no-such-route")


# ---- 13.5: errors ---------------------------------------------------------------------------------------------------

REFUSALS = [
    (("POST", "/api/Task", {"subject": "x" * 151, "due_date": "x"}), 422, "invalid-task"),
    (("POST", "/api/task", {}), 422, "invalid-task"),
    (("PATCH", "/api/Task({id})", {"subject": None}), 422, "invalid-task"),
    (("GET", f"/api/Task({uuid4()})", None), 404, "no-such-task"),
    (("GET", "/api/TaskView?", None), 404, "no-such-route"),
    (("GET", "/api/Nothing", None), 404, "no-such-route"),
    (("DELETE", "/api/Task", None), 405, "method-not-allowed"),
]


@pytest.mark.parametrize(("request_", "status", "kind"), REFUSALS)
def test_13_5_an_error_below_api_has_odata_s_member(
    json_client: Client, request_: tuple[str, str, Mapping[str, Any] | None], status: int, kind: str
) -> None:
    method, path, members = request_
    answer = ask(json_client, method, path.format(**json_client.created()), members)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    document = answer.document()
    assert list(document)[:5] == ["type", "title", "status", "detail", "instance"]
    error = document["error"]
    assert (error["code"], error["message"]) == (kind, document["detail"])
    assert document["type"] == f"urn:servicedesk:problem:{kind}"
    faults = [(one["code"], one["detail"], one["pointer"]) for one in document.get("errors", [])]
    details = error.get("details", [])
    assert [(one["code"], one["message"], f"#/{one['target']}") for one in details] == faults
    assert bool(details) is (status == 422)


def test_13_5_a_faulty_option_and_a_stale_tag_have_it_too(json_client: Client) -> None:
    refused = ask(json_client, "GET", "/api/Task", query={"$expand": "x"})
    assert refused.document()["error"]["code"] == "invalid-parameter"
    path = f"/api/Task({json_client.created()['id']})"
    stale = ask(json_client, "PATCH", path, {"subject": "Other"}, headers={"If-Match": 'W/"0"'})
    assert (stale.status, stale.document()["error"]["code"]) == (412, "precondition-failed")
    assert stale.headers["ETag"]


def test_13_5_as_text_json_it_is_application_json_and_xml_stays(json_client: Client, xml_client: Client) -> None:
    answer = ask(json_client, "GET", "/api/Nothing", headers={"Accept": "text/json"})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    answer = ask(xml_client, "GET", "/api/Nothing")
    assert answer.headers["Content-Type"] == "application/problem+xml; charset=utf-8"
    assert "error" not in answer.document()


def test_13_5_elsewhere_errors_stay(json_client: Client) -> None:
    for method, path, members in (
        ("POST", "/tasks", {}),
        ("GET", "/apiary", None),
        ("GET", "/nothing/api", None),
        ("GET", f"/tasks/{uuid4()}", None),
    ):
        answer = ask(json_client, method, path, members)
        assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"
        assert "error" not in answer.document()
        assert "OData-Version" not in answer.headers


@pytest.mark.parametrize("name", ["\ud800", '"' * 1000, "é" * 1000, "a\r\nb"])
def test_13_5_whatever_a_field_is_called_the_error_can_be_sent(json_client: Client, name: str) -> None:
    body = json.dumps({"subject": SUBJECT, name: "x"})
    sent = event("POST", "/api/Task", body, headers={"Prefer": "handling=strict"}, company=json_client.company)
    error = json.loads(invoke(json_client.api.api.lambda_handler, sent).body)["error"]
    [detail] = error["details"]
    assert detail["code"] == "unknown_field"
    assert len(detail["target"]) < 1000


# ---- 13.6: browsers -------------------------------------------------------------------------------------------------


def test_13_6_a_preflight_allows_the_headers_of_odata() -> None:
    [api] = resources("AWS::Serverless::Api").values()
    for path in api["DefinitionBody"]["paths"].values():
        answer = path["options"]["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
        allowed = answer["method.response.header.Access-Control-Allow-Headers"].strip("'").split(", ")
        assert {"OData-Version", "OData-MaxVersion"} <= set(allowed)


def test_13_6_a_browser_app_may_read_the_version(json_client: Client) -> None:
    answer = ask(json_client, "GET", "/api/Task", headers={"Origin": "https://desk.example.com"})
    assert "OData-Version" in answer.headers["Access-Control-Expose-Headers"].split(", ")


@pytest.mark.parametrize("version", ["4.0", "4.01", "3.0", "x"])
def test_13_6_nothing_depends_on_the_version_that_a_client_names(json_client: Client, version: str) -> None:
    json_client.created()
    plain = ask(json_client, "GET", "/api/Task")
    asked = {"OData-Version": version, "OData-MaxVersion": version, "MaxDataServiceVersion": version}
    answer = ask(json_client, "GET", "/api/Task", headers=asked)
    assert (answer.status, answer.body) == (plain.status, plain.body)
    assert answer.headers["OData-Version"] == "4.0"
    assert_problem(ask(json_client, "GET", "/api/Nothing", headers=asked), 404, "no-such-route")
