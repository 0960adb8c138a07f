"""What the README gives to paste."""

import re
from collections.abc import Iterator, Mapping

from tools.template import ROOT

README = (ROOT / "README.md").read_text()


def section(heading: str) -> str:
    """The text below a heading of the second level, up to the next one."""
    [text] = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    return str(text)


def blocks(heading: str, language: str) -> list[str]:
    """The code blocks of one language (empty: of none) in a section, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", section(heading), re.MULTILINE | re.DOTALL)


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of all tables in a section, row by row."""
    for line in section(heading).splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def emulated(column: str) -> Mapping[str, tuple[int, str]]:
    """What an emulator answers itself: status and text by what it is the answer to, for rows that say a status."""
    table = [row for row in rows("SAM local") if len(row) == 4]
    place = table[0].index(column)
    found = {row[0]: re.match(r"(\d{3})(?:[^`]*`(.+?)`)?", row[place]) for row in table[1:]}
    return {to: (int(said[1]), said[2] or "") for to, said in found.items() if said}
