"""Write functions/describe_api/openapi.json.

python -m tools.publishing            write it
python -m tools.publishing --check    fail if it is out of date
"""

import argparse
import json
import sys

from tools.build import ROOT
from tools.publishing.document import document

FILE = ROOT / "functions/describe_api/openapi.json"
WIDTH = 120
"""The most characters of a line that has more than one value."""


def text() -> str:
    """Return the file's text."""
    return _written(document(), 0) + "\n"


def _written(value: object, depth: int) -> str:
    """Return a value as JSON, with as many members on a line as fit; json's own indentation takes twice the lines."""
    line = json.dumps(value, ensure_ascii=False)
    if depth + len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {_written(member, depth + 1)}" for name, member in value.items()]
    else:
        parts = [_written(entry, depth + 1) for entry in value]
    lines: list[str] = []
    for part in parts:
        if lines and "\n" not in lines[-1] + part and depth + len(lines[-1]) + len(part) + 4 <= WIDTH:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    inner = ",\n".join(" " * (depth + 1) + line for line in lines)
    first, last = "{}" if isinstance(value, dict) else "[]"
    return f"{first}\n{inner}\n{' ' * depth}{last}"


def main() -> None:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    if not parser.parse_args().check:
        FILE.write_text(text())
    elif not FILE.exists() or FILE.read_text() != text():
        sys.exit(f"{FILE.relative_to(ROOT)} is out of date; run `make openapi`.")


if __name__ == "__main__":
    main()
