"""A model of the store under arbitrary requests in any order, with faults in between (contract section 7)."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID, uuid4, uuid5

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.api import Answer, assert_problem
from tests.exactly_once.conftest import FaultyService
from tests.exactly_once.test_faults import PASSING, assert_unavailable
from tests.faults.proxy import Fault

RUNS = settings(
    max_examples=40,
    stateful_step_count=25,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Place:
    """The identity of a possible task: two companies, and for each two ids and the same two as keys."""

    company: int
    identity: int
    by_key: bool


PLACES = st.builds(Place, company=st.integers(0, 1), identity=st.integers(0, 1), by_key=st.booleans())
CONTENTS = st.sampled_from(["Printer", "Boiler"])
FAULTS = st.lists(
    st.builds(
        Fault,
        kind=st.sampled_from(PASSING),
        operation=st.sampled_from(["GetItem", "UpdateItem", "PutItem", None]),
        nth=st.integers(1, 2),
        times=st.sampled_from([1, 2, None]),
    ),
    max_size=2,
)


@dataclass
class Slot:
    """The client's knowledge of a place."""

    document: dict[str, Any] | None = None
    possible: set[str] = field(default_factory=set)
    """Contents whose create was answered 503: one of them may be there, or nothing."""

    @property
    def content(self) -> str | None:
        """Return the content that certainly is stored."""
        return self.document["subject"] if self.document else None

    def can_hold(self, content: str) -> bool:
        """Return whether a task with this content may be stored."""
        return self.content == content or content in self.possible

    def holds(self, document: dict[str, Any]) -> None:
        """Learn what is there."""
        assert self.document in (None, document)
        self.document = document
        self.possible.clear()


class Model(RuleBasedStateMachine):
    """A client that sends one request after another, and remembers the answers."""

    service: ClassVar[FaultyService]

    def __init__(self) -> None:
        super().__init__()
        self.companies = [str(uuid4()) for _ in range(2)]
        self.identities = [str(uuid4()) for _ in range(2)]
        self.slots: defaultdict[Place, Slot] = defaultdict(Slot)
        self.highest = [0, 0]

    def task_id(self, place: Place) -> str:
        """The id of the task that is there, if one is."""
        identity = self.identities[place.identity]
        return str(uuid5(UUID(self.companies[place.company]), identity)) if place.by_key else identity

    def send(self, place: Place, fields: dict[str, str], **more: Any) -> Answer:
        """A create at that place, as JSON, or as XML."""
        identity = self.identities[place.identity]
        headers = {"Accept": "application/json"} | ({"Idempotency-Key": identity} if place.by_key else {})
        body: Any = fields if place.by_key else fields | {"id": identity}
        content_type = "application/json"
        if more.pop("as_xml", False):
            body = "<task>" + "".join(f"<{name}>{value}</{name}>" for name, value in body.items()) + "</task>"
            content_type = "text/xml"
        company = self.companies[place.company]
        return self.service.api.create(body, content_type, company=company, headers=headers, **more)

    @rule(place=PLACES, content=CONTENTS, as_xml=st.booleans(), faults=FAULTS)
    def create(self, place: Place, content: str, as_xml: bool, faults: list[Fault]) -> None:
        """A create, a replay or a conflict."""
        slot = self.slots[place]
        self.service.proxy.plan(faults)
        answer = self.send(place, {"subject": content}, as_xml=as_xml)
        if answer.status == 201:
            document = answer.document()
            assert document["subject"] == content
            if "Idempotent-Replayed" in answer.headers:
                assert slot.can_hold(content)
            else:
                assert slot.document is None
                assert document["id2"] > self.highest[place.company]
            self.highest[place.company] = max(self.highest[place.company], document["id2"])
            slot.holds(document)
        else:
            self.not_created(place, content, answer, faults)
            if answer.status == 503 and slot.document is None:
                slot.possible.add(content)

    @rule(place=PLACES, content=CONTENTS, as_xml=st.booleans(), faults=FAULTS)
    def try_out(self, place: Place, content: str, as_xml: bool, faults: list[Fault]) -> None:
        """A dry run of a create, a replay or a conflict."""
        slot = self.slots[place]
        self.service.proxy.plan(faults)
        answer = self.send(place, {"subject": content}, as_xml=as_xml, query={"validate_only": "true"})
        if answer.status == 200:
            document = answer.document()
            assert document["subject"] == content
            assert document["id2"] is None
            if "Idempotent-Replayed" in answer.headers:
                assert slot.can_hold(content)
                assert slot.document is None or slot.document | {"id2": None} == document
                slot.possible &= {content}
            else:
                assert slot.document is None
                slot.possible.clear()
        else:
            self.not_created(place, content, answer, faults)

    def not_created(self, place: Place, content: str, answer: Answer, faults: list[Fault]) -> None:
        """A conflict, where there is or may be another content, or a fault."""
        slot = self.slots[place]
        if answer.status == 503:
            assert faults
            assert_unavailable(answer)
            return
        if place.by_key:
            assert_problem(answer, 422, "idempotency-key-reused")
        else:
            assert_problem(answer, 409, "task-exists")
        assert slot.content != content
        assert slot.content or slot.possible - {content}
        slot.possible.discard(content)

    @rule(place=PLACES)
    def get_refused(self, place: Place) -> None:
        """A create that is invalid, whatever is there."""
        self.service.proxy.plan([])
        answer = self.send(place, {"due_date": "soon"})
        assert_problem(answer, 422, "invalid-task", ("subject", "required"), ("due_date", "invalid_date"))

    @rule(place=PLACES, faults=FAULTS)
    def look(self, place: Place, faults: list[Fault]) -> None:
        """A look at what is there."""
        slot = self.slots[place]
        self.service.proxy.plan(faults)
        answer = self.service.api.get(self.task_id(place), company=self.companies[place.company])
        if answer.status == 200:
            assert slot.can_hold(answer.document()["subject"])
            slot.holds(answer.document())
        elif answer.status == 404:
            assert slot.document is None
            slot.possible.clear()
        else:
            assert faults
            assert_unavailable(answer)

    @rule()
    def start_anew(self) -> None:
        """As in a new execution environment: the catalogue is read again."""
        self.service.api.forget_catalogues()

    def teardown(self) -> None:
        """Assert that the table matches the answers: nothing lost or duplicated, no number used twice."""
        self.service.proxy.plan([])
        for index, company in enumerate(self.companies):
            stored = {task["id"]: task for task in self.service.database.tasks(company)}
            numbers = [task["id2"] for task in stored.values()]
            assert len(numbers) == len(set(numbers))
            assert max(numbers, default=0) <= self.service.database.last_number(company)
            for place, slot in self.slots.items():
                if place.company == index:
                    task = stored.pop(self.task_id(place), None)
                    if slot.document:
                        assert task
                        assert (task["id2"], task["subject"]) == (slot.document["id2"], slot.content)
                    else:
                        assert task is None or task["subject"] in slot.possible
            assert not stored


def test_7_5_a_model_agrees_with_the_store(faulty: FaultyService) -> None:
    class Modelled(Model):
        service = faulty

    run_state_machine_as_test(Modelled, settings=RUNS)
