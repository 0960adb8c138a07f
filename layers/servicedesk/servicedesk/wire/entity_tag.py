"""``ETag`` and ``If-None-Match`` (RFC 9110 sections 8.8.3 and 13.1.2): a client need not fetch twice what it has."""

import hashlib
import json
import re

from servicedesk.domain.task import Task

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def of(task: Task) -> str:
    """The tag of a stored task: weak, because one tag stands for its JSON, its XML and its minimal form."""
    return f'W/"{hashlib.sha256(json.dumps(task.document("Z")).encode()).hexdigest()[:32]}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match header, ``*`` or a list of tags, names ``tag``; weak and strong ones compare equal."""
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(if_none_match)
