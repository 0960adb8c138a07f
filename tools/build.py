"""`sam build`, quiet unless it fails, and only where something changed."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAM = ROOT / ".local/sam/bin/sam"
BUILT_TEMPLATE = ROOT / ".aws-sam/build/template.yaml"
INPUTS = ("template.yaml", "functions", "layers")


def architecture() -> str:
    """The processor to build for, as the Makefile settled it."""
    return os.environ.get("ARCHITECTURE", "x86_64")


def build() -> Path:
    """Build functions and layers as `sam deploy` wants them; return the built template.

    Raises:
        SystemExit: the build failed; what it said is on stderr.
    """
    stamp = BUILT_TEMPLATE.with_name(".inputs")
    inputs = _digest_of_inputs()
    if stamp.exists() and stamp.read_text() == inputs:
        return BUILT_TEMPLATE
    # The layers' Makefile calls pip, which lives beside uv.
    environment = os.environ | {"PYTHON": str(ROOT / ".venv/bin/python"), "ARCHITECTURE": architecture()}
    parameters = ["--parameter-overrides", f"Architecture={architecture()}"]
    done = subprocess.run(
        [SAM, "build", *parameters], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nsam build failed; see above.")
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
