"""A client of the API that speaks one of its formats, so that one test serves both."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

from tests.api import INSTANCE, Answer, Api, assert_problem, written
from tests.turns import turns

FORMATS = ("json", "xml")
SUBJECT = "Printer on fire"

type Members = Mapping[str, Any] | Iterable[tuple[str, Any]]


@dataclass(frozen=True)
class Client:
    """A client of a company, with its format."""

    api: Api
    company: str
    format: str
    contact: str | None = None

    @property
    def content_type(self) -> str:
        """The format's media type."""
        return f"application/{self.format}"

    def create(self, members: Members, **more: Any) -> Answer:
        """Send exactly these members; `more` as in `Api.create`."""
        return self.send(written(self.format, members), **more)

    def send(self, body: bytes | str | None, content_type: str | None = "", **more: Any) -> Answer:
        """Send exactly this body, in the client's format unless another is named."""
        named = self.content_type if content_type == "" else content_type
        return self.api.create(body, named, **{"company": self.company, "contact": self.contact} | more)

    def created(self, more: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Create a task with these fields, and by default a subject; read it again, and return it."""
        answer = self.create({"subject": SUBJECT} | dict(more or {}) | fields)
        assert answer.status == 201, answer.body
        task = answer.task()
        assert self.get(task["id"]).task() == task
        return task

    def refused(self, field: str, value: Any, code: str) -> dict[str, Any]:
        """Send a value for a field of an otherwise valid task, and return the only fault, which must have the code."""
        answer = self.create({"subject": SUBJECT} | {field: value})
        [fault] = assert_problem(answer, 422, "invalid-task", (field, code))["errors"]
        return dict(fault)

    def get(self, task_id: str, **more: Any) -> Answer:
        """Fetch a task in the client's format."""
        more = {"company": self.company, "contact": self.contact, "accept": self.content_type} | more
        return self.api.get(task_id, **more)

    def list(self, path: str = "/tasks", **more: Any) -> "Page":
        """Fetch a list's first page in the client's format."""
        return page_of(self.api.list(path, **self._asking(more)))

    def follow(self, url: str, **more: Any) -> "Page":
        """Fetch the page that a link names."""
        return page_of(self.api.follow(url, **self._asking(more)))

    def pages(self, path: str = "/tasks", **more: Any) -> "Iterator[Page]":
        """Fetch a list page by page, to its end."""
        page = self.list(path, **more)
        yield page
        for _ in turns():
            if not (url := page.links.get("next")):
                break
            page = self.follow(url, **{name: value for name, value in more.items() if name != "query"})
            yield page

    def refused_list(self, path: str = "/tasks", **more: Any) -> str:
        """Request a list that is refused, and return the problem's detail."""
        problem = assert_problem(self.api.list(path, **self._asking(more)), 400, "invalid-parameter")
        return str(problem["detail"])

    def _asking(self, more: Mapping[str, Any]) -> dict[str, Any]:
        return {"company": self.company, "contact": self.contact, "accept": self.content_type} | dict(more)

    def change(self, task_id: str, members: Members, **more: Any) -> Answer:
        """Change any version of a task in the client's format; `more` as in `Api.change`."""
        more = {"company": self.company, "contact": self.contact, "content_type": self.content_type} | more
        return self.api.change(task_id, written(self.format, members), **more)

    def changed(self, task_id: str, more: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Change these fields of a task, read it again, and return it."""
        answer = self.change(task_id, dict(more or {}) | fields)
        assert answer.status == 200, answer.body
        task = answer.task()
        found = self.get(task["id"])
        assert found.task() == task
        assert found.headers["ETag"] == answer.headers["ETag"]
        return task

    def onboard(self, **catalogue: Any) -> dict[str, Any]:
        """Give the company the built-in catalogue with these lists instead of its own."""
        built_in = self.api.onboard(action="onboard", company_id=self.company)["catalogue"]
        answer = self.api.onboard(action="onboard", company_id=self.company, catalogue=built_in | catalogue)
        self.api.forget_catalogues()
        return dict(answer["catalogue"])

    def stranger(self) -> "Client":
        """A client of another company."""
        return Client(self.api, str(uuid4()), self.format)


COMPLETED = "a9f4b6e7-2d38-4c5a-b1e9-8c7d6f5e4a04"
"""The built-in status that archives its tasks."""


@dataclass(frozen=True)
class Page:
    """A page of a list, parsed from either format."""

    answer: Answer
    root: str
    entries: list[dict[str, Any]]
    links: Mapping[str, str]

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """The entries as whole tasks, the same values from both formats."""
        headers = {"Content-Type": "application/xml"} if self.answer.is_xml else {}
        bodies = [json.dumps(entry) for entry in self.entries]
        if self.answer.is_xml:
            bodies = [f'<task xmlns:i="{INSTANCE}">{body}</task>' for body in self._elements()]
        return [Answer(200, headers, body).task() for body in bodies]

    @property
    def numbers(self) -> list[int]:
        """The tasks' `id2`."""
        return [int(entry["id2"]) for entry in self.entries]

    def _elements(self) -> list[str]:
        return re.findall(r"<task>(.*?)</task>", self.answer.body, re.DOTALL)


def page_of(answer: Answer) -> Page:
    """Parse a page of a list, after asserting the form of every page (rule 8.1)."""
    assert answer.status == 200, answer.body
    links = {relation: url for url, relation in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers.get("Link", ""))}
    if answer.is_xml:
        element = ET.fromstring(answer.body)
        assert answer.body.startswith(f'<{element.tag} xmlns:i="{INSTANCE}">')
        assert {f"ArrayOf{child.tag}" for child in element} <= {element.tag}
        entries = [{field.tag: field.text or "" for field in child} for child in element]
        assert all(list(entry) == sorted(entry) for entry in entries)
        return Page(answer, element.tag, entries, links)
    document = json.loads(answer.body)
    context, entity_set = document.pop("@odata.context").split("$metadata#")
    assert context == "https://api.example.com/v1/api/"
    assert answer.headers["OData-Version"] == "4.0"
    entries = document.pop("value")
    in_body = {re.sub(r"^@odata\.(\w+)Link$", r"\1", name): url for name, url in document.items()}
    long = sum(len(f'<{url}>; rel="{relation}"') for relation, url in in_body.items()) > 4000
    assert links == ({} if long else in_body)
    links = in_body
    return Page(answer, f"ArrayOf{'task' if entity_set == 'Task' else entity_set}", entries, links)
