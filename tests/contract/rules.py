"""Which test covers which rule of the wire contract: a table for readers, and a check that no rule goes without.

    python -m tests.contract.rules            write the table into tests/contract/README.md
    python -m tests.contract.rules --check    fail if a rule has no test, a test no rule, or the table is not that one

A test covers the rule that its name begins with, wherever below tests/ it is: `test_3_8_…`, of section 2 a field
(`test_2_task_status_id_…`), of section 6 a row of the table (`test_6_malformed_body_…`).
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
README = Path(__file__).with_name("README.md")
SECTIONS = {
    "1": "Addresses",
    "2": "Who fills each field",
    "3": "Reading a body",
    "4": "Nothing is dropped silently",
    "5": "Answers",
    "6": "Errors",
    "7": "Exactly once",
    "8": "Reading many tasks",
    "12": "Events",
}
RULES = {
    "1.1": "`POST /tasks` and `POST /api/Task` create",
    "1.2": "`GET` of a task of the caller's company; one 404 for all others",
    "1.3": "`validate_only=true` does everything but write",
    "2 id": "the client's, else from the Idempotency-Key, else new",
    "2 task_type_id": "of the catalogue, else its default",
    "2 task_status_id": "server: the type's default, else the catalogue's",
    "2 task_priority_id": "of the catalogue, else its default",
    "2 company_id": "server: from the credentials",
    "2 contact_id": "server: from the credentials, or null",
    "2 to_db_table_id": "of the catalogue, brings the name",
    "2 to_db_table_name": "of the catalogue in any case, brings the id; no contradiction",
    "2 to_id_in_table": "needs a table",
    "2 subject": "required, 1 to 150 characters, not only white space",
    "2 remark": "up to 262,144 bytes",
    "2 customer_reference": "up to 50 characters",
    "2 date_create": "the client's, else now",
    "2 date_start": "the client's",
    "2 due_date": "the client's",
    "2 date_closed": "server: set when archived",
    "2 archived": "server: true exactly when the status is a completed one",
    "2 date_assigned": "the client's",
    "2 date_suggested_by_company": "the client's",
    "2 id2": "server: the company's next number",
    "2 reference_back_office": "up to 50 characters",
    "2 created_by_servicedesk_api": "server: true",
    "2 modified_dateutc": "server: the moment of the write",
    "3.1": "media types; else 415 with `Accept`",
    "3.2": "charsets and byte order marks",
    "3.3": "base64 is decoded first",
    "3.4": "what is no task at all",
    "3.5": "names without regard to case, none twice",
    "3.6": "what counts as not filled",
    "3.7": "spellings of a GUID",
    "3.8": "spellings of a date",
    "3.9": "dates keep 100 ns",
    "3.10": "texts, and characters that XML cannot carry",
    "3.11": "strict JSON",
    "3.12": "XML: any order and namespace, no DOCTYPE",
    "3.13": "1 MiB",
    "4.1": "lenient by default",
    "4.2": "`Ignored-Fields`",
    "4.3": "`Prefer: handling=strict`, `Preference-Applied`",
    "5.1": "201, `Location`, all 23 fields",
    "5.2": "negotiation by `Accept`",
    "5.3": "the media type asked for, with charset",
    "5.4": "XML as in the page's sample",
    "5.5": "dates in each format",
    "5.6": "`Prefer: return=minimal`",
    "5.7": "`X-Request-Id`, `Cache-Control: no-store`",
    "6 malformed_body": "400",
    "6 invalid_header": "400",
    "6 invalid_parameter": "400",
    "6 gateway": "401 and 403 from the gateway",
    "6 no_company": "403",
    "6 no_such_task": "404",
    "6 task_exists": "409",
    "6 body_too_large": "413",
    "6 unsupported_media_type": "415",
    "6 invalid_task": "422, all faults at once",
    "6 idempotency_key_reused": "422",
    "6 unavailable": "503 with `Retry-After`",
    "6 internal": "500 without inner detail",
    "7.1": "identity: `id`, else `Idempotency-Key`",
    "7.2": "the same again: the stored task",
    "7.3": "the same identity with other content: 409 or 422",
    "7.4": "a rejected request uses up nothing",
    "7.5": "no task lost or doubled",
    "7.6": "`id2` unique and growing",
    "7.7": "identities hold across releases",
    "8.1": "the company's tasks, page by page",
    "8.2": "page size, `$top`, `$skip`; other options are refused by name",
    "8.3": "`$orderby`",
    "8.4": "`$filter`",
    "8.5": "`$select`",
    "8.6": "links: each task that nobody changes exactly once, and only the caller's company",
    "8.7": "a bounded amount for each request; ranges from an index",
    "8.8": "a task by its number",
    "8.9": "the feed of changes",
    "12.1": "one event for each creation and each change, with the whole task",
    "12.2": "from the stream: at least once, `event_id`, `version`",
    "12.3": "large events, and those that cannot be delivered",
}
"""Every rule, as its tests' names begin, and in a few words what it is about."""

_NAMED_AFTER_A_RULE = re.compile(r"test_(\d+)_")


def tests() -> Iterator[tuple[str, str]]:
    """All tests that are named after a rule of the contract: the file, below tests/, and the function."""
    for file in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _NAMED_AFTER_A_RULE.match(node.name):
                yield file.relative_to(TESTS).as_posix(), node.name


def covered() -> tuple[Mapping[str, list[tuple[str, str]]], list[str]]:
    """The tests of each rule, and the tests that name no rule."""
    prefixes = {f"test_{re.sub('[. ]', '_', rule)}_": rule for rule in RULES}
    by_rule: dict[str, list[tuple[str, str]]] = {rule: [] for rule in RULES}
    astray = []
    for file, name in tests():
        prefix = max((prefix for prefix in prefixes if f"{name}_".startswith(prefix)), key=len, default=None)
        if prefix:
            by_rule[prefixes[prefix]].append((file, name))
        else:
            astray.append(f"{file}: {name}")
    return by_rule, astray


def table(by_rule: Mapping[str, list[tuple[str, str]]]) -> str:
    """The README of the contract's tests."""
    lines = [
        "# The wire contract and its tests",
        "",
        "Each rule and the tests that are named after it, written by `python -m tests.contract.rules`; `make check`",
        "fails where a rule has no test or this page is not up to date. Tests about both formats run once in each.",
        "Every error goes through `assert_problem` and every task through `Answer.task` in [tests/api.py](../api.py).",
        "Beside the rules: [properties](test_properties.py), [hostile bodies](test_hostile_xml.py),",
        "[odd events](test_odd_events.py).",
    ]
    for section, title in SECTIONS.items():
        lines += ["", f"## {section}. {title}", "", "| rule | | tests |", "|---|---|---|"]
        for rule, says in RULES.items():
            if re.split("[. ]", rule)[0] == section:
                lines.append(f"| {rule.removeprefix(f'{section} ')} | {says} | {_links(rule, by_rule[rule])} |")
    return "\n".join(lines) + "\n"


def _links(rule: str, named: list[tuple[str, str]]) -> str:
    prefix = f"test_{re.sub('[. ]', '_', rule)}_"
    links = [f"[{name.removeprefix(prefix).replace('_', ' ')}](../{file})" for file, name in dict.fromkeys(named)]
    return "<br>".join(links)


def main() -> int:
    """Write or check the table; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.rules", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail where the table is not up to date")
    check = parser.parse_args().check
    by_rule, astray = covered()
    page = table(by_rule)
    if not check:
        README.write_text(page)
    faults = [f"Rule {rule} has no test." for rule, named in by_rule.items() if not named]
    faults += [f"{test} is named after no rule of the contract." for test in astray]
    if check and (not README.exists() or README.read_text() != page):
        faults.append(f"{README.name} is not up to date; run `python -m tests.contract.rules`.")
    print("\n".join(faults) or f"{len(RULES)} rules, {sum(map(len, by_rule.values()))} tests.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
