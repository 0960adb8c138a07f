"""Requests that schemathesis makes of the OpenAPI document: no 5xx, and every answer as documented.

Each `make test` sends a few of each operation; `make fuzz` searches for long.
"""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig

from tests.api import written
from tests.stack.client import Stack
from tools.publishing.document import document

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
IS_LONG = "FUZZ_EXAMPLES" in os.environ
LEFT_OUT: Mapping[str, str] = {
    "negative_data_rejection": "The service is lenient, as the original is: it ignores what it does not take.",
    "positive_data_acceptance": "What is valid by itself can name an entry, a task or a page that the company has not.",
    "unsupported_method": "API Gateway answers a method that an address does not have as an address that is none.",
}
"""Checks of schemathesis that do not hold here, and why."""

CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            **{name: {"enabled": False} for name in LEFT_OUT},
            # A change without If-Match is refused with the status that RFC 6585 has for it.
            "missing_required_header": {"expected-statuses": ["428"]},
        },
        # A client's library refuses what no header can carry.
        "generation": {"allow-x00": False, "with-security-parameters": False},
        "phases": {"coverage": {"enabled": IS_LONG}},  # a hundred requests for each operation
    }
)
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=not IS_LONG,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

DOCUMENT = document()
OPERATIONS = [
    operation["operationId"]
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    # An alias is another address of the same operation, so only a long search visits it.
    if "operationId" in operation and (IS_LONG or "x-alias-of" not in operation)
]
schema = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)


@schemathesis.serializer("application/xml", "text/xml")
def xml(_context: Any, value: Any) -> bytes:
    """XML as the contract has it, where schemathesis writes the text `null` for null. An example is XML already."""
    if isinstance(value, Mapping):
        return written(
            "xml", {name: _xml_value(one) for name, one in value.items() if XML_NAME.fullmatch(name)}
        ).encode()
    return value if isinstance(value, bytes) else NOT_IN_XML.sub("?", str(value)).encode()


@schemathesis.hook
def filter_path_parameters(_context: Any, path_parameters: Any) -> bool:
    """Leave out addresses with control characters, which MiniStack's gateway refuses by itself as not authorized."""
    return not any(CONTROL.search(unquote(str(value))) for value in (path_parameters or {}).values())


def _xml_value(value: Any) -> Any:
    """A value without the characters that no XML library would write."""
    match value:
        case str():
            return NOT_IN_XML.sub("?", value)
        case Mapping():
            return {name: _xml_value(one) for name, one in value.items() if XML_NAME.fullmatch(name)}
        case list():
            return [_xml_value(one) for one in value]
        case _:
            return value


def searched(operation_id: str) -> Callable[..., None]:
    """Return the test of one operation. Those of a whole schema have one name, of which xdist runs a single one."""

    @SETTINGS
    def check(case: schemathesis.Case[Any], stack: Stack) -> None:
        # A request with a body is answered in its format, and one without in both.
        formats = ["json", "xml"] if not case.media_type else ["xml" if case.media_type.endswith("xml") else "json"]
        for one in formats:
            headers = {**credentials(stack), "Accept": f"application/{one}"}
            case.call_and_validate(base_url=stack.base_url, headers=headers)

    test: Callable[..., None] = schema.include(operation_id=operation_id).parametrize()(check)
    return test


globals().update({f"test_11_2_every_answer_is_as_documented_{name}": searched(name) for name in OPERATIONS})


def test_11_2_what_is_created_is_found_and_listed(stack: Stack) -> None:
    machine: Any = schema.as_state_machine()

    class Client(machine):  # type: ignore[misc]
        """A client that follows the document's links: create, read, list."""

        def get_call_kwargs(self, case: schemathesis.Case[Any]) -> dict[str, Any]:  # noqa: ARG002 - as schemathesis has it
            return {"base_url": stack.base_url, "headers": credentials(stack)}

    Client.run(settings=settings(SETTINGS, stateful_step_count=4))


def credentials(stack: Stack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.alpha_key}"}


@pytest.mark.parametrize("check", LEFT_OUT)
def test_a_check_that_is_left_out_is_one_of_schemathesis_and_has_its_reason(check: str) -> None:
    assert check in {one.__name__ for one in schemathesis.checks.CHECKS.get_all()}
    assert LEFT_OUT[check].endswith(".")
