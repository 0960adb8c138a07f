"""Update the parts of the documents that are generated from the code, or with ``--check`` fail if one is out of date.

In a document, a generated part stands between ``<!-- made from the code: NAME -->`` and ``<!-- end of NAME -->``.
"""

import argparse
import ast
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import get_args

from annotated_types import MaxLen
from servicedesk.domain.catalogue import BUILT_IN, LinkedTable, Priority, Status, TaskType
from servicedesk.domain.kinds import GUID, MaxBytes
from servicedesk.domain.task import FIELDS, Task
from servicedesk.telemetry import Outcome
from servicedesk.wire import commands

from tests.contract import rules
from tools.publishing import prose
from tools.publishing.document import gateway_types, own_types, problem_types
from tools.template import ROOT, resources, template


def fields() -> str:
    """Return the table of a task's fields, from their declaration."""
    return _table(
        ["field", "type", "filled by", ""],
        [
            [f"`{name}`", "GUID" if field.kind is GUID else field.kind.name, field.filled_by, " ".join(_notes(name))]
            for name, field in FIELDS.items()
        ],
    )


def catalogue() -> str:
    """Return the tables of the built-in catalogue."""
    titles: Mapping[str, Sequence[TaskType | Status | Priority | LinkedTable]] = {
        "Types (`task_type_id`)": BUILT_IN.types,
        "Statuses (`task_status_id`)": BUILT_IN.statuses,
        "Priorities (`task_priority_id`)": BUILT_IN.priorities,
        "Tables (`to_db_table_id`, `to_db_table_name`)": BUILT_IN.tables,
    }
    parts = []
    for title, entries in titles.items():
        marks = [[mark for mark in ("default", "completed") if getattr(entry, mark, False)] for entry in entries]
        rows = [[entry.name, f"`{entry.id}`", ", ".join(mark)] for entry, mark in zip(entries, marks, strict=True)]
        parts.append(f"## {title}\n\n{_table(['name', 'id', ''], rows)}")
    return "\n".join(parts)


def parameters() -> str:
    """Return the table of the template's parameters."""
    rows = [
        [f"`{name}`", f"`{about['Default']}`" if about["Default"] != "" else "", about["Description"]]
        for name, about in template()["Parameters"].items()
    ]
    return _table(["parameter", "default", ""], rows)


def alarms() -> str:
    """Return the table of the template's alarms, with one row for each description."""
    names: dict[str, list[str]] = {}
    for about in resources("AWS::CloudWatch::Alarm").values():
        called = about["AlarmName"]["Fn::Sub"]
        name = (called if isinstance(called, str) else called[0]).removeprefix("${AWS::StackName}")
        name = name.replace("${N}", "N")
        names.setdefault(about["AlarmDescription"], []).append(f"`…{name}`")
    return _table(
        ["alarm", "what it means, and what to do"], [[", ".join(found), what] for what, found in names.items()]
    )


def operators_commands() -> str:
    """Return the table of operators' commands, from the models that validate them."""
    rows = []
    for model in get_args(commands.Command.__value__):
        [action] = get_args(model.model_fields["action"].annotation)
        members = [
            f"`{name}`" if field.is_required() else f"[`{name}`]"
            for name, field in model.model_fields.items()
            if name != "action"
        ]
        rows.append([f"`{action}`", ", ".join(members), _in_one_line(model.__doc__)])
    return _table(["action", "members", "what it does"], rows)


def problems() -> str:
    """Return the table of the types of problem, those of the gateway among them."""
    whose = {(True, False): "function", (False, True): "gateway", (True, True): "both"}
    causes = prose.PROBLEMS | {"invalid-command": prose.INVALID_COMMAND}
    types = sorted((problem_types()[name] for name in causes), key=lambda one: one.status)
    rows = [
        [
            str(one.status),
            f"`{one.name}`",
            causes[one.name],
            whose[one.name in own_types(), one.name in gateway_types()],
        ]
        for one in types
    ]
    return _table(["status", "type", "when", "from"], rows)


def codes() -> str:
    """Return the table of the codes of a task's fields."""
    return _table(["code", "what is wrong"], [[f"`{code}`", meaning] for code, meaning in prose.CODES.items()])


def outcomes() -> str:
    """Return the table of outcomes, with their docstrings."""
    source = ast.walk(ast.parse(inspect.getsource(Outcome)))
    [declaration] = [node for node in source if isinstance(node, ast.ClassDef)]
    rows = []
    for member, text in pairwise(declaration.body):
        match member, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(meaning))):
                rows.append([f"`{Outcome[name]}`", _in_one_line(meaning)])
    return _table(["outcome", "what happened"], rows)


PARTS = {
    "OPERATING.md": {
        "the commands": operators_commands,
        "the parameters": parameters,
        "the outcomes": outcomes,
        "the alarms": alarms,
    },
    "docs/errors.md": {"the problems": problems, "the codes": codes},
    "docs/fields.md": {"the fields": fields},
    "docs/catalogue.md": {"the built-in catalogue": catalogue},
    "tests/contract/README.md": {"the tests of each rule": rules.table},
}
"""The generated parts, by document and name."""


def updated(document: str, text: str) -> str:
    """Return ``text``, the content of ``document``, with up-to-date generated parts.

    Raises:
        ValueError: the document does not have the markers of a part exactly once.
    """
    for name, make in PARTS[document].items():
        begin, end = f"<!-- made from the code: {name} -->", f"<!-- end of {name} -->"
        try:
            [before, rest] = text.split(begin)
            [_, after] = rest.split(end)
        except ValueError:
            raise ValueError(f"{document} must have {begin} and {end} once each.") from None
        text = f"{before}{begin}\n\n{make()}\n{end}{after}"
    return text


def _notes(name: str) -> Iterator[str]:
    yield str(Task.model_fields[name].description)
    if FIELDS[name].is_required:
        yield "Required."
    for entry in Task.model_fields[name].metadata:
        match entry:
            case MaxLen(max_length=characters):
                yield f"Up to {characters} characters."
            case MaxBytes(limit=size):
                yield f"Up to {size:,} bytes of UTF-8."


def _in_one_line(docstring: str | None) -> str:
    return " ".join((docstring or "").replace("``", "`").split())


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in [titles, *rows]]
    return "\n".join([lines[0], "|---" * len(titles) + "|", *lines[1:]]) + "\n"


def main() -> int:
    """Update the generated parts, or check them, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.documents", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if a document is out of date")
    check = parser.parse_args().check
    faults = list(rules.faults())
    for document in PARTS:
        path = ROOT / document
        old = path.read_text()
        new = updated(document, old)
        if check and new != old:
            faults.append(f"{document} is out of date. Run make documents.")
        elif new != old:
            path.write_text(new)
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
