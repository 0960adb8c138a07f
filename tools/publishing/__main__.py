"""Write functions/describe_api/openapi.json.

python -m tools.publishing            write it
python -m tools.publishing --check    fail if it is not what the declarations make of it
"""

import argparse
import json
import sys

from tools.build import ROOT
from tools.publishing.document import document

FILE = ROOT / "functions/describe_api/openapi.json"


def text() -> str:
    """Return the file's text."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    if not parser.parse_args().check:
        FILE.write_text(text())
    elif not FILE.exists() or FILE.read_text() != text():
        sys.exit(f"{FILE.relative_to(ROOT)} is not what the declarations make of it; run `make openapi`.")


if __name__ == "__main__":
    main()
