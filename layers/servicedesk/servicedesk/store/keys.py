"""The keys of items. A company is a partition of the tasks table: tasks, their history, the counter, the catalogue."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

TASK_PREFIX = "TASK#"
"""The prefix of a task's sort key."""

type Key = dict[str, "AttributeValueTypeDef"]

COUNTER = "COUNTER"
"""The sort key of a company's counter. It sorts after the catalogue's, and before those of history and tasks."""

_COMPANY = "COMPANY#"


def task(company_id: str, task_id: str) -> Key:
    """Return the key of a task."""
    return _in_company(company_id, f"{TASK_PREFIX}{task_id}")


def history(company_id: str, task_id: str, place: str) -> Key:
    """Return the key of an entry of a task's history; ``place`` sorts it among the others."""
    return _in_company(company_id, f"HISTORY#{task_id}#{place}")


def of_task(item: Mapping[str, object]) -> tuple[str, str]:
    """Return the company and the id of the task that an item of plain values is."""
    return str(item["pk"]).removeprefix(_COMPANY), str(item["sk"]).removeprefix(TASK_PREFIX)


def counter(company_id: str) -> Key:
    """Return the key of the counter behind a company's ``id2``."""
    return _in_company(company_id, COUNTER)


def catalogue(company_id: str) -> Key:
    """Return the key of a company's catalogue."""
    return _in_company(company_id, "CATALOGUE")


def api_key(key_id: str) -> Key:
    """Return the key of an API key in the keys table."""
    return {"key_id": {"S": key_id}}


def key_list(company_id: str) -> Key:
    """Return the key of the list of a company's key ids in the keys table."""
    return {"key_id": {"S": partition(company_id)}}


def partition(company_id: str) -> str:
    """Return the partition key of a company's items in the tasks table."""
    return f"{_COMPANY}{company_id}"


def company_of(item: Mapping[str, "AttributeValueTypeDef"]) -> str:
    """Return the company that an item of the tasks table belongs to."""
    return item["pk"]["S"].removeprefix(_COMPANY)


def end_of_company(company_id: str) -> Key:
    """Return a key that sorts after all of the company's items. No item has it."""
    return _in_company(company_id, "~")


def task_list(company_id: str, *, archived: bool) -> str:
    """Return the partition key, in the index ``by_number``, of a company's open or archived tasks."""
    return f"{partition(company_id)}#{'ARCHIVED' if archived else 'OPEN'}"


def _in_company(company_id: str, sort_key: str) -> Key:
    return {"pk": {"S": partition(company_id)}, "sk": {"S": sort_key}}
