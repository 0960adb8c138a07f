"""Build the pages of the function: `python publish.py <packages> <target>`.

Each page is compressed, gets a digest for its ETag, and, if it is HTML, a content security policy that names its own
scripts and styles by their digests. The console is Swagger UI, from the folder of packages, in a single file.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from page import render

SOURCE = Path(__file__).parent
PLAIN_BYTES = 2**19
"""The largest page that is also sent without compression."""
SWAGGER_UI = "aws_lambda_powertools/event_handler/openapi/swagger_ui"
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def main() -> None:
    """Write the pages and ``pages.json``, the index of pages and headers by route."""
    packages, target = map(Path, sys.argv[1:])
    target.mkdir(parents=True, exist_ok=True)
    console = (SOURCE / "console.html").read_text()
    for place, file in (("/* style */", "swagger-ui.min.css"), ("/* script */", "swagger-ui-bundle.min.js")):
        console = console.replace(place, (packages / SWAGGER_UI / file).read_text())
    document = (SOURCE / "openapi.json").read_text()
    pages = {
        "/": ("help.html", render(json.loads(document))),
        "/console": ("console.html", console),
        "/openapi.json": ("openapi.json", document),
    }
    said = {}
    for route, (name, text) in pages.items():
        # Without a timestamp, so that builds are reproducible.
        (target / f"{name}.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        said[route] = {
            "file": f"{name}.gz",
            "digest": digest,
            "compressed_only": len(text.encode()) > PLAIN_BYTES,
            "headers": _headers(name, text),
        }
    (target / "pages.json").write_text(json.dumps(said))


def _headers(name: str, text: str) -> dict[str, str]:
    if name.endswith(".json"):
        return {"Content-Type": "application/json; charset=utf-8"}
    # Swagger UI sets style attributes of single elements, which no digest can allow.
    styles = ["'unsafe-inline'"] if name == "console.html" else _digests(_STYLE.findall(text))
    policy = {
        "default-src": ["'none'"],
        "script-src": _digests(_SCRIPT.findall(text)),
        "style-src": styles,
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "form-action": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "; ".join(" ".join([name, *sources]) for name, sources in policy.items()),
    }


def _digests(texts: Sequence[str]) -> list[str]:
    return [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts]


if __name__ == "__main__":
    main()
