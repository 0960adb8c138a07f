"""Pin the packages of pyproject.toml in uv.lock, or with ``--check`` fail if a file made from it is out of date.

uv writes the address of each file into its lock file. They are removed, because every machine has its own index; the
hashes identify the files. `uv sync` needs the addresses and `uv export` does not, so environments are installed from
exported requirements. Source distributions are removed as well: `no-build` forbids them.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "uv.lock"
EXPORTS = {
    "layer": ROOT / "layers/dependencies/requirements.txt",
    "pages": ROOT / "functions/describe_api/requirements.txt",
    "uv": ROOT / "tools/environments/uv.txt",
}
"""The groups that are installed without `uv.lock`: by `sam build`, and before the first environment."""


def export(group: str) -> str:
    """Return the locked packages of a dependency group, with their hashes, as requirements for Linux."""
    command = ["export", "--frozen", "--only-group", group, "--no-header", "--no-annotate"]
    # The layer can be built on another system than Linux, and uv evaluates markers for the one that it runs on.
    return re.sub(r" ; .*?(?=( \\)?$)", "", _uv(*command), flags=re.MULTILINE)


def without_addresses(lock: str) -> str:
    """Return the text of a lock file without the addresses of a package index."""
    lock = re.sub(r"^sdist = .*\n", "", lock, flags=re.MULTILINE)
    lock = re.sub(r'\{ registry = "[^"]*" \}', '{ registry = "index" }', lock)
    return re.sub(r'\{ url = "(?:[^"]*/)?([^/"]+)", (hash = "[^"]+").*\}', r'{ url = "\1", \2 }', lock)


def main() -> None:
    """Write the lock file and the exports, or check them; further options go to `uv lock`."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")
    arguments, options = parser.parse_known_args()
    if arguments.check:
        _uv("lock", "--check", "--offline")
        if outdated := [str(path.relative_to(ROOT)) for path, text in _files() if path.read_text() != text]:
            sys.exit(f"Out of date; run `make lock`: {', '.join(outdated)}")
    else:
        _uv("lock", *options)
        for path, text in _files():
            path.write_text(text)


def _files() -> Iterator[tuple[Path, str]]:
    yield LOCK, without_addresses(LOCK.read_text())
    for group, path in EXPORTS.items():
        yield path, export(group)


def _uv(*arguments: str) -> str:
    command = [sys.executable, "-m", "uv", "--quiet", "--no-progress", *arguments, "--python", sys.executable]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"`uv {' '.join(arguments)}` failed. If pyproject.toml was changed, run `make lock`.")
    return done.stdout


if __name__ == "__main__":
    main()
