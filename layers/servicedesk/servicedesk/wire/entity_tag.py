"""``ETag`` and ``If-None-Match`` (RFC 9110 sections 8.8.3 and 13.1.2), so that no client fetches twice what it has."""

import hashlib
import json
import re

from servicedesk.domain.task import Task
from servicedesk.wire import task_document

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def of_task(task: Task) -> str:
    """Return the tag of a stored task. It is weak, because one tag stands for the task in JSON and in XML."""
    return of_document(task_document.whole(task, "Z"))


def of_document(document: object) -> str:
    """Return the tag of a document that has no dates, or whose dates are those of one format."""
    return f'W/"{hashlib.sha256(json.dumps(document).encode()).hexdigest()[:32]}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Return whether an If-None-Match header (``*``, or a list of tags) names ``tag``, weak and strong ones alike."""
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(if_none_match)
