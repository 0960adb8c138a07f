"""Catalogues in DynamoDB, cached in each execution environment."""

from collections.abc import Callable
from dataclasses import asdict
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, cast

from servicedesk.domain.catalogue import BUILT_IN, Catalogue
from servicedesk.store import dynamodb, keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 60.0
"""Seconds until a cached catalogue is read again, and so until a change of it takes effect."""

KEPT_COMPANIES = 500
"""The most catalogues in the cache, which evicts the one that was read longest ago."""


class CatalogueStore:
    """The catalogues of all companies. Each is read at most once in ``KEPT_SECONDS``."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._kept: dict[str, tuple[float, Catalogue]] = {}

    def for_company(self, company_id: str) -> Catalogue:
        """Return the company's catalogue, or the built-in one if it has none of its own.

        Raises:
            UnavailableError: the database did not answer in time.
        """
        read_at, catalogue = self._kept.get(company_id, (-inf, BUILT_IN))
        if self._clock() - read_at < KEPT_SECONDS:
            return catalogue
        return self._keep(company_id, self._read(company_id, consistent=False))

    def with_copy_for(self, company_id: str) -> "CatalogueStore":
        """Return a store that caches the company's catalogue for good, and so never reads it again.

        Raises:
            UnavailableError: the database did not answer in time.
        """
        store = CatalogueStore(self._client, self._table, clock=lambda: 0.0)
        store._keep(company_id, self.for_company(company_id))
        return store

    def latest(self, company_id: str) -> Catalogue:
        """Return the company's catalogue, read consistently, for a caller that is about to change it.

        Raises:
            UnavailableError: the database did not answer in time.
        """
        return self._read(company_id, consistent=True)

    def put(self, company_id: str, catalogue: Catalogue) -> None:
        """Replace the company's catalogue. Environments that have cached it notice within ``KEPT_SECONDS``.

        Raises:
            UnavailableError: the database did not answer in time.
        """
        item = keys.catalogue(company_id) | dynamodb.to_item(asdict(catalogue))
        with dynamodb.temporary_faults_as_unavailable():
            self._client.put_item(TableName=self._table, Item=item)
        self._keep(company_id, catalogue)

    def _read(self, company_id: str, *, consistent: bool) -> Catalogue:
        key = keys.catalogue(company_id)
        with dynamodb.temporary_faults_as_unavailable():
            item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=consistent).get("Item")
        return _catalogue(item) if item else BUILT_IN

    def _keep(self, company_id: str, catalogue: Catalogue) -> Catalogue:
        self._kept.pop(company_id, None)  # so that the order is that of the reads
        self._kept[company_id] = (self._clock(), catalogue)
        if len(self._kept) > KEPT_COMPANIES:
            del self._kept[next(iter(self._kept))]
        return catalogue


def _catalogue(item: dynamodb.Item) -> Catalogue:
    return Catalogue.from_document(cast("dict[str, list[dict[str, object]]]", dynamodb.from_item(item)))
