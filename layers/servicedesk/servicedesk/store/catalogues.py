"""Where catalogues live, and the copies that an execution environment keeps of them."""

from collections.abc import Callable
from dataclasses import asdict
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, cast

from servicedesk.domain.catalogue import BUILT_IN, Catalogue
from servicedesk.store import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 60.0
"""How long a copy serves before it is read again: the time in which a change of a catalogue may go unnoticed."""

KEPT_COMPANIES = 500
"""How many companies' copies an execution environment keeps at a time; the longest kept one goes first."""


class CatalogueStore:
    """The catalogues of all companies; read at most once in ``KEPT_SECONDS`` for each of the latest companies."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._kept: dict[str, tuple[float, Catalogue]] = {}

    def of(self, company_id: str) -> Catalogue:
        """The company's catalogue, or the built-in one where it has none.

        Raises:
            Unavailable: the database did not answer in time.
        """
        read_at, catalogue = self._kept.get(company_id, (-inf, BUILT_IN))
        if self._clock() - read_at < KEPT_SECONDS:
            return catalogue
        return self._keep(company_id, self._read(company_id, consistent=False))

    def stored(self, company_id: str) -> Catalogue:
        """The company's catalogue as it is at this moment, for those who are about to change it.

        Raises:
            Unavailable: the database did not answer in time.
        """
        return self._read(company_id, consistent=True)

    def put(self, company_id: str, catalogue: Catalogue) -> None:
        """Replace the company's catalogue; environments that keep a copy notice within ``KEPT_SECONDS``.

        Raises:
            Unavailable: the database did not answer in time.
        """
        item = {"pk": f"COMPANY#{company_id}", "sk": "CATALOGUE"} | asdict(catalogue)
        with dynamodb.passing_faults_are_unavailable():
            self._client.put_item(TableName=self._table, Item=dynamodb.to_item(item))
        self._keep(company_id, catalogue)

    def _read(self, company_id: str, *, consistent: bool) -> Catalogue:
        key = dynamodb.to_item({"pk": f"COMPANY#{company_id}", "sk": "CATALOGUE"})
        with dynamodb.passing_faults_are_unavailable():
            item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=consistent).get("Item")
        return _catalogue(item) if item else BUILT_IN

    def _keep(self, company_id: str, catalogue: Catalogue) -> Catalogue:
        self._kept.pop(company_id, None)  # so that the order is that of the reads
        self._kept[company_id] = (self._clock(), catalogue)
        if len(self._kept) > KEPT_COMPANIES:
            del self._kept[next(iter(self._kept))]
        return catalogue


def _catalogue(item: dynamodb.Item) -> Catalogue:
    return Catalogue.of(cast("dict[str, list[dict[str, object]]]", dynamodb.from_item(item)))
