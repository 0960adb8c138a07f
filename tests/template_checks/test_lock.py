"""uv.lock and what is exported from it: pinned by hashes, and without an address."""

import tomllib

import pytest

from tools.lock import LOCK, export, without_addresses

WITH_ADDRESSES = """\
[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://index.example/" }
sdist = { url = "https://files.example/94/e7/six-1.17.0.tar.gz", hash = "sha256:ff70", size = 34031 }
wheels = [
    { url = "https://files.example/b7/ce/six-1.17.0-py2.py3-none-any.whl", hash = "sha256:4721", size = 11050 },
]
"""
WITHOUT = """\
[[package]]
name = "six"
version = "1.17.0"
source = { registry = "index" }
wheels = [
    { url = "six-1.17.0-py2.py3-none-any.whl", hash = "sha256:4721" },
]
"""


def test_a_lock_file_loses_its_addresses_and_source_distributions() -> None:
    assert without_addresses(WITH_ADDRESSES) == WITHOUT
    assert without_addresses(WITHOUT) == WITHOUT


def test_the_lock_file_has_no_address() -> None:
    assert "://" not in LOCK.read_text()


def test_every_package_has_a_wheel_with_a_hash() -> None:
    for package in tomllib.loads(LOCK.read_text())["package"]:
        if "registry" in package["source"]:
            assert package["wheels"], package["name"]
            assert all(wheel["hash"].startswith("sha256:") for wheel in package["wheels"]), package["name"]


@pytest.mark.parametrize("group", ["layer", "uv"])
def test_an_export_is_pinned_and_says_nothing_of_machines(group: str) -> None:
    requirements = export(group)
    assert ";" not in requirements
    packages = requirements.replace(" \\\n", "").splitlines()
    assert packages
    assert all("==" in package and "--hash=sha256:" in package for package in packages)
