"""``ETag``, ``If-None-Match`` and ``If-Match`` (RFC 9110 sections 8.8.3, 13.1.2 and 13.1.1).

With them no client fetches again what it has, or overwrites a change that it has not read.
"""

import hashlib
import json
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from servicedesk.domain.task import Task
from servicedesk.wire.problems import INVALID_HEADER, Problem

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_TAGS = re.compile(rf"(?:[\s,]*+{_TAG.pattern}(?=\s*+(?:,|\Z)))++[\s,]*+")


def of_task(task: Task, version: int) -> str:
    """Return the tag of a version of a stored task. It is weak, because it stands for the task in JSON and in XML.

    It includes the moment of the write, because versions can repeat after a company was erased or a backup restored.
    """
    return f'W/"{version}-{"".join(filter(str.isdigit, task.modified_dateutc))}"'


def of_document(document: object) -> str:
    """Return the tag of a document without dates, or with dates in one format only."""
    return f'W/"{hashlib.sha256(json.dumps(document).encode()).hexdigest()[:32]}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Return whether an If-None-Match header (``*``, or a list of tags) names ``tag``, by the weak comparison.

    A malformed header is ignored, because it only saves a transfer (RFC 9110 section 13.1.2).
    """
    if if_none_match.strip() == "*":
        return True
    return bool(_TAGS.fullmatch(if_none_match)) and tag.removeprefix("W/") in _TAG.findall(if_none_match)


@dataclass(frozen=True, slots=True)
class IfMatch:
    """The condition of an If-Match header, checked before a task is changed (contract rule 10.5).

    Tags are compared by their opaque part, weak and strong ones alike. RFC 9110 requires the strong comparison, by
    which our weak tags would match nothing. We follow OData 4.01 (protocol, section 8.2.4): a weak tag that stands for
    the state of the entity, and not for one of its representations, is enough to prevent an accidental overwrite.

    Attributes:
        tags: the opaque parts; ``None`` stands for ``*``.
    """

    tags: AbstractSet[str] | None

    @classmethod
    def from_header(cls, if_match: str) -> "IfMatch":
        """Read an If-Match header: ``*``, or a list of tags.

        Raises:
            Problem: ``invalid-header``, if it is neither.
        """
        if if_match.strip() == "*":
            return cls.anything()
        if not _TAGS.fullmatch(if_match):
            raise Problem(INVALID_HEADER, 'If-Match must be the ETag of a task, as in If-Match: W/"0a1b", or *.')
        return cls(frozenset(_TAG.findall(if_match)))

    @classmethod
    def anything(cls) -> "IfMatch":
        """Return the condition ``*``, which every task meets."""
        return cls(None)

    def allows(self, tag: str) -> bool:
        """Return whether a task with this tag meets the condition."""
        return self.tags is None or tag.removeprefix("W/") in self.tags
