"""The blocks of the documents that readers paste."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent

from tools.template import ROOT

DOCUMENTS = [str(path.relative_to(ROOT)) for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])]


@dataclass
class Terminal:
    """A reader's shell, and the blocks that are pasted into it.

    Attributes:
        place: the page and the line of the first block.
        needs: the requirement in that block's first line, as in ``# needs AWS``, or empty.
        lines: the shell's blocks, and the programs in Python.
    """

    place: str
    needs: str
    lines: str


def terminals() -> Iterator[Terminal]:
    """Return all blocks of all pages. One that names what it needs, or reads names from a file, opens a terminal."""
    for page in DOCUMENTS:
        text = (ROOT / page).read_text()
        opened: list[Terminal] = []
        for found in re.finditer(r"^ *```(sh|python)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
            lines = dedent(found[2])
            marked = re.match(r"# needs (\w+)", lines)
            if found[1] == "python":
                lines = f".venv/bin/python - <<'END'\n{lines}END\n"
            if opened and not opened[-1].needs and not marked and not lines.startswith(". .local/"):
                opened[-1].lines += lines
            else:
                place = f"{page}:{text.count('\n', 0, found.start()) + 1}"
                opened.append(Terminal(place, marked[1] if marked else "", lines))
        yield from opened


def section(heading: str) -> str:
    """Return the text below the one heading of the second level that reads so, up to the next such heading."""
    pattern = rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)"
    [text] = [
        text
        for document in DOCUMENTS
        for text in re.findall(pattern, (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)
    ]
    return str(text)


def blocks(heading: str, language: str) -> Sequence[str]:
    """Return the code blocks in one language in a section, in order."""
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```$", section(heading), re.MULTILINE | re.DOTALL)
    return [dedent(block) for block in found]


def commands(heading: str) -> Iterator[dict[str, object]]:
    """Return the operators' commands in the JSON blocks of a section, in order."""
    for block in blocks(heading, "json"):
        if block.startswith('{"action"'):
            yield from (json.loads(command) for command in re.split(r"\n(?=\{)", block.strip()))


def rows(heading: str) -> Iterator[Sequence[str]]:
    """Return the cells of all tables in a section, row by row."""
    for line in section(heading).splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def emulated(column: str) -> Mapping[str, tuple[int, str]]:
    """Return the status and the text that stand in ``column`` for what an emulator answers itself, by the request.

    Rows without a status are left out.
    """
    table = list(rows("The emulators' own answers"))
    place = table[0].index(column)
    found = {row[0]: re.match(r"(\d{3})(?:[^`]*`(.+?)`)?", row[place]) for row in table[1:]}
    return {request: (int(match[1]), match[2] or "") for request, match in found.items() if match}
