"""Documentation of the original's search."""

from collections.abc import Mapping

from servicedesk.operations.shared_docs import BODY, ORIGINAL, Answer, Documentation

DOCUMENTATION: Mapping[str, Documentation] = {
    "POST /api/TaskView/Search": Documentation(
        id="searchTaskViews",
        tag=ORIGINAL,
        summary="Search tasks with names",
        description="Read rows as the original's grid does, the newest number first. The body is JSON.",
        body="TaskViewSearch",
        body_types=("application/json", "text/json"),
        answers={200: Answer(description="The rows.", json="TaskViews", xml="ArrayOfTaskView")},
        problems=BODY,
        examples={
            "The first 500 open tasks": {
                "archived": False,
                "query_object": {"startRow": 0, "endRow": 500, "filterModel": {}, "sortModel": []},
            },
        },
    ),
}
