"""Every `aws` command of the documents is one that the AWS CLI has, with the parameters that it has and needs."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests import aws_cli
from tests.newcomer import readme
from tools.template import ROOT

VALUE = "arn:aws:dynamodb:eu-west-1:123456789012:table/any-of-them"
"""A placeholder for the output of a command, or for a reader's value."""
NAMES = ("STACK", "REGION", "KEY", "ONBOARD_COMPANY", "ERASE_COMPANY")
RECORDING = f"""
aws() {{ printf '%s\\0' "$@" "$LAST" >>"$SAID"; echo {VALUE}; }}
curl() {{ :; }}
make() {{ :; }}
"""
LAST = "the command's end"


def spans(page: str) -> list[str]:
    """The commands that stand in the text."""
    text = (ROOT / page).read_text()
    found = re.findall(r"`(aws [^`]+)`", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL))
    return [re.sub(r"<\w+>", VALUE, span.replace("\\|", "|").replace("\n", " ")) for span in found]


def lines(page: str) -> list[str]:
    """Yield the blocks of a page that need AWS, and then the commands in its text."""
    blocks = [each.lines for each in readme.terminals() if each.needs == "AWS" and each.place.startswith(f"{page}:")]
    return [*blocks, *(span for span in spans(page) if not span.startswith(("aws configure", "aws sso")))]


PAGES = [page for page in readme.DOCUMENTS if any("aws " in each for each in lines(page))]


def commands(page: str, folder: Path) -> list[list[str]]:
    """The words of each command, as a shell hands them over."""
    said = folder / "said"
    environment = os.environ | dict.fromkeys(NAMES, VALUE) | {"SAID": str(said), "LAST": LAST}
    script = RECORDING + "\n".join(lines(page))
    subprocess.run(["bash", "-e", "-c", script], cwd=ROOT, env=environment, check=True, capture_output=True)
    found: list[list[str]] = [[]]
    for word in said.read_text().split("\0"):
        if word == LAST:
            found.append([])
        else:
            found[-1].append(word)
    return [each for each in found if each and each != [""]]


def test_pages_have_commands() -> None:
    assert PAGES == ["OPERATING.md", "docs/first-deployment.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_one(page: str, tmp_path: Path) -> None:
    found = commands(page, tmp_path)
    assert len(found) >= len(spans(page))
    wrong = {}
    for words in found:
        try:
            aws_cli.parse(words)
        except aws_cli.UsageError as error:
            wrong[" ".join(words)] = str(error)
    assert not wrong


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("nothing list-all", "nothing"),
        ("dynamodb list-tabels", "list-tabels"),
        ("dynamodb wait table-gone --table-name x", "table-gone"),
        ("dynamodb delete-table", "TableName"),
        ("dynamodb delete-table --table x", "--table"),
        ("dynamodb delete-table --table-name", "no value"),
        ("dynamodb delete-table --table-name x y", "y"),
        ("dynamodb update-table --table-name x --stream-specification StreamOn=true", "StreamOn"),
        ("lambda invoke --function-name x", "invoke"),
        ("logs tail x --sinse 5m", "--sinse"),
    ],
)
def test_one_that_is_wrong_is_told(command: str, said: str) -> None:
    with pytest.raises(aws_cli.UsageError, match=said):
        aws_cli.parse(command.split())
