"""The cache of catalogues in an execution environment."""

import pytest
from servicedesk.domain.catalogue import BUILT_IN
from servicedesk.store import catalogues
from servicedesk.store.catalogues import KEPT_SECONDS, CatalogueStore

from tests.exactly_once.conftest import Service


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Reads:
    """A database without catalogues that counts how often it is asked."""

    def __init__(self) -> None:
        self.companies: list[str] = []
        self.consistent: list[bool] = []

    def get_item(
        self,
        *,
        Key: dict[str, dict[str, str]],  # noqa: N803
        ConsistentRead: bool,  # noqa: N803
        **_: object,
    ) -> dict[str, object]:
        self.companies.append(Key["pk"]["S"].removeprefix("COMPANY#"))
        self.consistent.append(ConsistentRead)
        return {}


@pytest.fixture
def reads() -> Reads:
    return Reads()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def copies(reads: Reads, clock: Clock) -> CatalogueStore:
    return CatalogueStore(reads, "TasksTable", clock)  # type: ignore[arg-type]


def test_a_copy_serves_for_a_minute(copies: CatalogueStore, reads: Reads, clock: Clock) -> None:
    assert KEPT_SECONDS == 60
    assert copies.for_company("a") is BUILT_IN
    clock.now += 59.9
    copies.for_company("a")
    assert reads.companies == ["a"]
    clock.now += 0.1
    copies.for_company("a")
    assert reads.companies == ["a", "a"]


def test_a_copy_is_read_at_half_the_price_and_the_latest_consistently(copies: CatalogueStore, reads: Reads) -> None:
    """An eventually consistent read costs half as much, and a copy can be a minute old anyway."""
    copies.for_company("a")
    copies.latest("a")
    assert reads.consistent == [False, True]


def test_each_company_has_its_own(copies: CatalogueStore, reads: Reads) -> None:
    for company in ("a", "b", "a", "b"):
        copies.for_company(company)
    assert reads.companies == ["a", "b"]


def test_many_companies_do_not_make_them_grow_without_end(
    copies: CatalogueStore, reads: Reads, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "KEPT_COMPANIES", 3)
    for company in "abc":
        copies.for_company(company)
    clock.now += 60
    copies.for_company("a")  # read anew, so now the latest
    copies.for_company("d")
    reads.companies.clear()
    copies.for_company("a")
    copies.for_company("d")
    assert reads.companies == []
    copies.for_company("b")
    assert reads.companies == ["b"]
    for company in "efgh":
        copies.for_company(company)
    reads.companies.clear()
    for company in "hgfe":
        copies.for_company(company)
    assert reads.companies == ["e"]


def test_a_change_is_seen_by_others_when_their_copy_is_a_minute_old(service: Service, company: str) -> None:
    clock = Clock()
    ours = CatalogueStore(service.api.api.client, service.database.tasks_table, clock)
    theirs = CatalogueStore(service.api.api.client, service.database.tasks_table, clock)
    assert theirs.for_company(company) is BUILT_IN
    changed = type(BUILT_IN)(
        types=BUILT_IN.types[:1], statuses=BUILT_IN.statuses, priorities=BUILT_IN.priorities, tables=[]
    )
    ours.put(company, changed)
    assert ours.for_company(company) is changed
    assert theirs.for_company(company) is BUILT_IN
    clock.now += 60
    assert theirs.for_company(company) == changed
