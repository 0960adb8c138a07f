"""The published pages over HTTP: read without a key, and their samples run unchanged."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from tests.stack.client import Stack
from tools.publishing.document import document

READ = ("listTasks", "listChanges", "getCatalogue")


@pytest.mark.parametrize("path", ["/", "/console", "/openapi.json"])
def test_11_1_anybody_may_read_it(stack: Stack, path: str) -> None:
    answer = stack.stranger.send("HEAD", path, Accept="*/*", Accept_Encoding="gzip")
    assert (answer.status, answer.body) == (200, "")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    tag = answer.headers["ETag"]
    kept = stack.stranger.get(path, Accept="*/*", Accept_Encoding="gzip", If_None_Match=tag)
    assert (kept.status, kept.body) == (304, "")


@pytest.mark.parametrize("path", ["/", "/console"])
def test_11_1_who_takes_nothing_compressed_gets_the_help_page(stack: Stack, path: str) -> None:
    answer = stack.stranger.get(path)  # urllib asks for identity, and follows
    assert answer.status == 200
    assert "<html" in answer.body
    assert len(answer.body) < 500_000


def test_11_1_it_comes_compressed_to_who_takes_that(stack: Stack) -> None:
    request = Request(f"{stack.base_url}/console", headers={"Accept": "*/*", "Accept-Encoding": "gzip"})
    with urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.read()) < 500_000


def test_11_2_the_document_over_http_is_the_one_that_is_generated(stack: Stack) -> None:
    assert json.loads(stack.stranger.get("/openapi.json").body) == document()


def samples(language: str) -> Iterator[Any]:
    """The samples in a language that work on any stack, each with the status that it is answered with."""
    for item in document()["paths"].values():
        for method, operation in item.items():
            if method != "parameters" and operation["operationId"] in (*READ, "createTask"):
                [source] = [one["source"] for one in operation["x-codeSamples"] if one["label"] == language]
                yield pytest.param(source, 201 if method == "post" else 200, id=operation["operationId"])


def environment(stack: Stack) -> dict[str, str]:
    return os.environ | {"BASE_URL": stack.base_url, "API_KEY": stack.alpha_key}


def once(source: str) -> str:
    """A sample with an Idempotency-Key of its own, since what it creates is left behind."""
    return source.replace("erp-order-4711", str(uuid4()))


@pytest.mark.parametrize(("source", "status"), list(samples("curl")))
def test_the_curl_sample_runs_as_it_stands(stack: Stack, source: str, status: int) -> None:
    done = subprocess.run(
        ["bash", "-c", once(source)], env=environment(stack), capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"HTTP/1.1 {status}"), done.stdout


@pytest.mark.parametrize(("source", "status"), list(samples("Python")))
def test_the_python_sample_runs_as_it_stands(stack: Stack, source: str, status: int) -> None:
    command = [sys.executable, "-c", once(source)]
    done = subprocess.run(command, env=environment(stack), capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{status} {{"), done.stdout
