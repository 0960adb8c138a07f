"""Hostile XML: refused or ignored by rule, in bounded memory; nothing is expanded or fetched."""

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api import INSTANCE, Answer, Api, assert_problem, event
from tests.contract import measured
from tests.contract.client import Client
from tests.exactly_once.database import Database, moto_server, tables_at
from tools.template import ROOT

MIB = 1_048_576
CEILING = 64 * MIB
"""The most memory that one body may take on top of what the function has, in bytes, as far as Python sees it."""


class BoundedClient(Client):
    """A client that asserts the function's memory for each body."""

    def send(self, body: bytes | str | None, content_type: str | None = "", **more: Any) -> Answer:
        """As `Client.send`; asserts that the function stays below the ceiling."""
        tracemalloc.start()
        try:
            answer = super().send(body, content_type, **more)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < CEILING
        return answer


@pytest.fixture
def xml_client(api: Api, company: str) -> Client:
    """In place of the fixture of the same name."""
    return BoundedClient(api, company, "xml")


@pytest.fixture
def json_client(api: Api, company: str) -> Client:
    """In place of the fixture of the same name."""
    return BoundedClient(api, company, "json")


def task(content: str, attributes: str = "", before: str = "") -> str:
    return f"{before}<task{attributes}>{content}</task>"


def filled(start: str, piece: str, end: str) -> str:
    """Return as many pieces as fit into the largest body."""
    return start + piece * ((MIB - len(start) - len(end)) // len(piece)) + end


def numbered(start: str, piece: str, end: str) -> str:
    """Return as many different pieces as fit into the largest body."""
    width = len(piece.format("00000").encode())
    room = MIB - len((start + end).encode())
    return start + "".join(piece.format(f"{n:05x}") for n in range(room // width)) + end


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "no content": task("<subject>x</subject>", before="<!DOCTYPE task>"),
    "a public subset": task(
        "<subject>x</subject>", before='<!DOCTYPE task PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd">'
    ),
    "an element": task("<subject>x</subject>", before="<!DOCTYPE task [<!ELEMENT task ANY>]>"),
    "entity expansion": task("<subject>&l9;</subject>", before=f'<!DOCTYPE task [<!ENTITY l0 "ha">{LAUGHS}]>'),
    "quadratic expansion": task(
        f"<subject>{'&a;' * 1000}</subject>", before=f'<!DOCTYPE task [<!ENTITY a "{"x" * 9000}">]>'
    ),
    "external entity": task(
        "<subject>&x;</subject>", before='<!DOCTYPE task [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ),
    "external entity over http": task(
        "<subject>&x;</subject>", before='<!DOCTYPE task [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>'
    ),
    "parameter entity": task(
        "<subject>x</subject>", before='<!DOCTYPE task [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>'
    ),
    "external subset": task("<subject>x</subject>", before='<!DOCTYPE task SYSTEM "http://127.0.0.1:9/x.dtd">'),
    "default attributes": task("<subject>x</subject>", before='<!DOCTYPE task [<!ATTLIST subject y CDATA "z">]>'),
    "a doctype that never ends": filled("<!DOCTYPE task [", '<!ENTITY a "b">', ""),
}


@pytest.mark.parametrize("body", DOCTYPES.values(), ids=DOCTYPES)
def test_3_12_a_doctype_is_refused_before_anything_is_expanded(xml_client: Client, body: str) -> None:
    answer = xml_client.send(body)
    assert "DOCTYPE" in assert_problem(answer, 400, "malformed-body")["detail"]
    assert "root:" not in answer.body


def test_3_12_a_doctype_inside_of_the_task_is_refused(xml_client: Client) -> None:
    assert_problem(xml_client.send(task('<!DOCTYPE task [<!ENTITY x "y">]>')), 400, "malformed-body")


def assert_created(answer: Answer, ignored: str | None = None) -> None:
    assert answer.status == 201, answer.body[:200]
    assert answer.headers.get("Ignored-Fields") == ignored


def test_deep_nesting_is_a_field_that_is_no_text(xml_client: Client) -> None:
    depth = 100_000
    deep = "<a>" * depth + "</a>" * depth
    assert_created(xml_client.send(task(f"<subject>x</subject>{deep}")), "a;reason=unknown")
    answer = xml_client.send(task(f"<subject>{deep}</subject>"))
    assert_problem(answer, 422, "invalid-task", ("subject", "invalid_string"))


def test_deep_nesting_that_never_ends_is_malformed(xml_client: Client) -> None:
    assert_problem(xml_client.send(filled("<task>", "<a>", "")), 400, "malformed-body")


def test_a_million_attributes_are_too_large_and_those_that_fit_are_ignored(xml_client: Client) -> None:
    million = task("<subject>x</subject>", "".join(f' a{n:x}=""' for n in range(1_000_000)))
    assert_problem(xml_client.send(million), 413, "body-too-large")
    assert_created(xml_client.send(numbered("<task><subject", ' a{}=""', ">x</subject></task>")))
    assert_created(xml_client.send(numbered("<task", ' a{}=""', "><subject>x</subject></task>")))


def test_as_many_namespaces_as_fit_are_ignored(xml_client: Client) -> None:
    assert_created(xml_client.send(numbered("<task", ' xmlns:a{}="u"', "><subject>x</subject></task>")))


def test_the_same_attribute_again_and_again_is_malformed(xml_client: Client) -> None:
    assert_problem(xml_client.send(filled("<task", ' a=""', "><subject>x</subject></task>")), 400, "malformed-body")


def test_huge_names(xml_client: Client) -> None:
    name = "n" * 500_000
    assert_created(xml_client.send(task(f"<subject>x</subject><{name}>y</{name}>")), "more;count=1")
    assert_created(xml_client.send(task("<subject>x</subject>", f' {name}="y"')))
    long = xml_client.send(task("<subject>x</subject>", f' xmlns="{name}"'))
    assert_problem(long, 400, "malformed-body")
    assert_problem(xml_client.send(f"<{name}/>"), 400, "malformed-body")


def test_as_many_unknown_fields_as_fit_are_counted(xml_client: Client) -> None:
    answer = xml_client.send(numbered("<task><subject>x</subject>", "<a{0}>y</a{0}>", "</task>"))
    assert answer.status == 201
    assert answer.headers["Ignored-Fields"].rpartition(", ")[2].startswith("more;count=")


def test_as_much_text_as_fits(xml_client: Client) -> None:
    for text in ("x", "&amp;", "<!---->", "<![CDATA[x]]>", "&#x1F525;"):
        answer = xml_client.send(
            filled("<task><subject>x</subject><customer_reference>", text, "</customer_reference></task>")
        )
        if text == "<!---->":
            assert_created(answer)
        else:
            assert_problem(answer, 422, "invalid-task", ("customer_reference", "too_long"))


@pytest.mark.parametrize("encoding", ["utf-7", "UTF-7", "utf-32", "cp037", "iso-2022-jp", "x-unknown"])
def test_3_2_a_declared_encoding_that_is_not_spoken_is_refused(xml_client: Client, encoding: str) -> None:
    body = task("<subject>+ADw-x+AD4-</subject>", before=f'<?xml version="1.0" encoding="{encoding}"?>')
    assert_problem(xml_client.send(body), 415, "unsupported-media-type")
    assert_problem(xml_client.send(body, f"application/xml; charset={encoding}"), 415, "unsupported-media-type")


def test_3_2_utf_7_without_a_declaration_is_nothing_but_its_ascii(xml_client: Client) -> None:
    assert xml_client.send(task("<subject>+ADw-x+AD4-</subject>")).task()["subject"] == "+ADw-x+AD4-"
    assert_problem(xml_client.send("+ADw-task+AD4-+ADw-/task+AD4-"), 400, "malformed-body")


@pytest.mark.parametrize("encoding", ["utf-32", "cp037", "iso-8859-1"])
def test_3_2_bytes_of_another_encoding_than_declared_are_refused(xml_client: Client, encoding: str) -> None:
    body = task("<subject>é</subject>", before='<?xml version="1.0" encoding="utf-8"?>').encode(encoding)
    assert_problem(xml_client.send(body), 400, "malformed-body")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_3_2_utf_16_that_says_utf_8_is_read_as_the_header_says(xml_client: Client, encoding: str) -> None:
    body = task("<subject>é</subject>", before='<?xml version="1.0" encoding="utf-8"?>').encode(encoding)
    assert_problem(xml_client.send(body), 400, "malformed-body")
    assert xml_client.send(body, "text/xml; charset=utf-16").task()["subject"] == "é"


def test_processing_instructions_are_ignored(xml_client: Client) -> None:
    before = '<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:9/x.xsl"?><?php echo 1; ?>'
    body = task("<?x y?><subject>a<?x y?>b</subject>", before=before) + "<?x y?>"
    assert xml_client.send(body).task()["subject"] == "ab"
    assert_created(xml_client.send(filled("<task><subject>x</subject>", "<?x y?>", "</task>")))


def test_an_xinclude_is_a_field_like_any_other(xml_client: Client) -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    answer = xml_client.send(task(f"<subject>{include}</subject>"))
    assert_problem(answer, 422, "invalid-task", ("subject", "invalid_string"))


def test_a_type_of_schema_instance_is_ignored(xml_client: Client) -> None:
    body = f'<task xmlns:i="{INSTANCE}" i:type="t:evil" xmlns:t="urn:t"><subject i:type="t:evil">x</subject></task>'
    assert_created(xml_client.send(body))


def test_json_as_deep_and_as_long_as_fits(json_client: Client) -> None:
    for deep in ("[", '{"a":', '{"subject":[', "[[],"):
        assert_problem(json_client.send(filled("", deep, "")), 400, "malformed-body")
    longest = filled('{"subject": "x", "id2": ', "9", "}")
    assert_created(json_client.send(longest), "id2;reason=server-assigned")
    answer = json_client.send(filled('{"subject": ', "9", "}"))
    assert_problem(answer, 422, "invalid-task", ("subject", "too_long"))
    nested = '{"subject": "x", "extra": {"a": 1, "a": 2, "b": [{"c": 1, "c": null}]}}'
    assert_created(json_client.send(nested), "extra;reason=unknown")
    members = numbered('{"subject": "x"', ',"{}":1', "}")
    assert json_client.send(members).status == 201


@pytest.mark.parametrize("piece", ["<a/>", '<p:a xmlns:p="u"/>', '<b p:c=""/>'])
def test_3_12_a_long_namespace_is_refused_before_each_name_repeats_it(xml_client: Client, piece: str) -> None:
    # Each name would bring the namespace along: half a megabyte, a hundred thousand times.
    uri = "A" * 500_000
    answer = xml_client.send(filled(f'<task xmlns="{uri}" xmlns:p="{uri[:400_000]}">', piece, "</task>"))
    assert_problem(answer, 400, "malformed-body")


def test_3_12_a_namespace_may_be_as_long_as_the_limit(xml_client: Client) -> None:
    answer = xml_client.send(f'<task xmlns="{"A" * 100}"><subject>x</subject></task>')
    assert answer.task()["subject"] == "x"
    answer = xml_client.send(f'<task xmlns="{"A" * 101}"><subject>x</subject></task>')
    assert "100 characters" in assert_problem(answer, 400, "malformed-body")["detail"]


# Each character of a namespace is four bytes here, in the parser as in Python.
LONGEST = "\U00010000" * 100
SHAPES = {
    "attributes": numbered(f'<task xmlns:p="{LONGEST}"><subject', ' p:a{}=""', ">x</subject></task>"),
    "elements": numbered(f'<task xmlns:p="{LONGEST}"><subject>x</subject>', "<p:a{}/>", "</task>"),
    "elements inside": numbered(f'<task xmlns="{LONGEST}"><subject>x</subject><x>', "<a{}/>", "</x></task>"),
}
CEILINGS = {"attributes": 200_000_000, "elements": 100_000_000, "elements inside": 100_000_000}
"""The most memory that the whole process may take, the parser's own with it, in bytes."""


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """A database outside of this process, for a function in a process of its own."""
    with moto_server() as endpoint, tables_at(endpoint) as made:
        yield made


@pytest.mark.parametrize("shape", SHAPES)
def test_3_12_long_namespaces_and_many_names_take_bounded_memory(database: Database, shape: str, company: str) -> None:
    sent = event(body=SHAPES[shape], headers={"Content-Type": "application/xml"}, company=company)
    done = subprocess.run(
        [sys.executable, measured.__file__, ROOT / "functions" / "api" / "app.py"],
        input=json.dumps(sent),
        env=os.environ | database.environment("api") | {"PYTHONPATH": str(ROOT / "layers" / "servicedesk")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["answer"]["statusCode"] == 201
    assert told["started"] < told["peak"] < CEILINGS[shape]
