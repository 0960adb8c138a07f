"""Set up the two demo companies, Alpha and Beta, for `make run`, `make sam-local` and the stack tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from servicedesk.domain import api_key, values
from servicedesk.domain.api_key import ApiKey
from servicedesk.domain.catalogue import BUILT_IN, LinkedTable
from servicedesk.store.api_keys import KeyStore
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.tasks import TaskStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SAMPLE_TABLE = {"id": "4ea0c198-0550-444a-b8a6-2949d3c2938b", "name": "sample string 8"}
"""The table that the published page's sample links to, which the demo companies have besides the built-in ones."""

FIXTURE_SECRET = "local-demo-key-that-opens-nothing-elsewhere"
"""The secret in `events/authorizer.json`. It is public, so only throw-away local databases may have its keys."""

FIXTURE_KEYS = ("0123456789abcdef", "fedcba9876543210")
"""The ids of two keys of Alpha in `events/`: one calls the API, and the other is revoked."""

BETA_KEYS = ("00112233445566be",)
"""The id of Beta's key in a database that is seeded without `OnboardCompany`."""

type Onboard = Callable[[dict[str, object]], dict[str, Any]]


@dataclass(frozen=True)
class Company:
    """A demo company, with its key once it has one."""

    name: str
    company_id: str
    contact_id: str
    key: str = ""


ALPHA = Company("ALPHA", "a1fa0000-0000-4000-8000-000000000001", "a1fa0000-0000-4000-8000-0000000000c1")
BETA = Company("BETA", "be7a0000-0000-4000-8000-000000000002", "be7a0000-0000-4000-8000-0000000000c2")


def onboard(company: Company, send: Onboard) -> Company:
    """Onboard a demo company through `OnboardCompany` and return it with a key."""
    answer = send({"action": "onboard", "company_id": company.company_id})
    catalogue = answer["catalogue"]
    if SAMPLE_TABLE not in catalogue["tables"]:
        catalogue["tables"].append(SAMPLE_TABLE)
        send({"action": "onboard", "company_id": company.company_id, "catalogue": catalogue})
    about = {"company_id": company.company_id, "contact_id": company.contact_id}
    return replace(company, key=send({"action": "issue_key", "label": "demo", **about})["key"])


def add_fixture_keys(keys: KeyStore, company: Company = ALPHA, key_ids: Sequence[str] = FIXTURE_KEYS) -> None:
    """Store keys with the fixtures' secret, by default the two of Alpha in `events/`."""
    for key_id in key_ids:
        key = ApiKey(
            key_id=key_id,
            company_id=company.company_id,
            contact_id=company.contact_id,
            secret_digest=api_key.digest(FIXTURE_SECRET),
            label=f"fixture {key_id}",
            created=values.now(),
        )
        keys.add(key, existing=keys.for_company(key.company_id))


def seed(client: "DynamoDBClient", tasks_table: str, keys_table: str) -> tuple[Company, Company]:
    """Put the demo companies and the fixtures' keys into a throw-away database, and return Alpha and Beta."""
    tasks = TaskStore(client, tasks_table)
    catalogues, keys = CatalogueStore(client, tasks_table), KeyStore(client, keys_table)
    catalogue = replace(BUILT_IN, tables=[*BUILT_IN.tables, LinkedTable(**SAMPLE_TABLE)])
    seeded = []
    for company, key_ids in ((ALPHA, FIXTURE_KEYS), (BETA, BETA_KEYS)):
        catalogues.put(company.company_id, catalogue)
        tasks.start_numbers_at(company.company_id, 1)
        add_fixture_keys(keys, company, key_ids)
        seeded.append(replace(company, key=f"{key_ids[0]}.{FIXTURE_SECRET}"))
    alpha, beta = seeded
    return alpha, beta


def write_environment(file: Path, base_url: str, companies: list[Company], more: Mapping[str, str]) -> None:
    """Write the addresses, keys and ids to ``file``, for a shell to source. Only its owner may read it."""
    named = {"BASE_URL": base_url}
    for company in companies:
        named[f"{company.name}_KEY"] = company.key
        named[f"{company.name}_COMPANY_ID"] = company.company_id
        named[f"{company.name}_CONTACT_ID"] = company.contact_id
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in (named | dict(more)).items()))


def examples(base_url: str, alpha: Company, beta: Company) -> str:
    """Return `curl` lines in JSON and XML to paste in this project's folder."""
    return f"""
  # the shortest task, as JSON
  curl -i {base_url}/tasks -H 'Authorization: Bearer {alpha.key}' \\
    -H 'Content-Type: application/json' -d '{{"subject": "Printer on fire"}}'

  # the published page's sample, as XML
  curl -i {base_url}/tasks -H 'Authorization: Bearer {beta.key}' \\
    -H 'Content-Type: application/xml' -H 'Accept: application/xml' --data-binary @events/bodies/published.xml

  # the task that the sample made
  curl -i {base_url}/tasks/3970f5af-af17-4420-b038-a1efdc261244 -H 'Authorization: Bearer {beta.key}'

  # the open tasks, the newest number first
  curl -i -G {base_url}/tasks --data-urlencode '$filter=archived eq false' -H 'Authorization: Bearer {alpha.key}'

  # a task by its number
  curl -i {base_url}/tasks/1 -H 'Authorization: Bearer {alpha.key}'
"""
