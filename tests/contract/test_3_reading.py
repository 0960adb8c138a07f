"""Contract section 3: reading a body."""

import gzip
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.api import FIELDS, INSTANCE, assert_problem, event, invoke, written
from tests.contract.client import SUBJECT, Client

GUID = "3970f5af-af17-4420-b038-a1efdc261244"
PROJECT = "78154eca-ded3-490f-a47d-543e38c0e63d"
FOUR = "application/json, text/json, application/xml, text/xml"
MIB = 1_048_576
CLIENT_DATES = ("date_create", "date_start", "due_date", "date_assigned", "date_suggested_by_company")
CLIENT_GUIDS = ("id", "task_type_id", "task_priority_id", "to_db_table_id", "to_id_in_table")
CLIENT_TEXTS = ("to_db_table_name", "subject", "remark", "customer_reference", "reference_back_office")


def xml(content: str, attributes: str = "") -> str:
    return f"<task{attributes}>{content}</task>"


def with_xml_subject(content: str) -> str:
    return xml(f"<subject>{content}</subject>")


@pytest.mark.parametrize("type_", ["application/{}", "text/{}", "Application/{}", "text/{} ; charset=utf-8"])
def test_3_1_both_types_of_each_format(client: Client, type_: str) -> None:
    answer = client.send(written(client.format, {"subject": SUBJECT}), type_.format(client.format))
    assert answer.status == 201
    assert answer.task()["subject"] == SUBJECT


@pytest.mark.parametrize(
    "parameters",
    ["; version=2", ';profile="a;charset=latin1;b"', ";odata=verbose; q=0.5", ";", ";;=", '; x="', "; charset="],
)
def test_3_1_parameters_other_than_charset_are_ignored(client: Client, parameters: str) -> None:
    answer = client.send(written(client.format, {"subject": SUBJECT}), client.content_type + parameters)
    assert answer.status == 201


@pytest.mark.parametrize("content_type", [None, "", " "])
def test_3_1_no_content_type_is_json(json_client: Client, xml_client: Client, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = json_client.send(written("json", {"subject": SUBJECT}), None, headers=headers)
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    answer = json_client.send(written("xml", {"subject": SUBJECT}), None, headers=headers)
    assert_problem(answer, 400, "malformed-body")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/problem+json",
        "application/soap+xml",
        "*/*",
        "json",
        "application/json, application/xml",
        "bson/\u00e9",
    ],
)
def test_3_1_anything_else_is_a_415_that_lists_the_four(client: Client, content_type: str) -> None:
    answer = client.send(written(client.format, {"subject": SUBJECT}), content_type)
    assert_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["Accept"] == FOUR


SPELLED = "Überlauf, 水漏れ, 🔥"


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("utf-8", ""),
        ("utf-8", "; charset=utf-8"),
        ("utf-8", '; charset="UTF-8"'),
        ("utf-16-le", "; charset=utf-16"),
        ("utf-16-be", "; charset=UTF-16"),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("utf-8", "; charset=utf8"),
        ("utf-8", "; charset=us-ascii"),
        ("utf-8", "; charset=ASCII"),
        ("utf-16-le", "; charset=utf-16le"),
        ("utf-16-le", "; charset=Unicode"),
        ("utf-16-be", "; charset=utf-16BE"),
    ],
)
def test_3_2_charsets(client: Client, encoding: str, charset: str) -> None:
    body = written(client.format, {"subject": SPELLED}) if client.format == "xml" else f'{{"subject":"{SPELLED}"}}'
    answer = client.send(body.encode(encoding), client.content_type + charset)
    assert answer.task()["subject"] == SPELLED


@pytest.mark.parametrize(
    ("mark", "encoding"), [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")]
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_3_2_a_byte_order_mark_wins(client: Client, mark: bytes, encoding: str, charset: str) -> None:
    body = written(client.format, {"subject": "Überlauf"}).encode(encoding)
    answer = client.send(mark + body, f"{client.content_type}; charset={charset}")
    assert answer.task()["subject"] == "Überlauf"


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-7", "utf-32", "windows-1252", "utf-16-le", "none\u00e9"])
@pytest.mark.parametrize("subject", [SUBJECT, "Überlauf"])
def test_3_2_another_charset_is_a_415(client: Client, charset: str, subject: str) -> None:
    body = written(client.format, {"subject": subject}).encode("latin-1")
    answer = client.send(body, f"{client.content_type}; charset={charset}")
    assert_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["Accept"] == FOUR


@pytest.mark.parametrize("declared", ["iso-8859-1", "utf-7"])
def test_3_2_the_header_counts_more_than_the_xml_declaration(xml_client: Client, declared: str) -> None:
    body = f'<?xml version="1.0" encoding="{declared}"?>{with_xml_subject("Überlauf +AOk-")}'
    for charset in ("utf-8", "us-ascii"):
        answer = xml_client.send(body.encode(), f"application/xml; charset={charset}")
        assert answer.task()["subject"] == "Überlauf +AOk-"
    answer = xml_client.send(body.encode("utf-16-be"), "application/xml; charset=utf-16be")
    assert answer.task()["subject"] == "Überlauf +AOk-"
    assert_problem(xml_client.send(body.encode(), "application/xml; charset="), 415, "unsupported-media-type")


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "iso-8859-1"])
def test_3_2_a_byte_order_mark_counts_more_than_header_and_declaration(xml_client: Client, charset: str) -> None:
    body = f'<?xml version="1.0" encoding="{charset}"?>{with_xml_subject("Überlauf")}'
    for encoding in ("utf-8-sig", "utf-16"):
        for header in ("", f"; charset={charset}"):
            answer = xml_client.send(body.encode(encoding), f"text/xml{header}")
            assert answer.task()["subject"] == "Überlauf"


@pytest.mark.parametrize("declared", ["utf-8", "UTF-16", None])
def test_3_2_an_xml_declaration_changes_nothing(xml_client: Client, declared: str | None) -> None:
    # .NET's StringWriter claims utf-16 in texts that are then sent as utf-8.
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    assert xml_client.send(declaration + with_xml_subject("Überlauf")).task()["subject"] == "Überlauf"


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "UTF-7", "utf-32", "x-unknown"])
@pytest.mark.parametrize(
    "declaration", ['<?xml version="1.0" encoding="{}"?>', "<?xml version='1.0'\n encoding = '{}' ?>"]
)
def test_3_2_an_xml_declaration_of_another_charset_is_a_415(
    xml_client: Client, declared: str, declaration: str
) -> None:
    for subject in ("+AOk-", "Überlauf"):
        answer = xml_client.send((declaration.format(declared) + with_xml_subject(subject)).encode("latin-1"))
        assert_problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("bytes_", "charset"),
    [
        (b"\xe9", "utf-8"),
        (b"\xc0\xaf", "utf-8"),
        (b"\xed\xa0\x80", "utf-8"),
        (b"\xf4\x90\x80\x80", "utf-8"),
        (b"\x00", "utf-16"),
        (b"\x00\xd8", "utf-16"),
    ],
)
def test_3_2_bytes_that_are_not_in_the_charset_are_a_400(client: Client, bytes_: bytes, charset: str) -> None:
    start, end = ('{"subject":"', '"}') if client.format == "json" else ("<task><subject>", "</subject></task>")
    encoding = "utf-8" if charset == "utf-8" else "utf-16-le"
    body = start.encode(encoding) + bytes_ + end.encode(encoding)
    answer = client.send(body, f"{client.content_type}; charset={charset}")
    assert charset in assert_problem(answer, 400, "malformed-body")["detail"]


@pytest.mark.parametrize("in_base64", [True, False])
def test_3_3_a_body_in_base64_is_decoded_first(client: Client, in_base64: bool) -> None:
    answer = client.create({"subject": "Überlauf"}, in_base64=in_base64)
    assert answer.task()["subject"] == "Überlauf"


@pytest.mark.parametrize("lie", ["{}", "e30", "e30=\n", "é"])
def test_3_3_a_body_that_only_claims_base64_is_a_400(client: Client, lie: str) -> None:
    sent = event(headers={"Content-Type": client.content_type}, company=client.company)
    answer = invoke(client.api.api.lambda_handler, sent | {"body": lie, "isBase64Encoded": True})
    assert "base64" in assert_problem(answer, 400, "malformed-body")["detail"]


def test_3_4_no_task_at_all_each_with_its_own_detail(json_client: Client, xml_client: Client) -> None:
    json_bodies = {
        "": "empty",
        " \r\n\t": "white space",
        "null": "null",
        "[]": "object",
        '"task"': "object",
        "7": "object",
    }
    xml_bodies = {
        "": "empty",
        "\n": "white space",
        "<Task/>": "root element of the body is Task,",
        "<tasks><task/></tasks>": "root element of the body is tasks,",
        '<x:ArrayOftask xmlns:x="urn:x"/>': "root element of the body is ArrayOftask,",
        f'<task xmlns:x="{INSTANCE}" x:nil="true"/>': "nil",
    }
    for client, bodies in ((json_client, json_bodies), (xml_client, xml_bodies)):
        for body, said in bodies.items():
            assert said in assert_problem(client.send(body), 400, "malformed-body")["detail"], body


@pytest.mark.parametrize(("root", "shown"), [("水", r'"\u6c34"'), ("n" * 5000, f'"{"n" * 100}"'), ("a.b-c", "a.b-c")])
def test_3_4_a_wrong_root_is_named_so_that_every_format_can_say_it(xml_client: Client, root: str, shown: str) -> None:
    for accept in ("application/json", "application/xml"):
        answer = xml_client.send(f"<{root}/>", headers={"Accept": accept})
        detail = assert_problem(answer, 400, "malformed-body")["detail"]
        assert detail == f"The root element of the body is {shown}, not task."


def test_3_4_no_body_at_all_is_an_empty_one(client: Client) -> None:
    assert "empty" in assert_problem(client.send(None), 400, "malformed-body")["detail"]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_3_4_a_byte_order_mark_alone_is_no_task(client: Client, mark: bytes) -> None:
    assert_problem(client.send(mark), 400, "malformed-body")


@pytest.mark.parametrize("spelled", [str.upper, str.title, str.swapcase])
def test_3_5_names_match_without_regard_to_case(client: Client, spelled: Callable[[str], str]) -> None:
    sent = {"subject": "x", "customer_reference": "y", "due_date": "2026-06-24", "to_db_table_name": "project"}
    answer = client.create({spelled(name): value for name, value in sent.items()})
    task = answer.task()
    assert (task["subject"], task["customer_reference"], task["due_date"][:10]) == ("x", "y", "2026-06-24")
    assert "Ignored-Fields" not in answer.headers


@pytest.mark.parametrize(
    "pair", [("subject", "subject"), ("subject", "Subject"), ("COMPANY_ID", "company_id"), ("Db", "dB"), ("É", "é")]
)
@pytest.mark.parametrize("value", ["x", None])
def test_3_5_a_field_given_twice_is_a_400(client: Client, pair: tuple[str, str], value: str | None) -> None:
    answer = client.create([("remark", "z"), *((name, value) for name in pair)])
    assert "twice" in assert_problem(answer, 400, "malformed-body")["detail"]


def test_3_5_a_field_given_twice_in_two_namespaces_is_a_400(xml_client: Client) -> None:
    body = xml("<a:subject>x</a:subject><b:subject>y</b:subject>", ' xmlns:a="urn:a" xmlns:b="urn:b"')
    assert_problem(xml_client.send(body), 400, "malformed-body")


@pytest.mark.parametrize("name", ["A\x00", "\ud800", "\ufffe", "A\nB", "<A>", "Ab" * 1000])
def test_3_5_the_error_of_a_field_given_twice_can_be_read_whatever_its_name(json_client: Client, name: str) -> None:
    for accept in ("application/json", "application/xml"):
        answer = json_client.create([(name, "x"), (name.lower(), "x")], headers={"Accept": accept})
        assert_problem(answer, 400, "malformed-body")


def test_3_5_letters_beyond_ascii_are_no_other_case_of_ascii_ones(client: Client) -> None:
    answer = client.create({"subject": "x", "remar\u212a": "Kelvin"})
    assert answer.task()["remark"] is None
    assert answer.headers["Ignored-Fields"] == '"remar%E2%84%AA";reason=unknown'


def test_3_5_a_name_that_only_looks_like_a_fields_does_not_take_its_place(json_client: Client) -> None:
    answer = json_client.create([("subject", "x"), ("tas\u212a_type_id", "x"), ("task_type_id", None)])
    assert answer.task()["subject"] == "x"


UNSET_DATES = [
    *(f"{day}{midnight}" for day in ("1980-01-01", "0001-01-01") for midnight in ("", "T00:00:00Z", " 00:00")),
    "1980-01-01T01:00:00+01:00",
    "1980-01-01T00:00:00+01:00",
    "1980-01-01T00:00:00.00000000-11:30",
    "1979-12-31T24:00:00",
    "/Date(315532800000)/",
    "/Date(315532800000+0100)/",
    "/Date(315529200000+0100)/",
    "Tue Jan 01 1980 00:00",
    "Tue Jan 01 1980 null",
    "0001-01-01T00:00:00+02:00",
    "0001-01-01T02:00:00+02:00",
    "0001-01-01T00:00:00-05:00",
    "/Date(-62135596800000)/",
    "/Date(-62135600400000+0100)/",
    "/Date(-62135593200000-0100)/",
    "Mon Jan 01 0001 null",
]
UNSET_GUIDS = ["00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "0" * 32]
NOT_FILLED: dict[str, list[Any]] = {
    "guid": [None, "", *UNSET_GUIDS],
    "date": [None, "", *UNSET_DATES],
    "string": [None, ""],
    "boolean": [None, "", False],
    "integer": [None, "", 0],
}


@pytest.mark.parametrize("handling", ["lenient", "strict"])
@pytest.mark.parametrize("place", range(max(map(len, NOT_FILLED.values()))))
def test_3_6_what_is_not_filled_is_as_if_absent(client: Client, handling: str, place: int) -> None:
    sent: dict[str, Any] = {name: NOT_FILLED[kind][place % len(NOT_FILLED[kind])] for name, kind in FIELDS.items()}
    answer = client.create(sent | {"subject": SUBJECT}, headers={"Prefer": f"handling={handling}"})
    assert answer.status == 201, answer.body
    assert "Ignored-Fields" not in answer.headers
    task, bare = answer.task(), client.created()
    varying = {"id", "id2", "date_create", "modified_dateutc"}
    assert {name: task[name] for name in FIELDS.keys() - varying} == {
        name: bare[name] for name in FIELDS.keys() - varying
    }


@pytest.mark.parametrize(
    "nil", ['i:nil="true"', 'i:nil="1"', 'i:nil=" true "', 'whatever:nil="true"'], ids=["true", "1", "spaced", "prefix"]
)
def test_3_6_nil_in_xml_whatever_its_prefix(xml_client: Client, nil: str) -> None:
    namespaces = f' xmlns:i="{INSTANCE}" xmlns:whatever="{INSTANCE}"'
    answer = xml_client.send(xml(f"<subject>x</subject><due_date {nil}/><remark {nil}></remark>", namespaces))
    task = answer.task()
    assert task["due_date"] is task["remark"] is None


def test_3_6_nil_of_another_namespace_or_false_is_not_nil(xml_client: Client) -> None:
    body = xml('<subject nil="true">x</subject><remark i:nil="false">y</remark>', f' xmlns:i="{INSTANCE}"')
    task = xml_client.send(body).task()
    assert (task["subject"], task["remark"]) == ("x", "y")


@pytest.mark.parametrize("content", ["x", "<x/>", " x "])
@pytest.mark.parametrize("nil", ["true", "1"])
def test_3_6_nil_with_content_says_two_things_and_is_a_400(xml_client: Client, content: str, nil: str) -> None:
    body = xml(f'<subject>x</subject><remark i:nil="{nil}">{content}</remark>', f' xmlns:i="{INSTANCE}"')
    assert_problem(xml_client.send(body), 400, "malformed-body")


def test_3_6_each_kind_has_its_own(client: Client) -> None:
    kept = {
        "subject": "0",
        "remark": "false",
        "customer_reference": UNSET_GUIDS[0],
        "reference_back_office": "1980-01-01",
    }
    task = client.created(kept)
    assert {name: task[name] for name in kept} == kept
    client.refused("due_date", UNSET_GUIDS[0], "invalid_date")
    client.refused("to_id_in_table", UNSET_DATES[0], "invalid_guid")


NEARLY_UNSET = {
    "1980-01-01T00:00:00.0000001Z": "1980-01-01T00:00:00.0000001",
    "1980-01-01T00:30:00+01:00": "1979-12-31T23:30:00",
    "1980-01-02": "1980-01-02T00:00:00",
    "/Date(315532800000)/": None,
    "/Date(315532800001)/": "1980-01-01T00:00:00.001",
    "/Date(315529200000)/": "1979-12-31T23:00:00",
    "/Date(315529200000-0100)/": "1979-12-31T23:00:00",
    "Tue Jan 01 1980 00:01": "1980-01-01T00:01:00",
    "0001-01-01T00:00:00.0000001Z": "0001-01-01T00:00:00.0000001",
    "0001-01-02": "0001-01-02T00:00:00",
    "/Date(-62135596799999)/": "0001-01-01T00:00:00.001",
}


@pytest.mark.parametrize("spelled", NEARLY_UNSET)
def test_3_6_the_two_days_at_another_time_are_dates(client: Client, spelled: str) -> None:
    assert client.created(due_date=spelled)["due_date"] == NEARLY_UNSET[spelled]


def test_3_6_a_change_with_an_unset_date_clears_the_field(client: Client) -> None:
    for unset in UNSET_DATES:
        task = client.created(due_date="2026-06-24")
        answer = client.change(task["id"], {"due_date": unset}, headers={"If-Match": "*"})
        assert answer.task()["due_date"] is None, unset


@pytest.mark.parametrize(
    "spelled",
    [
        GUID,
        GUID.upper(),
        GUID.replace("-", ""),
        f"{{{GUID}}}",
        f"({GUID})",
        f" \r\n\t{GUID} ",
        f"  {{{GUID.upper()}}}\n",
        f"\u00a0{GUID}",
    ],
)
def test_3_7_spellings_of_a_guid(client: Client, spelled: str) -> None:
    task = client.created(to_id_in_table=spelled, to_db_table_name="project")
    assert task["to_id_in_table"] == GUID


@pytest.mark.parametrize("field", CLIENT_GUIDS)
@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        GUID[1:],
        f"{GUID}0",
        f"{{{GUID}",
        f"{{{GUID})",
        GUID.replace("-", "", 1),
        GUID.replace("3", "g"),
        f"urn:uuid:{GUID}",
    ],
)
def test_3_7_what_is_no_guid(client: Client, field: str, wrong: str) -> None:
    client.refused(field, wrong, "invalid_guid")


@pytest.mark.parametrize("wrong", [True, 7, ["x"], {"x": "y"}])
def test_3_7_another_type_is_no_guid(client: Client, wrong: object) -> None:
    client.refused("to_db_table_id", wrong, "invalid_guid")


def test_3_7_a_json_number_is_no_guid_though_its_digits_are(json_client: Client) -> None:
    json_client.refused("to_db_table_id", int("3" * 32), "invalid_guid")


DATES = {
    "2026-06-24": "2026-06-24T00:00:00",
    "2026-06-24T09:00": "2026-06-24T09:00:00",
    "2026-06-24 09:00": "2026-06-24T09:00:00",
    "2026-06-24T09:00:05": "2026-06-24T09:00:05",
    "2026-06-24T09:00:05.": "2026-06-24T09:00:05",
    "2026-06-24T09:00:05.4": "2026-06-24T09:00:05.4",
    "2026-06-24T09:00:05.4578039": "2026-06-24T09:00:05.4578039",
    "2026-06-24T09:00:05.457803999": "2026-06-24T09:00:05.4578039",
    "2026-06-24T09:00:05.99999999": "2026-06-24T09:00:05.9999999",
    "2026-06-24T09:00:05Z": "2026-06-24T09:00:05",
    "2026-06-24T09:00Z": "2026-06-24T09:00:00",
    "2026-06-24T09:00:05+02:00": "2026-06-24T07:00:05",
    "2026-06-24T09:00:05.5-0230": "2026-06-24T11:30:05.5",
    "2026-06-24 09:00+02": "2026-06-24T07:00:00",
    "2026-01-01T00:30:00+01:00": "2025-12-31T23:30:00",
    " \n2026-06-24T09:00\t": "2026-06-24T09:00:00",
    "2024-02-29": "2024-02-29T00:00:00",
    "0001-01-01T00:00:00.0000001": "0001-01-01T00:00:00.0000001",
    "9999-12-31T23:59:59.9999999": "9999-12-31T23:59:59.9999999",
    "/Date(1782291401457)/": "2026-06-24T08:56:41.457",
    "/Date(1782291401457+0200)/": "2026-06-24T08:56:41.457",
    "/Date(1782291401457-0500)/": "2026-06-24T08:56:41.457",
    "/Date(-1)/": "1969-12-31T23:59:59.999",
    "Wed Jun 24 2026 09:00": "2026-06-24T09:00:00",
    "Wed Jun 24 2026 09:00:05": "2026-06-24T09:00:05",
    "Wed Jun 24 2026": "2026-06-24T00:00:00",
    "Wed Jun 24 2026 null": "2026-06-24T00:00:00",
    "2026-06-24t09:00:05.5z": "2026-06-24T09:00:05.5",
    "2026-06-24t09:00": "2026-06-24T09:00:00",
    "2026-06-24T09:00z": "2026-06-24T09:00:00",
    "Fri Jan 02 2026 23:59": "2026-01-02T23:59:00",
    "2026-06-24T24:00:00": "2026-06-25T00:00:00",
    "2026-12-31 24:00": "2027-01-01T00:00:00",
    "2024-02-28T24:00:00.0000000000Z": "2024-02-29T00:00:00",
    "2026-06-24T24:00:00+02:00": "2026-06-24T22:00:00",
    "9999-12-31T24:00:00+00:01": "9999-12-31T23:59:00",
    "Wed Jun 24 2026 24:00": "2026-06-25T00:00:00",
}


@pytest.mark.parametrize("spelled", DATES)
def test_3_8_spellings_of_a_date(client: Client, spelled: str) -> None:
    assert client.created(due_date=spelled)["due_date"] == DATES[spelled]


@pytest.mark.parametrize(
    "wrong",
    [
        "06/24/2026",
        "24/06/2026",
        "01-02-2026",
        "24.06.2026",
        "2026/06/24",
        "2026-6-24",
        "20260624",
        "2026-06",
        "2026-W26-3",
        "2026-06-24Z",
        "2026-06-24T9:00",
        "2026-06-24T09",
        "2026-06-24T09:00.5",
        "2026-06-24T09:00:05,5",
        "2026-06-24  09:00",
        "2026-06-24T09:00 +02:00",
        "2026-06-24T09:00+2",
        "2026-06-24T09:00+02:0",
        "2026-06-24T09:00+24:00",
        "2026-06-24T09:00+02:60",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-06-31",
        "0000-01-01",
        "2026-06-24T24:01",
        "2026-06-24T24:00:01",
        "2026-06-24T24:00:00.00000001",
        "2026-06-24T25:00",
        "9999-12-31T24:00:00Z",
        "2026-02-29T24:00:00",
        "2026-06-24T09:60",
        "2026-06-24T23:59:60",
        "0001-01-01T00:00:01+01:00",
        "/Date(-62135596800001)/",
        "9999-12-31T23:59:59-01:00",
        "12026-06-24",
        "\u0662\u0660\u0662\u0666-06-24",
        "/Date(99999999999999999)/",
        "/Date(1.5)/",
        "/Date()/",
        "Thu Jun 24 2026 09:00",
        "Wed Jun 24 2026 NULL",
        "Wed Jun 24 2026 undefined",
        "Wed Jun 24 2026null",
        "Wed Jun 24 2026 09:00 null",
        "Thu Jun 24 2026 null",
        "Wed Jun 31 2026 09:00",
        "wed jun 24 2026 09:00",
        "now",
        "1782291401",
        "x" * 10_000,
    ],
)
def test_3_8_what_is_no_date(client: Client, wrong: str) -> None:
    client.refused("due_date", wrong, "invalid_date")


IMPOSSIBLE = {
    "2026-02-30": "30 February does not exist.",
    "2026-06-31T09:00": "31 June does not exist.",
    "2026-06-00": "0 June does not exist.",
    "2026-02-29": "29 February 2026 does not exist.",
    "1900-02-29": "29 February 1900 does not exist.",
    "Wed Jun 31 2026 09:00": "31 June does not exist.",
    "2026-13-01": "There is no month 13; the months go from 01 to 12.",
    "2026-00-01": "There is no month 00; the months go from 01 to 12.",
    "0000-01-01": "There is no year 0000; the years go from 0001 to 9999.",
    "2026-06-24T24:01": "The time 24:01 does not exist.",
    "2026-06-24T24:00:00.5": "The time 24:00:00.5 does not exist.",
    "9999-12-31T24:00": "In UTC, this date is outside of the years 0001 to 9999.",
    "2026-06-24T23:59:60Z": "The time 23:59:60 does not exist.",
    "2026-06-24T09:00+24:00": "The offset +24:00 does not exist.",
    "0001-01-01T00:00:59+00:01": "In UTC, this date is outside of the years 0001 to 9999.",
    "/Date(99999999999999999)/": "In UTC, this date is outside of the years 0001 to 9999.",
    "Thu Jun 24 2026 09:00": "24 June 2026 is a Wednesday, not a Thursday.",
    "Mon Feb 29 2004": "29 February 2004 is a Sunday, not a Monday.",
}


@pytest.mark.parametrize("wrong", IMPOSSIBLE)
def test_3_8_an_impossible_date_is_told_from_what_is_no_date(client: Client, wrong: str) -> None:
    assert client.refused("due_date", wrong, "invalid_date")["detail"] == IMPOSSIBLE[wrong]
    assert "This is not a date, like" in client.refused("due_date", f"x{wrong}", "invalid_date")["detail"]


SYSTEM = "http://schemas.datacontract.org/2004/07/System"


def date_time_offset(date_time: str, offset: str, namespace: str = SYSTEM) -> str:
    parts = f"<d:DateTime>{date_time}</d:DateTime><d:OffsetMinutes>{offset}</d:OffsetMinutes>"
    return xml(f'<subject>x</subject><due_date xmlns:d="{namespace}">{parts}</due_date>')


@pytest.mark.parametrize("offset", ["60", "0", "-840", "840", " +60 "])
@pytest.mark.parametrize("namespace", [SYSTEM, "urn:another"])
def test_3_8_a_date_time_offset_of_net_is_the_instant_of_its_date_time(
    xml_client: Client, offset: str, namespace: str
) -> None:
    task = xml_client.send(date_time_offset("2026-06-24T03:56:41.4578039Z", offset, namespace)).task()
    assert task["due_date"] == "2026-06-24T03:56:41.4578039"


@pytest.mark.parametrize("field", CLIENT_DATES)
def test_3_8_a_date_time_offset_stands_for_any_date(xml_client: Client, field: str) -> None:
    parts = "<OffsetMinutes>60</OffsetMinutes>\n<!-- either order -->\t<DateTime>2026-06-24T03:56:41Z</DateTime>"
    task = xml_client.send(xml(f"<subject>x</subject><{field}>\n{parts}\n</{field}>")).task()
    assert task[field] == "2026-06-24T03:56:41"


def test_3_8_a_date_time_offset_without_a_zone_is_utc_if_it_can_only_be_utc(xml_client: Client) -> None:
    assert xml_client.send(date_time_offset("2026-06-24T03:56", "0")).task()["due_date"] == "2026-06-24T03:56:00"
    answer = xml_client.send(date_time_offset("2026-06-24T03:56", "60"))
    [fault] = assert_problem(answer, 422, "invalid-task", ("due_date", "invalid_date"))["errors"]
    assert "two ways" in fault["detail"]


@pytest.mark.parametrize(
    ("date_time", "offset"),
    [
        ("2026-06-24T03:56:41Z", ""),
        ("2026-06-24T03:56:41Z", "841"),
        ("2026-06-24T03:56:41Z", "-841"),
        ("2026-06-24T03:56:41Z", "1.5"),
        ("2026-06-24T03:56:41Z", "9" * 5000),
        ("", "60"),
        ("/Date(1782291401457)/", "60"),
        ("2026-02-30T03:56:41Z", "60"),
    ],
)
def test_3_8_what_is_no_date_time_offset(xml_client: Client, date_time: str, offset: str) -> None:
    answer = xml_client.send(date_time_offset(date_time, offset))
    assert_problem(answer, 422, "invalid-task", ("due_date", "invalid_date"))


UTC, OFFSET = "<DateTime>2026-06-24T03:56:41Z</DateTime>", "<OffsetMinutes>60</OffsetMinutes>"


@pytest.mark.parametrize(
    "content",
    [
        UTC,
        OFFSET,
        UTC + UTC,
        UTC + OFFSET + OFFSET,
        UTC + OFFSET + "<x/>",
        f"x{UTC}{OFFSET}",
        f"<x>{UTC}{OFFSET}</x>",
        f"{UTC}<OffsetMinutes><x/>60</OffsetMinutes>",
    ],
)
def test_3_8_an_element_with_other_children_is_no_date_time_offset(xml_client: Client, content: str) -> None:
    answer = xml_client.send(xml(f"<subject>x</subject><due_date>{content}</due_date>"))
    assert_problem(answer, 422, "invalid-task", ("due_date", "invalid_date"))


def test_3_8_a_date_time_offset_is_one_in_xml_only_and_only_for_a_date(json_client: Client, xml_client: Client) -> None:
    parts = {"DateTime": "2026-06-24T03:56:41Z", "OffsetMinutes": 60}
    json_client.refused("due_date", parts, "invalid_date")
    xml_client.refused("remark", parts, "invalid_string")
    xml_client.refused("to_id_in_table", parts, "invalid_guid")


@pytest.mark.parametrize(
    ("date_time", "offset"),
    [
        ("1980-01-01T00:00:00Z", 0),
        ("1980-01-01T00:00:00Z", 60),
        ("1979-12-31T23:00:00Z", 60),
        ("0001-01-01T00:00:00", 0),
        ("0001-01-01T00:00:00Z", -60),
        ("0001-01-01T05:00:00Z", -300),
    ],
)
def test_3_6_a_date_time_offset_can_say_that_a_date_is_not_filled(
    xml_client: Client, date_time: str, offset: int
) -> None:
    unset = f"<DateTime>{date_time}</DateTime><OffsetMinutes>{offset}</OffsetMinutes>"
    fields = "".join(f"<{name}>{unset}</{name}>" for name in ("due_date", "date_closed", "db_date"))
    answer = xml_client.send(xml(f"<subject>x</subject>{fields}"))
    assert answer.task()["due_date"] is None
    assert "Ignored-Fields" not in answer.headers


@pytest.mark.parametrize("wrong", [True, 1782291401, ["2026-06-24"], {"x": "y"}])
def test_3_8_another_type_is_no_date(client: Client, wrong: object) -> None:
    client.refused("due_date", wrong, "invalid_date")


@pytest.mark.parametrize("field", CLIENT_DATES)
def test_3_9_a_date_keeps_its_100_ns(client: Client, field: str) -> None:
    assert client.created({field: "2026-06-24T03:56:41.4578039+00:00"})[field] == "2026-06-24T03:56:41.4578039"
    assert client.created({field: "2026-06-24T05:56:41.0000001+02:00"})[field] == "2026-06-24T03:56:41.0000001"


@pytest.mark.parametrize("number", ["7", "-0.50", "1e400", "12345678901234567890.10", "1" * 150])
def test_3_10_a_json_number_becomes_its_text(json_client: Client, number: str) -> None:
    assert json_client.send(f'{{"subject": {number}}}').task()["subject"] == number


@pytest.mark.parametrize("field", CLIENT_TEXTS)
@pytest.mark.parametrize("wrong", [["x"], {"x": "y"}])
def test_3_10_an_object_or_array_is_no_text(client: Client, field: str, wrong: object) -> None:
    client.refused(field, wrong, "invalid_string")


@pytest.mark.parametrize("wrong", ["{}", "[]", "true", "false"])
def test_3_10_an_empty_object_or_a_boolean_is_no_text(json_client: Client, wrong: str) -> None:
    answer = json_client.send(f'{{"subject": "x", "remark": {wrong}}}')
    assert_problem(answer, 422, "invalid-task", ("remark", "invalid_string"))


@pytest.mark.parametrize(
    "text",
    [
        "  around  ",
        "\tx\n",
        "one\r\ntwo\rthree\nfour",
        "\r",
        " ",
        "<b>&amp;</b> ]]> \"'",
        "\x7f\x85\u2028\ufdd0\U0001fffe\U0010ffff",
        "e\u0301 \u00e9",
        "\ufeffx",
        "null",
    ],
)
def test_3_10_text_is_kept_as_sent(client: Client, text: str) -> None:
    task = client.created(remark=text)
    assert task["remark"] == text
    for accept in ("application/json", "application/xml"):
        assert client.get(task["id"], accept=accept).task()["remark"] == text


FORBIDDEN = [*(chr(c) for c in range(0x20) if chr(c) not in "\t\r\n"), "\ud800", "\udfff", "\ufffe", "\uffff"]


@pytest.mark.parametrize("field", CLIENT_TEXTS)
def test_3_10_characters_that_xml_cannot_carry_are_an_error_in_json(json_client: Client, field: str) -> None:
    for character in FORBIDDEN:
        fault = json_client.refused(field, f"ab{character}", "invalid_string")
        assert f"U+{ord(character):04X} at position 3" in fault["detail"]


def test_3_10_characters_that_xml_cannot_carry_are_an_error_in_xml(xml_client: Client) -> None:
    for character in FORBIDDEN:
        assert_problem(xml_client.send(with_xml_subject(f"&#{ord(character)};")), 400, "malformed-body")
        raw = with_xml_subject(character).encode("utf-8", "surrogatepass")
        assert_problem(xml_client.send(raw), 400, "malformed-body")


def test_3_10_a_pair_of_surrogates_in_json_is_one_character(json_client: Client) -> None:
    assert json_client.send(r'{"subject": "\ud83d\udd25"}').task()["subject"] == "🔥"
    answer = json_client.send(r'{"subject": "\udd25\ud83d"}')
    assert_problem(answer, 422, "invalid-task", ("subject", "invalid_string"))


@pytest.mark.parametrize(
    "body",
    [
        '{"subject": "x"} // comment',
        '{/* comment */ "subject": "x"}',
        '{"subject": "x", "id2": NaN}',
        '{"subject": "x", "id2": Infinity}',
        '{"subject": "x", "id2": -Infinity}',
        '{"subject": "x",}',
        "{'subject': 'x'}",
        '{subject: "x"}',
        '{"subject": "x", "id2": 020}',
        '{"subject": "x", "id2": +20}',
        '{"subject": "x", "id2": .5}',
        '{"subject": "x", "id2": 0x14}',
        '{"subject": "a\nb"}',
        '{"subject": "a\tb"}',
        r'{"subject": "\x41"}',
        r'{"subject": "\u12"}',
        '{"subject": "x"} {"subject": "y"}',
        '{"subject": "x"',
        '{"subject": "x}',
        "\ufeff\ufeff{}",
        '\x0c{"subject": "x"}',
        '{"subject": undefined}',
    ],
)
def test_3_11_json_is_strict(json_client: Client, body: str) -> None:
    assert "JSON" in assert_problem(json_client.send(body), 400, "malformed-body")["detail"]


def test_3_12_elements_in_any_order(xml_client: Client) -> None:
    task = xml_client.send(
        xml("<subject>x</subject><customer_reference>y</customer_reference><remark>z</remark>")
    ).task()
    assert (task["subject"], task["customer_reference"], task["remark"]) == ("x", "y", "z")


@pytest.mark.parametrize(
    "body",
    [
        '<task xmlns="http://schemas.datacontract.org/2004/07/ServiceDesk"><subject>x</subject></task>',
        '<t:task xmlns:t="urn:t"><t:subject>x</t:subject></t:task>',
        '<task><subject xmlns="urn:another">x</subject></task>',
        '<t:task xmlns:t="urn:not a uri"><subject>x</subject></t:task>',
    ],
)
def test_3_12_in_any_namespace_or_none(xml_client: Client, body: str) -> None:
    assert xml_client.send(body).task()["subject"] == "x"


@pytest.mark.parametrize(
    ("content", "subject"),
    [
        ("<!-- a --><subject>a<!-- b -->b</subject>\n<!-- c -->", "ab"),
        ("<subject><![CDATA[<a> & b]]></subject>", "<a> & b"),
        ("<subject>a<![CDATA[b]]>c</subject>", "abc"),
        ("<subject>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F525;</subject>", "<&>\"'A🔥"),
        ("<subject><![CDATA[]]>x</subject><![CDATA[ ]]>", "x"),
    ],
)
def test_3_12_comments_and_cdata_are_fine(xml_client: Client, content: str, subject: str) -> None:
    assert xml_client.send(xml(content)).task()["subject"] == subject


@pytest.mark.parametrize("content", ["&e;", "&nbsp;", '<!ENTITY e "x">&e;'])
def test_3_12_an_entity_of_its_own_is_a_400(xml_client: Client, content: str) -> None:
    assert_problem(xml_client.send(with_xml_subject(content)), 400, "malformed-body")


def test_3_12_text_between_the_fields_is_a_400(xml_client: Client) -> None:
    for content in ("x<subject>x</subject>", "<subject>x</subject><![CDATA[x]]>"):
        assert "between" in assert_problem(xml_client.send(xml(content)), 400, "malformed-body")["detail"]


def test_3_13_a_body_over_1_mib_is_a_413(client: Client) -> None:
    body = written(client.format, {"id": str(uuid4()), "subject": SUBJECT}).encode()
    assert client.send(body + b" " * (MIB - len(body))).status == 201
    answer = client.send(body + b" " * (MIB + 1 - len(body)))
    assert str(MIB) in assert_problem(answer, 413, "body-too-large")["detail"]


def test_3_13_the_size_is_that_of_the_body_and_not_of_its_base64(client: Client) -> None:
    body = written(client.format, {"subject": SUBJECT})
    assert client.send(body + " " * (MIB - len(body)), in_base64=False).status == 201
    assert_problem(client.send(body + " " * (MIB - len(body) + 1), in_base64=False), 413, "body-too-large")


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "GZIP", "x", "utf-16"])
def test_3_14_another_content_coding_is_a_415(client: Client, coding: str) -> None:
    body = gzip.compress(written(client.format, {"subject": SUBJECT}).encode())
    answer = client.send(body, headers={"Content-Encoding": coding})
    assert "Content-Encoding" in assert_problem(answer, 415, "unsupported-media-type")["detail"]
    assert answer.headers["Accept-Encoding"] == "identity"
    assert "Accept" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Access-Control-Expose-Headers"]
    task = client.created()
    for sent in (
        client.change(task["id"], {"subject": "x"}, headers={"If-Match": "*", "Content-Encoding": coding}),
        client.api.search({}, company=client.company, headers={"Content-Encoding": coding}),
    ):
        assert_problem(sent, 415, "unsupported-media-type")
        assert sent.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("coding", ["identity", "Identity", "utf-8", "UTF-8", "identity, utf-8", ""])
def test_3_14_codings_that_change_nothing_are_taken(client: Client, coding: str) -> None:
    assert client.create({"subject": SUBJECT}, headers={"Content-Encoding": coding}).status == 201


@pytest.mark.parametrize("second", ["{}", "{}, {}", " {}", "{} "])
def test_3_14_a_content_type_that_came_twice_counts_once(client: Client, second: str) -> None:
    first = f"{client.content_type};charset=UTF-8"
    again = f"{client.content_type.upper()} ; charset=utf-8"
    body = written(client.format, {"subject": SUBJECT})
    sent_twice = client.send(body, first, headers={"content-type": second.format(again, again)})
    joined = client.send(body, f"{first}, {second.format(again, again)}")
    for answer in (sent_twice, joined):
        assert answer.status == 201, answer.body
        assert answer.headers["Content-Type"] == f"{client.content_type}; charset=utf-8"


@pytest.mark.parametrize(
    "second", ["text/plain", "application/json; charset=utf-8", "application/xml; charset=utf-8", 'text/json; x="a,b"']
)
def test_3_14_two_different_content_types_are_a_415_that_says_so(client: Client, second: str) -> None:
    body = written(client.format, {"subject": SUBJECT})
    for answer in (
        client.send(body, client.content_type, headers={"content-type": second}),
        client.send(body, f"{client.content_type}, {second}"),
    ):
        assert "more than once" in assert_problem(answer, 415, "unsupported-media-type")["detail"]
        assert answer.headers["Accept"] == FOUR
