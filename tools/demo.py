"""The two demo companies, Alpha and Beta: for `make run`, `make sam-local` and the stack tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servicedesk import api_key, values
from servicedesk.api_key import ApiKey
from servicedesk.key_store import KeyStore

SAMPLE_TABLE = {"id": "4ea0c198-0550-444a-b8a6-2949d3c2938b", "name": "sample string 8"}
"""The table that the published page's sample links to; the demo companies have it beside the built-in ones."""

FIXTURE_SECRET = "local-demo-key-that-opens-nothing-elsewhere"
"""The secret in `events/authorizer.json`. It is public, so only throw-away local databases may hold its keys."""

type Onboard = Callable[[dict[str, object]], dict[str, Any]]


@dataclass(frozen=True)
class Company:
    """A demo company and its key."""

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
    issued = send(
        {
            "action": "issue_key",
            "company_id": company.company_id,
            "label": "demo",
            "contact_id": company.contact_id,
        }
    )
    return Company(company.name, company.company_id, company.contact_id, issued["key"])


def add_fixture_keys(keys: KeyStore) -> None:
    """Store the keys that the fixtures in `events/` name: one to open with, one to revoke."""
    for key_id in ("0123456789abcdef", "fedcba9876543210"):
        key = ApiKey(
            key_id=key_id,
            company_id=ALPHA.company_id,
            contact_id=ALPHA.contact_id,
            secret_digest=api_key.digest(FIXTURE_SECRET),
            label=f"fixture {key_id}",
            created=values.now(),
        )
        keys.add(key, beside=keys.of_company(key.company_id))


def write_environment(file: Path, base_url: str, companies: list[Company], more: Mapping[str, str]) -> None:
    """Leave what scripts need in ``file``, for `source` in a shell; only its owner may read it."""
    lines = [f"BASE_URL={base_url}"]
    for company in companies:
        lines.append(f"{company.name}_KEY={company.key}")
        lines.append(f"{company.name}_COMPANY_ID={company.company_id}")
        lines.append(f"{company.name}_CONTACT_ID={company.contact_id}")
    lines += [f"{name}={value}" for name, value in more.items()]
    file.parent.mkdir(exist_ok=True)
    file.touch(mode=0o600)
    file.write_text("".join(f"{line}\n" for line in lines))


def examples(base_url: str, alpha: Company, beta: Company) -> str:
    """`curl` lines to paste, JSON and XML, from the project's folder."""
    return f"""
  # the shortest task, as JSON
  curl -i {base_url}/tasks -H 'Authorization: Bearer {alpha.key}' \\
    -H 'Content-Type: application/json' -d '{{"subject": "Printer on fire"}}'

  # the published page's sample, as XML
  curl -i {base_url}/tasks -H 'Authorization: Bearer {beta.key}' \\
    -H 'Content-Type: application/xml' --data-binary @events/bodies/published.xml

  # the task that the sample made
  curl -i {base_url}/tasks/3970f5af-af17-4420-b038-a1efdc261244 -H 'Authorization: Bearer {alpha.key}'
"""
