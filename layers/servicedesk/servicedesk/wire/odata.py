"""The query options of lists, in the subset of OData 4.01 that the contract names (rules 8.2 to 8.5)."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from servicedesk.domain.kinds import Kind
from servicedesk.domain.task import FIELDS
from servicedesk.domain.task_query import Order, TaskFilter, TaskQuery
from servicedesk.wire.headers import Fields
from servicedesk.wire.preferences import asked
from servicedesk.wire.problems import INVALID_PARAMETER, Problem, shown_name

PAGE_SIZE = 100
"""The default page size, in entries."""

LARGEST_PAGE_SIZE = 500
"""The largest page size, in entries."""

LARGEST_SKIP = 10_000
"""The largest ``$skip``. Clients that want to go further follow the links."""

LARGEST_TOP = 2**31 - 1
"""The largest ``$top``."""

LIST_OPTIONS = ("$filter", "$orderby", "$top", "$skip", "$select", "$skiptoken")
"""The query options of a list."""

UNTYPED = "Collection(Edm.Untyped)"
"""The context of entries that belong to no entity set (OData 4.01 Part 1 section 10.15)."""

HISTORY_OPTIONS = ("$top", "$skip", "$skiptoken")
"""The query options of a task's history."""

DELTA_OPTIONS = ("$deltatoken", "$skiptoken")
"""The query options of the feed of changes."""

ENTRIES_OPTIONS = ("$filter", "$orderby", "$top", "$skip", "$select")
"""The query options of a part of the catalogue."""

ENTITY_OPTIONS = ("$select",)
"""The query options of one entity."""

_DIGITS = re.compile(r"[0-9]{1,10}")
_DIRECTIONS = {"asc": False, "desc": True}


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The options of a request for a list.

    Attributes:
        query: the filter and the order.
        page_size: the most entries of a page.
        applied: the header ``Preference-Applied`` of the answer, or empty.
        top: the most entries of the whole list, if it is limited.
        skip: how many entries to skip at the start.
        select: the fields of each entry, in the page's order; ``None`` for all.
        skip_token: the cursor from an earlier page's link.
    """

    query: TaskQuery
    page_size: int = PAGE_SIZE
    applied: str = ""
    top: int | None = None
    skip: int = 0
    select: Sequence[str] | None = None
    skip_token: str | None = None


def list_options(query: Fields, prefer: str | None, selectable: Collection[str] = FIELDS) -> ListOptions:
    """Read the query options and the Prefer header of a request for a list.

    Option names match in any case, with or without their ``$``: "4.01 Services MUST support case-insensitive system
    query option names specified with or without the $ prefix" (OData 4.01 Part 2 section 5.1). The query has no others
    than ``LIST_OPTIONS``. ``selectable`` has the names that ``$select`` accepts.

    Raises:
        Problem: ``invalid-parameter``, if an option is given twice or cannot be read.
    """
    options = _options(query)
    page_size, applied = _page_size(prefer)
    order, descending = _order(options.get("orderby"))
    top, skip, select = options.get("top"), options.get("skip"), options.get("select")
    return ListOptions(
        TaskQuery(_filter(options.get("filter")), order, descending),
        page_size,
        applied,
        top=None if top is None else _integer("$top", top, LARGEST_TOP),
        skip=0 if skip is None else _integer("$skip", skip, LARGEST_SKIP),
        select=None if select is None else _selected(select, selectable),
        skip_token=options.get("skiptoken"),
    )


def chosen_entries(
    entries: Sequence[Mapping[str, object]], members: Mapping[str, Kind], query: Fields
) -> Sequence[Mapping[str, object]]:
    """Apply the query options to ``entries``, each of which has ``members`` (contract rules 9.2 and 13.4).

    Raises:
        Problem: ``invalid-parameter``, if an option is given twice, cannot be read, or names no member.
    """
    options = _options(query)
    chosen = entries
    if (condition := options.get("filter")) is not None:
        from servicedesk.wire import odata_filter  # noqa: PLC0415

        chosen = list(filter(odata_filter.read_entry(condition, members), chosen))
    if (order := options.get("orderby")) is not None:
        chosen = _ordered(chosen, order, members)
    skip = _integer("$skip", options.get("skip", "0"), LARGEST_SKIP)
    top = _integer("$top", options.get("top", str(LARGEST_TOP)), LARGEST_TOP)
    names = selected(query, members)
    return [{name: entry[name] for name in names} for entry in chosen[skip : skip + top]]


def selected(query: Fields, selectable: Collection[str]) -> Sequence[str]:
    """Return the names in ``$select``, in the order of ``selectable``; all without it (contract rule 8.5).

    Raises:
        Problem: ``invalid-parameter``, if it names another one, or is given twice.
    """
    text = _options(query).get("select")
    chosen = None if text is None else _selected(text, selectable)
    return list(selectable) if chosen is None else chosen


def _ordered(
    entries: Sequence[Mapping[str, object]], text: str, members: Collection[str]
) -> Sequence[Mapping[str, object]]:
    """Return ``entries`` in the order of ``$orderby``."""
    criteria: dict[str, bool] = {}
    for criterion in text.lower().split(","):
        name, *direction = criterion.split() or [""]
        if name not in members or len(direction) > 1 or any(word not in _DIRECTIONS for word in direction):
            supported = ", ".join(members)
            detail = f"The query option $orderby is {shown_name(text)}; supported are {supported}, with asc or desc."
            raise Problem(INVALID_PARAMETER, detail)
        if name in criteria:
            raise Problem(INVALID_PARAMETER, f"The query option $orderby names {name} more than once.")
        criteria[name] = any(_DIRECTIONS[word] for word in direction)
    ordered = list(entries)
    # The last criterion sorts first, because sorting keeps the order of equal entries.
    for name, descending in reversed(criteria.items()):
        ordered.sort(key=lambda entry, name=name: _sort_key(entry[name]), reverse=descending)  # type: ignore[misc]
    return ordered


def _sort_key(value: object) -> tuple[bool, str | int]:
    # In OData, null sorts before all values.
    return value is not None, value if isinstance(value, int) else str(value or "")


@dataclass(frozen=True, slots=True)
class DeltaOptions:
    """The options of a request for the feed of changes.

    Attributes:
        page_size: the most tasks of a page.
        applied: the header ``Preference-Applied`` of the answer, or empty.
        from_now: whether the feed begins now, and not with the company's first task.
        token: the cursor from an earlier page's link.
    """

    page_size: int = PAGE_SIZE
    applied: str = ""
    from_now: bool = False
    token: str | None = None


def delta_options(query: Fields, prefer: str | None) -> DeltaOptions:
    """Read the query options and the Prefer header of a request for the feed of changes (contract rule 8.9).

    Raises:
        Problem: ``invalid-parameter``, as for ``list_options``.
    """
    options = _options(query)
    if len(options) > 1:
        raise Problem(INVALID_PARAMETER, "Send either $deltatoken or $skiptoken, as in the link.")
    token = options.get("deltatoken", options.get("skiptoken"))
    page_size, applied = _page_size(prefer)
    from_now = options.get("deltatoken") == "latest"
    return DeltaOptions(page_size, applied, from_now, None if from_now else token)


def _options(query: Fields) -> Mapping[str, str]:
    """Return the values of the options by their names in lower case without ``$``."""
    options: dict[str, str] = {}
    for name in query:
        option = name.removeprefix("$")
        sent = query.get_all(name)
        if len(sent) > 1 or option in options:
            raise Problem(INVALID_PARAMETER, f"The query option ${option} is given more than once.")
        if "\ufffd" in sent[0]:
            detail = f"The query option ${option} has U+FFFD, the replacement for bytes that are not UTF-8."
            raise Problem(INVALID_PARAMETER, f"{detail} Send its text in UTF-8, percent-encoded.")
        if not sent[0].strip():
            raise Problem(INVALID_PARAMETER, f"The query option ${option} has no value.")
        options[option] = sent[0]
    return options


def _page_size(prefer: str | None) -> tuple[int, str]:
    """Return the page size, and its ``Preference-Applied``.

    A malformed size is ignored (RFC 7240 section 2). One that is too large becomes the largest: it is a maximum anyway.
    """
    preferences = asked(prefer)
    for name in ("maxpagesize", "odata.maxpagesize"):
        text = preferences.get(name, "")
        if _DIGITS.fullmatch(text) and int(text) > 0:
            size = min(int(text), LARGEST_PAGE_SIZE)
            return size, f"{name}={size}"
    return PAGE_SIZE, ""


def _integer(name: str, text: str, largest: int) -> int:
    text = text.strip()
    if not _DIGITS.fullmatch(text) or int(text) > largest:
        raise Problem(INVALID_PARAMETER, f"The query option {name} must be an integer from 0 to {largest}.")
    return int(text)


def _order(text: str | None) -> tuple[Order, bool]:
    """Return the order of a list, and whether it is descending. By default, the newest number comes first."""
    if text is None:
        return Order.NUMBER, True
    name, *direction = text.lower().split()
    if name in list(Order) and len(direction) < 2 and all(word in _DIRECTIONS for word in direction):
        return Order(name), any(_DIRECTIONS[word] for word in direction)
    orders = " or ".join(Order)
    raise Problem(
        INVALID_PARAMETER,
        f"The query option $orderby is {shown_name(text)}; supported is {orders}, with asc or desc.",
    )


def _selected(text: str, selectable: Collection[str]) -> Sequence[str] | None:
    names = [name.strip() for name in text.split(",")]
    if names == ["*"]:
        return None
    for name in names:
        if name.lower() not in selectable:
            detail = f"The query option $select names {shown_name(name)}; supported are {', '.join(selectable)}."
            raise Problem(INVALID_PARAMETER, detail)
    chosen = {name.lower() for name in names}
    return [name for name in selectable if name in chosen]


def _filter(text: str | None) -> TaskFilter | None:
    if text is None:
        return None
    # Most lists have no filter, and their cold start need not import the parser.
    from servicedesk.wire import odata_filter  # noqa: PLC0415

    return odata_filter.read(text)
