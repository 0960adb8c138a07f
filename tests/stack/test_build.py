"""`sam build` runs again only if something has changed."""

import pytest

from tools import build
from tools.local_stack import LocalStack


@pytest.fixture
def no_sam(local_stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Build everything, and make SAM fail from now on."""
    monkeypatch.setattr(build, "SAM", "false")
    return monkeypatch


def test_what_is_built_is_not_built_again(no_sam: pytest.MonkeyPatch) -> None:
    assert build.build() == build.BUILT_TEMPLATE


def test_another_processor_is_built_for(no_sam: pytest.MonkeyPatch) -> None:
    no_sam.setenv("ARCHITECTURE", "arm64" if build.architecture() == "x86_64" else "x86_64")
    with pytest.raises(SystemExit, match="sam build failed"):
        build.build()


def test_other_sources_are_built(no_sam: pytest.MonkeyPatch) -> None:
    no_sam.setattr(build, "INPUTS", (*build.INPUTS, "Makefile"))
    with pytest.raises(SystemExit, match="sam build failed"):
        build.build()
