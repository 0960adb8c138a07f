"""Documentation of the feed of changes."""

from collections.abc import Mapping
from dataclasses import replace

from servicedesk.operations.list_tasks_docs import PAGE
from servicedesk.operations.shared_docs import TASKS, Documentation

DOCUMENTATION: Mapping[str, Documentation] = {
    "GET /tasks/delta": Documentation(
        id="listChanges",
        tag=TASKS,
        summary="Follow changes",
        description="""\
Read all tasks in the order of their last change, to keep a copy up to date. The last page has a delta link instead of a
next link. Call it later for tasks created or changed since. The feed runs about a minute behind, so it never misses a
change. If the answer is 410, the service has restored a backup: start again without the token, read everything, and
delete the tasks that are no longer in the feed.""",
        parameters=("$deltatoken", "$skiptoken", "Prefer-list"),
        problems=("gone",),
        answers={200: replace(PAGE, description="A page of the feed.", json="ChangePage")},
    ),
}
