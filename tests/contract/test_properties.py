"""Properties of any task, any spelling and any bytes, with hypothesis."""

import json
import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api import FIELDS, Api, problem_of, written
from tests.contract.client import FORMATS, Client

REPAIR, MAINTENANCE = "0d617cf0-d523-44dc-aadd-19baf06cf913", "5b2f7a52-1f0e-4c53-9e0b-6a6f3f6f4a01"
HIGH = "e2d3c4b5-a697-4889-b7a6-c5d4e3f2a106"
TABLES = {"78154eca-ded3-490f-a47d-543e38c0e63d": "project", "448260e5-7a17-4381-a254-0b1d8fe53947": "task"}
VALID = {"subject": "Überlauf", "remark": "x", "due_date": "2026-06-24T03:56:41.4578039Z", "extra": None}
BODIES = [written(format_, VALID).encode() for format_ in FORMATS]

# The functions and their tables serve all examples alike: each one is a task of its own.
searching = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
    lambda character: character >= " " or character in "\t\r\n"
)
texts = st.text(characters, min_size=1)
guids = st.uuids().filter(lambda guid: guid.int != 0)
ticks = st.integers(0, 9_999_999)
UNSET = ("1980-01-01T00:00:00", "0001-01-01T00:00:00")
"""The instants that mean "not filled" (rule 3.6)."""

moments = st.datetimes().map(lambda moment: moment.replace(microsecond=0))


@st.composite
def canonical_dates(draw: st.DrawFn) -> str:
    return draw(
        st.builds(lambda moment, tick: f"{moment.isoformat()}.{tick:07}", moments, ticks).filter(
            lambda date: shown(date) not in UNSET
        )
    )


def shown(canonical: str) -> str:
    """A date as an answer shows it, its zone aside."""
    return canonical.rstrip("0").rstrip(".") if "." in canonical else canonical


@st.composite
def tasks(draw: st.DrawFn) -> dict[str, str]:
    """Any content of a task, in canonical spelling."""
    table, name = draw(st.sampled_from(sorted(TABLES.items())))
    linked = {"to_db_table_id": table, "to_db_table_name": name, "to_id_in_table": str(draw(guids))}
    fields = {
        "subject": draw(st.text(characters, min_size=1, max_size=150).filter(str.strip)),
        "task_type_id": draw(st.sampled_from([REPAIR, MAINTENANCE])),
        "task_priority_id": HIGH,
        "date_create": draw(canonical_dates()),
    }
    optional = {
        "remark": texts,
        "customer_reference": st.text(characters, min_size=1, max_size=50),
        "reference_back_office": st.text(characters, min_size=1, max_size=50),
        "date_start": canonical_dates(),
        "due_date": canonical_dates(),
        "date_assigned": canonical_dates(),
        "date_suggested_by_company": canonical_dates(),
    }
    some = draw(st.sets(st.sampled_from(sorted(optional))))
    return fields | (linked if draw(st.booleans()) else {}) | {name: draw(optional[name]) for name in sorted(some)}


def content(task: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    return {name: task[name] for name in fields}


def expected(fields: dict[str, str]) -> dict[str, str]:
    return {name: shown(value) if "date" in name else value for name, value in fields.items()}


@settings(searching, max_examples=40)
@given(tasks(), guids)
def test_any_task_survives_each_format_and_is_the_same_in_both(api: Api, fields: dict[str, str], guid: UUID) -> None:
    company = str(uuid4())
    json_client, xml_client = Client(api, company, "json"), Client(api, company, "xml")
    identified = fields | {"id": str(guid)}
    created = json_client.create(identified)
    assert created.status == 201, created.body
    task = created.task()
    assert content(task, fields) == expected(fields)
    assert json_client.get(task["id"]).task() == xml_client.get(task["id"]).task() == task
    # The same content in the other format is no other task.
    replayed = xml_client.create(identified)
    assert replayed.headers.get("Idempotent-Replayed") == "true", replayed.body
    assert replayed.task() == task
    # A returned task can be sent again in either format, and is the same content.
    for client, sent in ((json_client, replayed), (xml_client, created), (xml_client, replayed)):
        again = client.create({name: value for name, value in sent.document().items() if name != "id"})
        assert again.status == 201, again.body
        assert content(again.task(), fields) == expected(fields)
        assert client.create(sent.document()).headers.get("Idempotent-Replayed") == "true"


@st.composite
def spelled_guids(draw: st.DrawFn) -> tuple[str, str]:
    guid = draw(guids)
    digits = draw(st.sampled_from([str(guid), guid.hex]))
    digits = "".join(draw(st.sampled_from([digit, digit.upper()])) for digit in digits)
    frame = draw(st.sampled_from(["{}", "{{{}}}", "({})"]))
    around = st.text(" \t\r\n", max_size=3)
    return draw(around) + frame.format(digits) + draw(around), str(guid)


@searching
@given(spelled_guids(), st.sampled_from(FORMATS))
def test_any_spelling_of_a_guid_is_the_same_value(
    api: Api, company: str, spelled: tuple[str, str], format_: str
) -> None:
    text, guid = spelled
    client = Client(api, company, format_)
    assert client.created(to_id_in_table=text, to_db_table_name="jobs")["to_id_in_table"] == guid


@st.composite
def spelled_dates(draw: st.DrawFn) -> tuple[str, str]:
    """A date in any spelling of rule 3.8 that is not unset, and its instant as an answer shows it."""
    moment = draw(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))).replace(microsecond=0)
    kind = draw(st.sampled_from(["iso", "date", "milliseconds", "browser"]))
    around = draw(st.text(" \t\r\n", max_size=3))
    if kind == "date":
        return f"{around}{moment.date()}{around}", f"{moment.date()}T00:00:00"
    if kind == "milliseconds":
        milliseconds = draw(st.integers(-62_000_000_000_000, 253_000_000_000_000))
        moment = datetime(1970, 1, 1) + timedelta(milliseconds=milliseconds)
        offset = draw(st.sampled_from(["", "+0200", "-1130"]))
        fraction = f".{moment.microsecond:06}"
        return f"/Date({milliseconds}{offset})/{around}", shown(
            f"{moment.replace(microsecond=0).isoformat()}{fraction}"
        )
    if kind == "browser":
        moment = moment.replace(second=0)
        names = "MonTueWedThuFriSatSun", "JanFebMarAprMayJunJulAugSepOctNovDec"
        day, month = moment.weekday() * 3, (moment.month - 1) * 3
        text = f"{names[0][day : day + 3]} {names[1][month : month + 3]} {moment:%d} {moment.year:04}"
        time = draw(st.sampled_from([f" {moment:%H:%M}", " null", ""]))
        return f"{around}{text}{time}", moment.isoformat() if ":" in time else f"{moment.date()}T00:00:00"
    seconds = draw(st.booleans())
    moment = moment if seconds else moment.replace(second=0)
    digits = draw(st.text(string.digits, max_size=12)) if seconds else ""
    time = moment.strftime("%H:%M:%S" if seconds else "%H:%M")
    minutes = draw(st.integers(-23 * 60 - 59, 23 * 60 + 59))
    sign, hours, rest = "-" if minutes < 0 else "+", *divmod(abs(minutes), 60)
    zones = {"": 0, "Z": 0, "z": 0, f"{sign}{hours:02}:{rest:02}": minutes, f"{sign}{hours:02}{rest:02}": minutes}
    zones |= {f"{sign}{hours:02}": minutes} if rest == 0 else {}
    zone = draw(st.sampled_from(sorted(zones)))
    instant = moment.replace(tzinfo=timezone(timedelta(minutes=zones[zone]))).astimezone(UTC).replace(tzinfo=None)
    separator = draw(st.sampled_from("Tt "))
    text = f"{around}{moment.date()}{separator}{time}{f'.{digits}' if digits else ''}{zone}{around}"
    return text, shown(f"{instant.isoformat()}.{digits[:7].ljust(7, '0')}")


@searching
@given(spelled_dates(), st.sampled_from(FORMATS))
def test_any_spelling_of_a_date_is_the_same_value(
    api: Api, company: str, spelled: tuple[str, str], format_: str
) -> None:
    text, instant = spelled
    assert Client(api, company, format_).created(due_date=text)["due_date"] == instant


@searching
@given(moments, ticks, st.sampled_from(FORMATS))
def test_any_date_keeps_its_100_ns(api: Api, company: str, moment: datetime, tick: int, format_: str) -> None:
    date = f"{moment.isoformat()}.{tick:07}"
    if shown(date) not in UNSET:
        assert Client(api, company, format_).created(date_start=f"{date}Z")["date_start"] == shown(date)


names = st.sampled_from(
    ["subject", "SUBJECT", "id", "due_date", "to_db_table_name", "id2", "archived", "x", "\x00", ""]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=True) | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
json_bodies = st.lists(st.tuples(names | st.text(st.characters(), max_size=5), json_values), max_size=6).map(
    lambda members: written("json", members).encode("utf-8", "surrogatepass")
)
xml_pieces = st.sampled_from(
    [
        *("<task>", "</task>", "<task xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>", "<subject>", "</subject>"),
        *("<due_date i:nil='true'/>", "<x y='z'>", "</x>", "&#0;", "&#13;", "&amp;", "&x;", "<![CDATA[", "]]>", "<!--"),
        *(
            "-->",
            "<?xml version='1.0' encoding='utf-7'?>",
            "<?x y?>",
            "<!DOCTYPE task [<!ENTITY x 'y'>]>",
            "x",
            " ",
            "\x00",
        ),
    ]
)
xml_bodies = st.lists(xml_pieces, max_size=12).map(lambda pieces: "".join(pieces).encode())


@st.composite
def damaged_bodies(draw: st.DrawFn) -> bytes:
    """A valid body with a piece of it replaced."""
    body = draw(st.sampled_from(BODIES))
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(start + 20, len(body))))
    return body[:start] + draw(st.binary(max_size=8)) + body[end:]


bodies = st.binary() | json_bodies | xml_bodies | damaged_bodies()
encoded_bodies = st.tuples(bodies, st.sampled_from(["utf-8", "utf-16", "utf-16-be", "utf-32"])).map(
    lambda pair: pair[0].decode("utf-8", "replace").encode(pair[1])
)
spoken = ["application/json", "text/json", "application/xml", "text/xml"]
content_types = st.sampled_from([*spoken, *(f"{name}; charset=utf-16" for name in spoken), "text/plain", None])
wishes = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(["application/json", "application/xml", "text/xml;q=0"]),
        "Prefer": st.sampled_from(["handling=strict", "return=minimal"]),
    },
)


STRICT_IN_XML = {"Accept": "application/xml", "Prefer": "handling=strict"}


@settings(searching, max_examples=500)
@given(bodies | encoded_bodies, content_types, wishes)
@example(b'{"subject": "x", "\\ud800": "\\u0000"}', "application/json", STRICT_IN_XML)
@example(b'{"a\\u0000": 1, "A\\u0000": 1}', "application/json", STRICT_IN_XML)
def test_any_bytes_get_an_answer_of_the_contract(
    json_client: Client, body: bytes, content_type: str | None, wishes: dict[str, str]
) -> None:
    answer = json_client.send(body, content_type, headers=wishes)
    if answer.status == 201:
        assert answer.document()["id"]
    else:
        assert 400 <= answer.status < 500
        problem_of(answer)


def nested(format_: str, pattern: str, depth: int) -> str:
    """A value that goes this deep, by turns as the pattern says: `a` for an array, `o` for an object."""
    kinds = [pattern[level % len(pattern)] for level in range(depth)]
    if format_ == "xml":
        return "".join(f"<{kind}>" for kind in kinds) + "".join(f"</{kind}>" for kind in reversed(kinds))
    opening, closing = {"a": "[", "o": '{"x":'}, {"a": "]", "o": "}"}
    innermost = "" if kinds and kinds[-1] == "a" else "null"
    return "".join(opening[kind] for kind in kinds) + innermost + "".join(closing[kind] for kind in reversed(kinds))


def with_nested(format_: str, field: str, pattern: str, depth: int) -> str:
    """A body that is valid but for the depth of one field."""
    value = nested(format_, pattern, depth)
    if format_ == "json":
        return f'{{"{field}": {value}{"" if field == "subject" else ', "subject": "x"'}}}'
    return f"<task><{field}>{value}</{field}>{'' if field == 'subject' else '<subject>x</subject>'}</task>"


depths = st.integers(0, 120) | st.integers(0, 100_000)
nests = st.tuples(st.sampled_from([*FIELDS, "extra", "Archived"]), st.text("ao", min_size=1, max_size=3), depths)


@settings(searching, max_examples=200)
@given(st.sampled_from(FORMATS), nests, wishes)
@example("json", ("archived", "a", 6_000), {})
@example("json", ("created_by_servicedesk_api", "o", 6_000), {})
def test_no_field_and_no_depth_of_a_body_is_our_fault(
    json_client: Client, format_: str, nest: tuple[str, str, int], wishes: dict[str, str]
) -> None:
    answer = json_client.send(with_nested(format_, *nest), f"application/{format_}", headers=wishes)
    if answer.status != 201:
        assert answer.status in (400, 413, 422), answer.body
        problem_of(answer)


@settings(searching, max_examples=300)
@given(st.sampled_from([*FIELDS, "extra"]), json_values, wishes)
def test_no_value_of_any_field_is_our_fault(
    json_client: Client, field: str, value: object, wishes: dict[str, str]
) -> None:
    body = json.dumps({"subject": "x"} | {field: value})
    answer = json_client.send(body.encode("utf-8", "surrogatepass"), headers=wishes)
    assert answer.status in (201, 400, 422), answer.body
