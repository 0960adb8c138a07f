"""Contract section 9: the catalogue."""

import json
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from servicedesk.domain.catalogue import BUILT_IN

from tests.api import INSTANCE, Answer, Api, assert_problem
from tests.contract.client import Client

PARTS = {"TaskType": "types", "TaskStatus": "statuses", "TaskPriority": "priorities"}
ADDRESSES = [
    "/catalogue",
    *(f"/api/{name}" for name in PARTS),
    "/api/TaskType/Translations",
    "/api/TaskStatus/Translations",
]


def asked(client: Client, path: str = "/catalogue", **more: Any) -> Answer:
    return client.api.catalogue(path, **{"accept": client.content_type, "company": client.company} | more)


def entries(client: Client, path: str, **more: Any) -> list[dict[str, Any]]:
    """The entries of a part of the catalogue, their values as texts."""
    answer = asked(client, path, **more)
    assert answer.status == 200, answer.body
    name = path.split("/")[2]
    if client.format == "xml":
        root = ET.fromstring(answer.body)
        assert root.tag == f"ArrayOf{name}"
        assert {child.tag for child in root} == {name}
        found = [{member.tag: member.text for member in child} for child in root]
        assert all(list(entry) == sorted(entry) for entry in found)
        return found
    document = json.loads(answer.body)
    if not path.endswith("/Translations"):
        assert document["@odata.context"] == f"https://api.example.com/v1/api/$metadata#{name}"
        document = document["value"]
    return [{key: _text(value) for key, value in entry.items()} for entry in document]


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else (json.dumps(value) if value != [] else None)


def test_9_1_the_whole_catalogue(json_client: Client) -> None:
    document = asked(json_client).document()
    assert list(document) == ["types", "statuses", "priorities", "tables"]
    onboarded = json_client.onboard()
    assert document == {name: onboarded[name] for name in document}
    assert document["types"][0] == {
        "id": BUILT_IN.types[0].id,
        "name": "Repair request",
        "default": True,
        "default_status_id": None,
    }


def test_9_1_the_whole_catalogue_in_xml(xml_client: Client) -> None:
    answer = asked(xml_client)
    assert answer.body.startswith(f'<catalogue xmlns:i="{INSTANCE}"><priorities>')
    root = ET.fromstring(answer.body)
    assert [part.tag for part in root] == ["priorities", "statuses", "tables", "types"]
    for part in root:
        for entry in part:
            assert [member.tag for member in entry] == sorted(member.tag for member in entry)
    names = [entry.findtext("name") for entry in root.iterfind("types/i")]
    assert names == [entry.name for entry in BUILT_IN.types]


def test_9_1_a_company_sees_its_own_catalogue(client: Client) -> None:
    theirs = str(uuid4())
    client.stranger().onboard(types=[{"id": theirs, "name": "Theirs", "default": True}])
    own = str(uuid4())
    client.onboard(types=[{"id": own, "name": "Ours", "default": True}])
    assert own in asked(client).body
    assert theirs not in asked(client).body


@pytest.mark.parametrize("path", ADDRESSES)
def test_9_1_an_entity_tag_saves_fetching_again(client: Client, path: str) -> None:
    tag = asked(client, path).headers["ETag"]
    again = asked(client, path, headers={"If-None-Match": tag})
    assert (again.status, again.body, again.headers["ETag"]) == (304, "", tag)
    client.onboard(
        types=[{"id": str(uuid4()), "name": "Other", "default": True}],
        statuses=[{"id": str(uuid4()), "name": "Other", "default": True}],
        priorities=[{"id": str(uuid4()), "name": "Other", "default": True}],
    )
    changed = asked(client, path, headers={"If-None-Match": tag})
    assert changed.status == 200
    assert changed.headers["ETag"] != tag


@pytest.mark.parametrize("path", ADDRESSES)
def test_9_1_who_names_no_company_sees_none(api: Api, path: str) -> None:
    assert_problem(api.catalogue(path, company=None), 403, "no-company")


@pytest.mark.parametrize("path", ["/catalogue", "/api/TaskType/Translations", "/api/TaskStatus/Translations"])
def test_9_1_an_option_is_refused_by_name(client: Client, path: str) -> None:
    answer = asked(client, path, query={"$orderby": "name"})
    assert "$orderby" in assert_problem(answer, 400, "invalid-parameter")["detail"]


@pytest.mark.parametrize(("name", "part"), PARTS.items())
def test_9_2_the_original_s_addresses(client: Client, name: str, part: str) -> None:
    found = entries(client, f"/api/{name}")
    shown = [(entry["id"], entry["name"], entry["is_default"], entry["sequence"]) for entry in found]
    assert shown == [
        (entry["id"], entry["name"], json.dumps(entry["default"]), str(place))
        for place, entry in enumerate(client.onboard()[part], 1)
    ]


def test_9_2_statuses_say_which_are_completed(client: Client) -> None:
    assert [entry["is_completed"] for entry in entries(client, "/api/TaskStatus")] == ["false", "false", "true"]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", ["Critical", "High", "Low", "Normal"]),
        ("name desc", ["Normal", "Low", "High", "Critical"]),
        ("is_default,sequence", ["Low", "High", "Critical", "Normal"]),
        ("is_default desc,sequence desc", ["Normal", "Critical", "High", "Low"]),
        ("Is_Default DESC, sequence", ["Normal", "Low", "High", "Critical"]),
    ],
)
def test_9_2_order_by_its_members(client: Client, order: str, names: list[str]) -> None:
    found = entries(client, "/api/TaskPriority", query={"$orderby": order})
    assert [entry["name"] for entry in found] == names


@pytest.mark.parametrize(
    "query",
    [{"$orderby": "colour"}, {"$orderby": "name up"}, {"$orderby": "name,"}, {"$filter": "x"}, {"$skiptoken": "1"}],
)
def test_9_2_what_is_not_supported_is_refused_by_name(client: Client, query: dict[str, str]) -> None:
    [name] = query
    answer = asked(client, "/api/TaskType", query=query)
    assert name in assert_problem(answer, 400, "invalid-parameter")["detail"]


@pytest.mark.parametrize("order", ["name,name", "name desc,sequence, NAME", "sequence," * 900 + "name"])
def test_9_2_a_member_named_twice_is_refused(client: Client, order: str) -> None:
    answer = asked(client, "/api/TaskType", query={"$orderby": order})
    name = order.partition(",")[0].split()[0]
    assert f"$orderby names {name} more than once" in assert_problem(answer, 400, "invalid-parameter")["detail"]


@pytest.mark.parametrize(("name", "part"), [("TaskType", "types"), ("TaskStatus", "statuses")])
def test_9_2_translations_are_none(client: Client, name: str, part: str) -> None:
    found = entries(client, f"/api/{name}/Translations")
    assert found == [
        {"id": entry["id"], "name": entry["name"], "translations": None} for entry in client.onboard()[part]
    ]
    if client.format == "json":
        assert json.loads(asked(client, f"/api/{name}/Translations").body)[0]["translations"] == []
