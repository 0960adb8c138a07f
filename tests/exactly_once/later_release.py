"""A later release of the service beside this one: the same code, with one more field declared."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servicedesk.domain.content_digest import LATEST_RULE

from tests.api import Api
from tests.exactly_once.database import Database
from tools.template import ROOT

FIELD = "db_address_id"
_LAST_DECLARATION = "    modified_dateutc: "
_DECLARATION = f"""    {FIELD}: Annotated[str | None, GUID] = _declare(
        FilledBy.CLIENT, "The address of the customer.", example="…", content_rule={LATEST_RULE + 1}, default=None
    )
"""


class LaterRelease:
    """A copy of the domain package in which a task has one more field, loaded beside this release's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(ROOT / "layers/servicedesk/servicedesk", folder / "servicedesk")
        declared = folder / "servicedesk/domain/task.py"
        before, found, after = declared.read_text().partition(_LAST_DECLARATION)
        assert found
        declared.write_text(f"{before}{_DECLARATION}{found}{after}")

    @contextmanager
    def functions(self, database: Database) -> Iterator[Api]:
        """The later release's functions over ``database``. In the block, its modules are the imported ones."""
        ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "servicedesk"}
        for name in ours:
            del sys.modules[name]
        sys.path.insert(0, str(self._folder))
        try:
            yield database.functions()
        finally:
            sys.path.remove(str(self._folder))
            for name in [name for name in sys.modules if name.partition(".")[0] == "servicedesk"]:
                del sys.modules[name]
            sys.modules.update(ours)
