"""Run `sam build`, but only if a source has changed, and show its output only if it fails."""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAM = ROOT / ".local/sam/bin/sam"
BUILT_TEMPLATE = ROOT / ".aws-sam/build/template.yaml"
BUILD_STAMP = ".inputs"
"""The name of a file beside the built template, with a digest of the sources that SAM built."""
INPUTS = ("template.yaml", "functions", "layers")


def architecture() -> str:
    """Return the processor architecture to build for, which the Makefile chooses."""
    return os.environ.get("ARCHITECTURE", "x86_64")


def build() -> Path:
    """Build functions and layers for `sam deploy`, and return the path of the built template.

    Raises:
        SystemExit: the build has failed. Its output is on stderr.
    """
    with (ROOT / ".local/build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of a test run share the build
        return _build()


def _build() -> Path:
    stamp = BUILT_TEMPLATE.with_name(BUILD_STAMP)
    inputs = _digest_of_inputs()
    if stamp.exists() and stamp.read_text() == inputs:
        return BUILT_TEMPLATE
    environment = os.environ | {"PYTHON": sys.executable, "ARCHITECTURE": architecture()}
    command = [str(SAM), "build", "--parameter-overrides", f"Architecture={architecture()}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nsam build failed; its output is above.")
    stamp.write_text(inputs)
    return BUILT_TEMPLATE


def _digest_of_inputs() -> str:
    digest = hashlib.sha256(architecture().encode())
    for name in INPUTS:
        for file in sorted([ROOT / name, *(ROOT / name).rglob("*")]):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)} {file.stat().st_size}\n".encode() + file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    print(f"Built for {architecture()}: {build().parent.relative_to(ROOT)}")
