"""A model of tasks that are created, changed, closed, reopened and created again, with faults between."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.api import Answer, assert_problem
from tests.exactly_once.conftest import FaultyService
from tests.exactly_once.test_changes import COMPLETED
from tests.exactly_once.test_faults import assert_unavailable
from tests.exactly_once.test_model import FAULTS, RUNS
from tests.faults.proxy import Fault


class State(NamedTuple):
    """The fields of a task that a client can change."""

    subject: str
    closed: bool

    @classmethod
    def of(cls, document: dict[str, Any]) -> "State":
        """The state of a task as it is shown; asserts what belongs together."""
        assert (document["date_closed"] is not None) == document["archived"]
        return cls(document["subject"], document["archived"])


NEW = State("Printer", closed=False)
CHANGES: list[dict[str, Any]] = [
    {"subject": "Printer"},
    {"subject": "Boiler"},
    {"task_status_id": COMPLETED},
    {"task_status_id": None},
    {"subject": "Boiler", "task_status_id": COMPLETED},
]
TASKS = st.integers(0, 1)


def changed(state: State, change: dict[str, Any]) -> State:
    """The state after a change."""
    closed = change["task_status_id"] == COMPLETED if "task_status_id" in change else state.closed
    return State(change.get("subject", state.subject), closed)


@dataclass
class Known:
    """The client's knowledge of a task: its last known state, and the possible states since then."""

    possible: set[State | None] = field(default_factory=lambda: {None})
    shown: Answer | None = None
    """The last answer that showed it."""
    certain: bool = True
    """It is certainly still in the last known state, or absent."""
    tags: list[str] = field(default_factory=list)
    writes: int = 0
    """The number of changes that were answered with a new tag."""
    doubts: int = 0
    """The number of changes that were answered 503 and may have been written."""

    def learn(self, answer: Answer) -> None:
        """The task is what the answer shows."""
        state = State.of(answer.document())
        assert state in self.possible
        if self.certain and self.shown:
            assert (answer.document(), answer.headers["ETag"]) == (self.shown.document(), self.shown.headers["ETag"])
        self.is_now(answer)

    def is_now(self, answer: Answer) -> None:
        """The task is what the answer shows, whatever it was."""
        if self.shown and answer.headers["ETag"] != self.shown.headers["ETag"]:
            assert answer.headers["ETag"] not in self.tags
            assert answer.document()["modified_dateutc"] > self.shown.document()["modified_dateutc"]
        self.possible, self.shown, self.certain = {State.of(answer.document())}, answer, True
        self.tags.append(answer.headers["ETag"])

    def is_absent(self) -> None:
        """The task is not there."""
        assert None in self.possible
        self.possible, self.certain = {None}, True


class Model(RuleBasedStateMachine):
    """A client that sends one request after another for two tasks, and remembers the answers."""

    service: ClassVar[FaultyService]

    def __init__(self) -> None:
        super().__init__()
        self.company = str(uuid4())
        self.ids = [str(uuid4()) for _ in range(2)]
        self.known: defaultdict[int, Known] = defaultdict(Known)

    @rule(task=TASKS, faults=FAULTS)
    def create(self, task: int, faults: list[Fault]) -> None:
        """A create, or its replay, whatever has become of the task."""
        known = self.known[task]
        self.service.proxy.plan(faults)
        answer = self.service.api.create({"id": self.ids[task], "subject": NEW.subject}, company=self.company)
        if answer.status == 503:
            self.unavailable(answer, faults)
            if None in known.possible:
                known.possible.add(NEW)
                known.certain = False
            return
        assert answer.status == 201, answer.body
        if "Idempotent-Replayed" in answer.headers:
            known.learn(answer)
        else:
            known.is_absent()
            known.possible = {NEW}
            known.is_now(answer)

    @rule(
        task=TASKS,
        change=st.sampled_from(CHANGES),
        tag=st.sampled_from(["last", "older", "*"]),
        method=st.sampled_from(["PATCH", "PUT"]),
        faults=FAULTS,
    )
    def change(self, task: int, change: dict[str, Any], tag: str, method: str, faults: list[Fault]) -> None:
        """A change with the tag that was seen last, with an older one, or with none in particular."""
        known = self.known[task]
        if method == "PUT":
            change = {"subject": NEW.subject, "task_status_id": None} | change
        older = [one for one in known.tags if one != known.tags[-1]]
        if_match = {"last": known.tags[-1:], "older": older[-1:], "*": ["*"]}[tag] or ['"none"']
        self.service.proxy.plan(faults)
        answer = self.service.api.change(
            self.ids[task], change, company=self.company, if_match=if_match[0], method=method
        )
        match answer.status:
            case 200:
                self.was_changed(known, change, answer, may_write=tag != "older")
            case 412:
                self.was_refused(known, change, answer, tag)
            case 404:
                assert_problem(answer, 404, "no-such-task")
                known.is_absent()
            case _:
                self.unavailable(answer, faults)
                states = {changed(state, change) for state in known.possible if state}
                if tag != "older" and states - known.possible:
                    known.possible |= states
                    known.certain = False
                    known.doubts += 1
                elif tag != "older" and not known.certain:
                    known.doubts += 1

    def was_changed(self, known: Known, change: dict[str, Any], answer: Answer, *, may_write: bool) -> None:
        """The task is as asked, whether or not that was a change."""
        state = State.of(answer.document())
        assert state in {changed(before, change) for before in known.possible if before}
        if known.certain:
            assert known.shown
            before = State.of(known.shown.document())
            if state == before:
                known.learn(answer)
            else:
                assert may_write
                assert answer.headers["ETag"] != known.shown.headers["ETag"]
                known.writes += 1
                known.is_now(answer)
            return
        known.doubts += 1
        known.is_now(answer)

    def was_refused(self, known: Known, change: dict[str, Any], answer: Answer, tag: str) -> None:
        """The tag was another version's, and the task not what the change would make of it."""
        assert_problem(answer, 412, "precondition-failed")
        assert tag != "*"
        assert any(state and changed(state, change) != state for state in known.possible)
        if known.certain:
            assert tag == "older"
            assert known.shown
            assert answer.headers["ETag"] == known.shown.headers["ETag"]

    def unavailable(self, answer: Answer, faults: list[Fault]) -> None:
        """Only where there is a fault."""
        assert faults
        assert_unavailable(answer)

    @rule(task=TASKS, faults=FAULTS)
    def look(self, task: int, faults: list[Fault]) -> None:
        """A look at the task."""
        known = self.known[task]
        self.service.proxy.plan(faults)
        answer = self.service.api.get(self.ids[task], company=self.company)
        if answer.status == 200:
            known.learn(answer)
        elif answer.status == 404:
            known.is_absent()
        else:
            self.unavailable(answer, faults)

    @rule()
    def start_anew(self) -> None:
        """As in a new execution environment: the catalogue is read again."""
        self.service.api.forget_catalogues()

    def teardown(self) -> None:
        """Assert that the table matches the answers, and that no change was written twice."""
        self.service.proxy.plan([])
        stored = {item["id"]: item for item in self.service.database.tasks(self.company)}
        for task, known in self.known.items():
            item = stored.get(self.ids[task])
            if item is None:
                assert None in known.possible
                continue
            assert State(item["subject"], item["archived"]) in known.possible
            assert 1 + known.writes <= item["version"] <= 1 + known.writes + known.doubts
            answer = self.service.api.get(self.ids[task], company=self.company)
            known.learn(answer)


def test_10_7_a_model_agrees_with_changes(faulty: FaultyService) -> None:
    class Modelled(Model):
        service = faulty

    run_state_machine_as_test(Modelled, settings=RUNS)
