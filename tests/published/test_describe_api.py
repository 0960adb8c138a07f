"""The function that serves the published pages, as built by `sam build`."""

import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys
from html import escape
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import pytest

from tests.api import event
from tests.published import describe_api
from tools.build import ROOT

ROUTES = ["/", "/console", "/openapi.json"]
ELSEWHERE = re.compile(r"https?://(?!www\.rfc-editor\.org|www\.w3\.org|json-schema\.org|api\.example\.org)")


@pytest.fixture(scope="module")
def app() -> ModuleType:
    """The function, imported."""
    return describe_api.load()


def answered(app: ModuleType, route: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    """Return the function's answer."""
    sent = {"Accept": "*/*"} | {name.replace("_", "-"): value for name, value in headers.items()}
    asked = event(method, route, headers=sent, company=None) | {"resource": route}
    answer: dict[str, Any] = app.lambda_handler(asked, None)
    return answer


def body(answer: dict[str, Any]) -> str:
    """The text of an answer, as a browser reads it."""
    assert answer["isBase64Encoded"] == (answer["headers"].get("Content-Encoding") == "gzip")
    text: str = answer["body"]
    return gzip.decompress(base64.b64decode(text)).decode() if answer["isBase64Encoded"] else text


@pytest.mark.parametrize("accepted", ["gzip, deflate, br", "identity"])
def test_11_1_the_committed_document_is_the_answer(app: ModuleType, accepted: str) -> None:
    answer = answered(app, "/openapi.json", Accept_Encoding=accepted)
    assert answer["statusCode"] == 200
    assert body(answer) == (ROOT / "functions/describe_api/openapi.json").read_text()
    assert answer["headers"]["Cache-Control"] == "public, max-age=300"
    assert answer["headers"]["Vary"] == "Accept-Encoding"


def test_11_1_the_help_page_names_each_operation_of_the_document(app: ModuleType) -> None:
    document = json.loads(body(answered(app, "/openapi.json")))
    page = body(answered(app, "/"))
    for path, item in document["paths"].items():
        for operation in (about for method, about in item.items() if method != "parameters"):
            assert f'id="{operation["operationId"]}"' in page
            assert escape(path) in page


def test_11_1_the_original_s_addresses_are_one_folded_section(app: ModuleType) -> None:
    section = body(answered(app, "/")).partition('id="an-odata-service-at-api"')[2].partition("<h2")[0]
    shown, _, folded = section.partition("<details>")
    assert "An OData service at /api/" in shown
    assert 'id="getMetadata"' in folded
    assert 'class="operation"' not in shown
    assert f"<details>{folded}".count("<details") == folded.count("</details>")
    assert folded.rstrip().endswith("</details>")


@pytest.mark.parametrize("route", ROUTES)
def test_11_1_who_has_it_is_told_so(app: ModuleType, route: str) -> None:
    for accepted in ("gzip", "identity") if route != "/console" else ("gzip",):
        tag = answered(app, route, Accept_Encoding=accepted)["headers"]["ETag"]
        for sent in (tag, f'"other", W/{tag}', "*"):
            answer = answered(app, route, Accept_Encoding=accepted, If_None_Match=sent)
            assert (answer["statusCode"], answer["body"], answer["headers"]["ETag"]) == (304, "", tag)
        for sent in ('"other"', f"{tag} {tag}", f"x, {tag}", f'"open, {tag}', tag.strip('"')):
            assert answered(app, route, Accept_Encoding=accepted, If_None_Match=sent)["statusCode"] == 200


@pytest.mark.parametrize("route", ["/", "/openapi.json"])
def test_11_1_each_coding_has_a_tag_of_its_own(app: ModuleType, route: str) -> None:
    compressed, plain = (answered(app, route, Accept_Encoding=one)["headers"]["ETag"] for one in ("gzip", "identity"))
    assert compressed != plain


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=1.0, *;q=0", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("*;q=0, X-GZIP ; Q=0.001", True),
        (f"{'br, ' * 32}gzip", False),
        ("br", False),
        ("", False),
    ],
)
def test_what_is_compressed_and_when(app: ModuleType, accepted: str, is_compressed: bool) -> None:
    answer = answered(app, "/openapi.json", Accept_Encoding=accepted)
    assert ("Content-Encoding" in answer["headers"]) == is_compressed
    assert json.loads(body(answer))["openapi"] == "3.1.1"


def test_without_an_accept_header_the_gateway_may_not_decode_so_it_is_text(app: ModuleType) -> None:
    answer = answered(app, "/openapi.json", Accept_Encoding="gzip", Accept="")
    assert not answer["isBase64Encoded"]
    assert json.loads(body(answer))["openapi"] == "3.1.1"


@pytest.mark.parametrize("headers", [{}, {"Accept_Encoding": "br, gzip;q=0.5"}])
def test_11_1_the_console_comes_compressed(app: ModuleType, headers: dict[str, str]) -> None:
    answer = answered(app, "/console", **headers)
    assert (answer["statusCode"], answer["headers"]["Content-Encoding"]) == (200, "gzip")
    assert len(answer["body"]) < 700_000
    assert "swagger" in body(answer)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "headers", [{"Accept_Encoding": "identity"}, {"Accept_Encoding": "gzip;q=0"}, {"Accept": "", "Accept_Encoding": ""}]
)
def test_11_1_who_takes_nothing_compressed_is_sent_from_the_console_to_the_help_page(
    app: ModuleType, method: str, headers: dict[str, str]
) -> None:
    answer = answered(app, "/console", method, **headers)
    assert (answer["statusCode"], answer["headers"]["Location"], answer["body"]) == (302, "./", "")
    assert answer["headers"]["Vary"] == "Accept-Encoding"
    assert not {"Content-Type", "Content-Encoding", "ETag"} & answer["headers"].keys()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("accept", ["", "*/*"])
@pytest.mark.parametrize("sent", [{}, {"Accept_Encoding": "gzip"}])
def test_1_4_head_of_a_page_has_the_headers_of_get(
    app: ModuleType, route: str, accept: str, sent: dict[str, str]
) -> None:
    head = answered(app, route, "HEAD", Accept=accept, **sent)
    assert (head["statusCode"], head["body"], head["isBase64Encoded"]) == (200, "", False)
    got = answered(app, route, **sent)
    if accept:
        assert head["headers"].keys() == got["headers"].keys()
        assert head["headers"]["ETag"] == got["headers"]["ETag"]
    tag = head["headers"]["ETag"]
    assert answered(app, route, "HEAD", Accept=accept, If_None_Match=tag, **sent)["statusCode"] == 304


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("accepted", [None, "", "identity", "gzip"])
@pytest.mark.parametrize("accept", ["", "*/*"])
def test_nobody_can_make_it_send_much(app: ModuleType, route: str, accepted: str | None, accept: str) -> None:
    headers = {} if accepted is None else {"Accept_Encoding": accepted}
    assert len(answered(app, route, Accept=accept, **headers)["body"]) < 700_000


def test_an_event_of_version_2_is_read_as_well(app: ModuleType) -> None:
    answer = app.lambda_handler(
        {"version": "2.0", "routeKey": "GET /openapi.json", "rawPath": "/v1/openapi.json"}, None
    )
    assert json.loads(body(answer))["info"]["title"] == "Task API"


class Loaded(HTMLParser):
    """The resources that a page loads, and the scripts that it may run."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.policies = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "img", "iframe", "source", "link", "style"}:
            self.addresses += [value for name, value in attrs if name in {"src", "href", "srcset"} and value]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"], (tag, attrs)


@pytest.mark.parametrize("route", ["/", "/console"])
def test_a_page_loads_nothing(app: ModuleType, route: str) -> None:
    page = Loaded()
    page.feed(body(answered(app, route, Accept_Encoding="gzip")))
    assert page.addresses == ["data:,"]


@pytest.mark.parametrize("route", ["/", "/console"])
def test_a_page_may_ask_nobody_but_the_service(app: ModuleType, route: str) -> None:
    answer = answered(app, route)
    policy = dict(one.split(" ", 1) for one in answer["headers"]["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    scripts = re.findall(r"<script>(.*?)</script>", body(answer), re.DOTALL)
    digests = [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts]
    assert policy["script-src"].split() == digests
    assert "unsafe" not in policy["script-src"]


def test_the_help_page_names_nobody_else(app: ModuleType) -> None:
    assert not ELSEWHERE.search(body(answered(app, "/")))


def test_nothing_but_the_standard_library_is_imported() -> None:
    program = "import sys; import app; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=describe_api.folder(), capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) - sys.stdlib_module_names <= {"app", "__main__"}
