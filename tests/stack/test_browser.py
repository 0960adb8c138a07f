"""The help page and the console, in Chromium."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from servicedesk.domain.task import CLIENT_FIELDS

from tests.conftest import CHROMIUM, needs
from tests.stack.client import Stack
from tools.template import ROOT

AXE = ROOT / ".local/node/node_modules/axe-core/axe.min.js"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Root has to start it without its sandbox."""
    needs("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, url: str, size: dict[str, int] = DESK, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Page]:
    """A page, in a window of that size. Asserts that nobody else was asked, and that nothing was refused or failed."""
    asked, complaints = [], []
    with browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=False) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        yield page
        strangers = [
            one for one in asked if urlsplit(one).netloc != urlsplit(url).netloc and not one.startswith("data:")
        ]
        assert not strangers
        assert not complaints


def serious_faults(browser: Browser, url: str, size: dict[str, int], scheme: Literal["light", "dark"]) -> list[Any]:
    """Return axe-core's serious and critical findings. It runs outside of the page's own policy, which forbids it."""
    needs("npm")
    if not AXE.exists():
        pytest.fail("axe-core is not set up; run `make .local/node/.ready`.", pytrace=False)
    with browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(url)
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            (one["id"], [node["target"] for node in one["nodes"]])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]


def shot(page: Page, name: str) -> None:
    """Keep a picture of a page, for people to look at."""
    page.screenshot(path=ROOT / f".local/{name}.png")


def test_the_help_page_has_a_table_of_every_field(browser: Browser, stack: Stack) -> None:
    with opened(browser, f"{stack.base_url}/") as page:
        shot(page, "help-page")
        table = page.locator("#createTask").get_by_role("table", name="Fields of the body")
        expect(table).to_have_count(0)
        page.locator("#createTask summary").filter(has_text="Fields of the body").click()
        assert table.get_by_role("columnheader").all_inner_texts() == [
            "Name",
            "Description",
            "Type",
            "Additional information",
        ]
        assert table.get_by_role("rowheader").all_inner_texts() == list(CLIENT_FIELDS)
        subject = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="subject", exact=True))
        assert subject.get_by_role("cell").all_inner_texts()[1:] == ["string", "required; 1 to 150 characters"]


@pytest.mark.parametrize("address", ["", "/"])
def test_the_links_hold_with_and_without_a_slash_at_the_end(browser: Browser, stack: Stack, address: str) -> None:
    with opened(browser, f"{stack.base_url}{address}") as page:
        assert (
            page.get_by_role("link", name="Try it out", exact=True).get_attribute("href") == f"{stack.base_url}/console"
        )
        document = page.get_by_role("link", name="OpenAPI document", exact=True).get_attribute("href")
        assert document == f"{stack.base_url}/openapi.json"
        expect(page.locator("pre").first).to_contain_text(f'BASE_URL="{stack.base_url}"')


def test_a_format_is_chosen_with_the_keyboard_for_the_whole_page(browser: Browser, stack: Stack) -> None:
    with opened(browser, f"{stack.base_url}/") as page:
        page.locator("#createTask summary").filter(has_text="Fields of the body").click()
        samples = page.locator("#createTask .tabs").filter(has_text="Sample of the body")
        expect(samples.get_by_text('"subject"').first).to_be_visible()
        samples.get_by_role("radio", name="JSON").focus()
        page.keyboard.press("ArrowRight")
        expect(samples.get_by_text("<subject>").first).to_be_visible()
        expect(samples.get_by_text('"subject"').first).to_be_hidden()
        choices = page.locator("input[data-kind=format][value=XML]").all()
        assert len(choices) > 1
        assert all(box.is_checked() for box in choices)


@pytest.mark.parametrize("is_folded", [True, False])
def test_the_help_page_fits_a_phone(browser: Browser, stack: Stack, is_folded: bool) -> None:
    with opened(browser, f"{stack.base_url}/", PHONE, "dark") as page:
        shot(page, "help-page-phone")
        if not is_folded:
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize(("size", "screens"), [(DESK, 15), (PHONE, 20)], ids=["desk", "phone"])
def test_the_help_page_is_short_until_something_is_unfolded(
    browser: Browser, stack: Stack, size: dict[str, int], screens: int
) -> None:
    with opened(browser, f"{stack.base_url}/", size) as page:
        assert page.evaluate("document.documentElement.scrollHeight") < screens * size["height"]


def test_a_link_leads_into_what_is_folded(browser: Browser, stack: Stack) -> None:
    with opened(browser, f"{stack.base_url}/#problem-task-exists") as page:
        expect(page.locator("#problem-task-exists")).to_be_in_viewport()
    with opened(browser, f"{stack.base_url}/") as page:
        page.goto(f"{stack.base_url}/#createTaskAsBefore")
        expect(page.locator("#createTaskAsBefore")).to_be_in_viewport()


def test_a_heading_is_a_link_and_the_contents_mark_where_one_is(browser: Browser, stack: Stack) -> None:
    with opened(browser, f"{stack.base_url}/") as page:
        page.locator("#changeTask").get_by_role("link", name="Change a task").click()
        assert urlsplit(page.url).fragment == "changeTask"
        expect(page.locator("nav [aria-current=location]")).to_have_text("Change a task")


def test_the_way_back_to_the_contents_stays_on_a_phone(browser: Browser, stack: Stack) -> None:
    with opened(browser, f"{stack.base_url}/#changeTask", PHONE) as page:
        expect(page.locator("#changeTask-title")).to_be_in_viewport()
        page.get_by_role("link", name="Contents Change a task").click()
        expect(page.get_by_role("navigation", name="Contents").get_by_role("link", name="Events")).to_be_in_viewport()


def test_no_button_covers_code(browser: Browser, stack: Stack) -> None:
    with opened(browser, f"{stack.base_url}/", PHONE) as page:
        for box in page.locator(".code:visible").all():
            code, button = box.locator("pre").bounding_box(), box.get_by_role("button").bounding_box()
            assert code
            assert button
            assert code["y"] + code["height"] <= button["y"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    browser: Browser, stack: Stack, size: dict[str, int], scheme: Literal["light", "dark"]
) -> None:
    assert not serious_faults(browser, f"{stack.base_url}/", size, scheme)


def test_a_task_is_created_by_trying_it_out(browser: Browser, stack: Stack) -> None:
    subject = f"Tried out {uuid4()}"
    with opened(browser, f"{stack.base_url}/console") as page:
        expect(page.get_by_label("API key")).to_be_focused()
        expect(page.get_by_label("API key")).to_have_attribute("type", "password")
        page.get_by_label("API key").fill(stack.alpha_key)
        operation = page.locator("[id$='-createTask']")
        operation.locator(".opblock-summary-control").click()
        operation.locator("textarea.body-param__text").fill(json.dumps({"subject": subject}))
        operation.get_by_role("button", name="Execute").click()
        answer = operation.locator(".live-responses-table")
        expect(answer.locator(".response-col_status").last).to_contain_text("201", timeout=30_000)
        shot(page, "console")
        [location] = re.findall(r"location: (\S+)", answer.inner_text())
        # Empty fields are not sent.
        expect(operation.locator(".request-url")).to_contain_text(re.compile(r"/tasks$"))
    assert stack.alpha.get(location).document()["subject"] == subject


def test_the_example_of_a_change_clears_nothing(browser: Browser, stack: Stack) -> None:
    created = stack.alpha.create({"subject": "Tried out", "customer_reference": "PO-4711"}).document()
    with opened(browser, f"{stack.base_url}/console") as page:
        page.get_by_label("API key").fill(stack.alpha_key)
        operation = page.locator("[id$='-changeTask']")
        operation.locator(".opblock-summary-control").click()
        operation.get_by_placeholder("id", exact=True).fill(created["id"])
        operation.get_by_placeholder("If-Match", exact=True).fill("*")
        operation.get_by_role("button", name="Execute").click()
        answer = operation.locator(".live-responses-table")
        expect(answer.locator(".response-col_status").last).to_contain_text("200", timeout=30_000)
    changed = stack.alpha.get(f"/tasks/{created['id']}").document()
    assert {name for name, value in changed.items() if value != created[name]} == {"due_date", "modified_dateutc"}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_console_is_as_dark_as_the_help_page(browser: Browser, stack: Stack, size: dict[str, int]) -> None:
    def background(path: str, scheme: Literal["light", "dark"]) -> Any:
        with opened(browser, f"{stack.base_url}{path}", size, scheme) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            return page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert background("/console", "dark") == background("/", "dark")
    assert background("/console", "light") == background("/", "light") != background("/", "dark")
