"""A client of the API that speaks one of its formats, so that one test serves both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.api import Answer, Api, assert_problem, written

FORMATS = ("json", "xml")
SUBJECT = "Printer on fire"

type Members = Mapping[str, Any] | Iterable[tuple[str, Any]]


@dataclass(frozen=True)
class Client:
    """Who calls, and in which format."""

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
        """Send exactly this body, as the client's format unless another is named."""
        named = self.content_type if content_type == "" else content_type
        return self.api.create(body, named, **{"company": self.company, "contact": self.contact} | more)

    def created(self, more: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Create a task with these fields, and a subject unless they have one; the task, found again as created."""
        answer = self.create({"subject": SUBJECT} | dict(more or {}) | fields)
        assert answer.status == 201, answer.body
        task = answer.task()
        assert self.get(task["id"]).task() == task
        return task

    def refused(self, field: str, value: Any, code: str) -> dict[str, Any]:
        """Send this value for this field of a task that is else valid; the one fault, which has to have the code."""
        answer = self.create({"subject": SUBJECT} | {field: value})
        [fault] = assert_problem(answer, 422, "invalid-task", (field, code))["errors"]
        return dict(fault)

    def get(self, task_id: str, **more: Any) -> Answer:
        """Fetch a task in the client's format."""
        more = {"company": self.company, "contact": self.contact, "accept": self.content_type} | more
        return self.api.get(task_id, **more)

    def change(self, task_id: str, members: Members, **more: Any) -> Answer:
        """Change a task in the client's format, whatever it is; `more` as in `Api.change`."""
        more = {"company": self.company, "contact": self.contact, "content_type": self.content_type} | more
        return self.api.change(task_id, written(self.format, members), **more)

    def changed(self, task_id: str, more: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Change these fields of a task; the task, found again as changed."""
        answer = self.change(task_id, dict(more or {}) | fields)
        assert answer.status == 200, answer.body
        task = answer.task()
        found = self.get(task["id"])
        assert found.task() == task
        assert found.headers["ETag"] == answer.headers["ETag"]
        return task

    def onboard(self, **catalogue: Any) -> dict[str, Any]:
        """Give the company the built-in catalogue with these lists in place of its own."""
        built_in = self.api.onboard(action="onboard", company_id=self.company)["catalogue"]
        answer = self.api.onboard(action="onboard", company_id=self.company, catalogue=built_in | catalogue)
        for function in (self.api.create_task, self.api.update_task):
            function.catalogues._kept.clear()  # as after the minute for which copies are kept
        return dict(answer["catalogue"])

    def stranger(self) -> "Client":
        """A client of another company."""
        return Client(self.api, str(uuid4()), self.format)
