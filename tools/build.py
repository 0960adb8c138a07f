"""`sam build`, quiet unless it fails."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAM = ROOT / ".local/sam/bin/sam"
BUILT_TEMPLATE = ROOT / ".aws-sam/build/template.yaml"


def architecture() -> str:
    """The processor to build for, as the Makefile settled it."""
    return os.environ.get("ARCHITECTURE", "x86_64")


def build() -> Path:
    """Build functions and layers as `sam deploy` wants them; return the built template.

    Raises:
        SystemExit: the build failed; what it said is on stderr.
    """
    # The layers' Makefile calls pip, which lives beside uv.
    environment = os.environ | {"PYTHON": str(ROOT / ".local/uv/bin/python"), "ARCHITECTURE": architecture()}
    parameters = ["--parameter-overrides", f"Architecture={architecture()}"]
    done = subprocess.run(
        [SAM, "build", *parameters], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nsam build failed; see above.")
    return BUILT_TEMPLATE


if __name__ == "__main__":
    print(f"Built for {architecture()}: {build().parent.relative_to(ROOT)}")
