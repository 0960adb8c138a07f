"""The subset of `aws` that the documents use: it validates commands by botocore's models, and runs them for a test.

The AWS CLI v2 is not a Python package, and v1 lacks `aws logs tail`.
"""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, DataNotFoundError, ParamValidationError
from botocore.model import OperationModel, Shape
from botocore.session import Session, get_session
from botocore.validate import validate_parameters

GLOBAL_OPTIONS = {"cli-binary-format", "output", "profile", "query", "region"}
WITHOUT_MODEL = {("logs", "tail"): {"--since", "--follow", "--format"}}
"""Commands of the CLI itself, with their options."""


class UsageError(Exception):
    """Raised for a command that the AWS CLI would not accept."""


@dataclass(frozen=True)
class Command:
    """A parsed command.

    Attributes:
        options: the global options.
        condition: the condition of `aws … wait`.
        files: the output files of the answer's body.
    """

    service: str
    operation: str
    parameters: dict[str, Any]
    options: dict[str, str]
    condition: str | None
    files: Sequence[str]


def parse(words: Sequence[str]) -> Command:
    """Parse the words after `aws`.

    Raises:
        UsageError: there is no such service, operation, condition or parameter, a parameter has a value of another
            type, or a required one is missing.
    """
    service, name, *rest = words
    if (service, name) in WITHOUT_MODEL:
        strange = {word for word in rest if word.startswith("--")} - WITHOUT_MODEL[service, name]
        _refuse_if(strange, f"there is no {strange}")
        return Command(service, name, {}, {}, None, ())
    try:
        model = _session().get_service_model(service)
    except DataNotFoundError as error:
        raise UsageError(str(error)) from error
    condition = None
    if name == "wait":
        condition, *rest = rest
        waiters = _session().get_waiter_model(service)
        conditions = {xform_name(each, "-"): each for each in waiters.waiter_names}
        _refuse_if(condition not in conditions, f"{service} has no condition {condition}")
        name = xform_name(waiters.get_waiter(conditions[condition]).operation, "-")
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    _refuse_if(name not in operations, f"{service} has no {name}")
    operation = model.operation_model(operations[name])
    parameters, options, files = _arguments(operation, rest)
    _refuse_if(len(files) != (operation.get_streaming_output() is not None), f"{name} does not take {files}")
    try:
        if operation.input_shape:
            validate_parameters(parameters, operation.input_shape)
    except ParamValidationError as error:
        raise UsageError(str(error)) from error
    jmespath.compile(options.get("query", "@"))
    return Command(service, xform_name(operation.name), parameters, options, condition, files)


def run(command: Command) -> str:
    """Run a command against the endpoint in the environment, and return the output of `aws`."""
    client: Any = _session().create_client(command.service, region_name=command.options.get("region"))
    if command.condition:
        waiter = client.get_waiter(command.condition.replace("-", "_"))
        waiter.wait(**command.parameters, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return ""
    if client.can_paginate(command.operation):
        answer = client.get_paginator(command.operation).paginate(**command.parameters).build_full_result()
    else:
        answer = getattr(client, command.operation)(**command.parameters)
    answer.pop("ResponseMetadata", None)
    for file in command.files:
        [body] = [name for name, value in answer.items() if hasattr(value, "read")]
        Path(file).write_bytes(answer.pop(body).read())
    texts = json.loads(json.dumps(answer, default=datetime.isoformat))
    shown = jmespath.search(command.options.get("query", "@"), texts)
    if command.options.get("output") == "text":
        return "\t".join(map(str, shown if isinstance(shown, list) else [shown])) + "\n"
    return json.dumps(shown, indent=4) + "\n" if shown else ""


@cache
def _session() -> Session:
    return get_session()


def _refuse_if(fault: object, report: str) -> None:
    if fault:
        raise UsageError(report)


def _arguments(operation: OperationModel, words: Sequence[str]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Return the parameters, the global options, and the remaining words."""
    members: dict[str, Shape] = dict(operation.input_shape.members) if operation.input_shape else {}
    names = {xform_name(name, "-"): name for name in members}
    parameters: dict[str, Any] = {}
    options: dict[str, str] = {}
    others: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            others.append(word)
            continue
        option = word.removeprefix("--")
        flag = option.removeprefix("no-") if option not in names else option
        if flag in names and members[names[flag]].type_name == "boolean":
            parameters[names[flag]] = flag == option
            continue
        values: list[str] = []
        several = option in names and members[names[option]].type_name in ("list", "map", "structure")
        while waiting and not waiting[0].startswith("--") and (several or not values):
            values.append(waiting.pop(0))
        _refuse_if(not values, f"{word} has no value")
        if option in names:
            parameters[names[option]] = _value(members[names[option]], values)
        else:
            _refuse_if(option not in GLOBAL_OPTIONS, f"{operation.name} has no {word}")
            [options[option]] = values
    return parameters, options, others


def _value(shape: Any, words: Sequence[str]) -> Any:
    """Return a parameter's value: JSON, the CLI's shorthand, or a text."""
    text = " ".join(words).strip()
    if text.startswith("file://"):
        text = Path(text.removeprefix("file://")).read_text()
    if shape.type_name in ("blob", "string", "timestamp"):
        return text.encode() if shape.type_name == "blob" else text
    if shape.type_name == "list" and not text.startswith("["):
        return [_value(shape.member, [word]) for word in words]
    if shape.type_name in ("structure", "map") and not text.startswith("{"):
        pairs = dict(pair.split("=", 1) for pair in re.split(r",(?=\w+=)", text))
        members = shape.members if shape.type_name == "structure" else dict.fromkeys(pairs, shape.value)
        _refuse_if(pairs.keys() - members.keys(), f"{text} is no {shape.name}")
        return {name: _value(members[name], [value]) for name, value in pairs.items()}
    return json.loads(text)


FUNCTION = f"""
coproc CLI {{ {sys.executable} -m tests.aws_cli; }}
exec {{to}}>&"${{CLI[1]}}" {{from}}<&"${{CLI[0]}}"
call() {{
  printf '%s\\0' "$@" '' >&$to
  IFS= read -r -d '' -u $from status && IFS= read -r -d '' -u $from said
  printf %s "$said"
  return "$status"
}}
"""
"""A shell function `call` that runs commands. One process runs all of them, because Python starts slowly."""


def serve() -> None:
    """Run commands until the end of the input: each word ends with a null, and a command with an empty word.

    The answer is the status and the output.
    """
    words = [""]
    for character in iter(lambda: sys.stdin.read(1), ""):
        if character != "\0":
            words[-1] += character
        elif words[-1]:
            words.append("")
        else:
            try:
                status, said = 0, run(parse(words[:-1]))
            except (UsageError, BotoCoreError, ClientError) as error:
                status, said = 1, f"aws: {error}\n"
            sys.stdout.write(f"{status}\0{said}\0")
            sys.stdout.flush()
            words = [""]


if __name__ == "__main__":
    serve()
