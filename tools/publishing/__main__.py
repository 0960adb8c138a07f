"""Write what is published: the OpenAPI document and the help page.

python -m tools.publishing            write both into functions/describe_api
python -m tools.publishing --check    fail if one of them is not what the declarations make of it
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.build import ROOT
from tools.publishing import page
from tools.publishing.document import document

FOLDER = ROOT / "functions/describe_api"


def published() -> Mapping[Path, str]:
    """Return the text of each published file."""
    whole = document()
    return {
        FOLDER / "openapi.json": json.dumps(whole, ensure_ascii=False, indent=1) + "\n",
        FOLDER / "help.html": page.render(whole),
    }


def main() -> None:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    is_check = parser.parse_args().check
    for file, text in published().items():
        if not is_check:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            sys.exit(f"{file.relative_to(ROOT)} is not what the declarations make of it; run `make openapi`.")


if __name__ == "__main__":
    main()
