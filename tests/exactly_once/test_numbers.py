"""Numbers are unique in their company and grow (contract rule 7.6), under concurrent requests of all kinds."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from random import Random
from uuid import uuid4

import pytest

from tests.exactly_once.conftest import Service
from tests.exactly_once.creates import Create, Outcome, start_worker, work

PROCESSES = 4
CREATES = 2_000
COMPANIES = 4
INVALID = CREATES // 10
REPEATED = CREATES // 10


def plan(companies: list[str], chance: Random) -> Iterator[Create]:
    """Plan the creates evenly for all companies; the last company's are never repeated."""
    firsts = []
    for number in range(CREATES - REPEATED):
        create = Create(
            company=companies[number % COMPANIES],
            identity=str(uuid4()),
            by_key=chance.random() < 0.5,
            as_xml=chance.random() < 0.2,
            valid=number >= INVALID,
        )
        firsts.append(create)
        yield create
    repeatable = [create for create in firsts if create.valid and create.company != companies[-1]]
    yield from chance.sample(repeatable, REPEATED)


@pytest.fixture(scope="module")
def companies() -> list[str]:
    return [str(uuid4()) for _ in range(COMPANIES)]


@pytest.fixture(scope="module")
def outcomes(engine: Service, companies: list[str]) -> list[Outcome]:
    """2,000 creates by 4 companies from 4 processes at once, a tenth of them invalid and a tenth repeated."""
    chance = Random(2000)
    creates = list(plan(companies, chance))
    assert len(creates) == CREATES
    chance.shuffle(creates)
    environment = engine.database.environment("api") | {"POWERTOOLS_LOG_LEVEL": "CRITICAL"}
    with ProcessPoolExecutor(
        PROCESSES, mp_context=get_context("spawn"), initializer=start_worker, initargs=(environment,)
    ) as pool:
        shares = pool.map(work, [creates[first::PROCESSES] for first in range(PROCESSES)])
        return [outcome for share in shares for outcome in share]


def test_7_4_2000_creates_all_that_is_invalid_is_refused(outcomes: list[Outcome]) -> None:
    assert len(outcomes) == CREATES
    assert {outcome.status for outcome in outcomes if not outcome.create.valid} == {422}
    assert sum(outcome.status == 422 for outcome in outcomes) == INVALID


def test_7_2_2000_creates_every_accepted_one_is_stored_once(
    engine: Service, companies: list[str], outcomes: list[Outcome]
) -> None:
    accepted = [outcome for outcome in outcomes if outcome.create.valid]
    assert {outcome.status for outcome in accepted} == {201}
    assert sum(outcome.replayed for outcome in accepted) == REPEATED
    for company in companies:
        own = [outcome for outcome in accepted if outcome.create.company == company]
        stored = {task["id"]: task for task in engine.database.tasks(company)}
        assert set(stored) == {outcome.task_id for outcome in own}
        assert len(stored) == len({outcome.create.identity for outcome in own})
        for outcome in own:
            assert outcome.task_id
            assert stored[outcome.task_id]["subject"] == f"Task {outcome.create.identity}"
            assert stored[outcome.task_id]["id2"] == outcome.number


def test_7_6_2000_creates_numbers_are_unique_and_skip_only_for_replays(
    engine: Service, companies: list[str], outcomes: list[Outcome]
) -> None:
    for company in companies:
        numbers = [task["id2"] for task in engine.database.tasks(company)]
        replayed = sum(outcome.replayed for outcome in outcomes if outcome.create.company == company)
        last = engine.database.last_number(company)
        assert len(numbers) == len(set(numbers)) == last - replayed
        assert set(numbers) <= set(range(1, last + 1))
        if company == companies[-1]:
            assert numbers == list(range(1, last + 1))


def test_7_6_2000_creates_numbers_grow(companies: list[str], outcomes: list[Outcome]) -> None:
    for company in companies:
        created = [
            outcome
            for outcome in outcomes
            if outcome.create.company == company and outcome.status == 201 and not outcome.replayed
        ]
        by_answer = iter(sorted(created, key=lambda outcome: outcome.answered))
        earlier = next(by_answer)
        highest = 0
        for later in sorted(created, key=lambda outcome: outcome.sent):
            while earlier.answered < later.sent:
                highest = max(highest, earlier.number or 0)
                earlier = next(by_answer)
            assert (later.number or 0) > highest
