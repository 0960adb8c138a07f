"""What the documents say of the feed of changes."""

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
Read all tasks in the order of their last change, in order to keep a copy in step. The last page has a delta link in
place of a next link. Call it later for what was created or changed since. The feed runs about a minute behind, so that
no change is ever left out. Where the answer is 410, the service has restored a backup: begin again without the token,
read everything, and remove what is not there any more.""",
        parameters=("$deltatoken", "$skiptoken", "Prefer-list"),
        problems=("gone",),
        answers={200: replace(PAGE, description="A page of the feed.", json="ChangePage")},
    ),
}
