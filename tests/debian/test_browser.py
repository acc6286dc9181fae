"""The page in Debian's Chromium: nothing is blocked or asked for elsewhere, and people can use it.

With PAGE_SCREENSHOTS the pictures of all tabs are kept in that folder.
"""

from __future__ import annotations

import os
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from pandev.page.tabs import TABS
from tests.pandev.page_server import serve_database
from tests.pandev.page_store import fill_page, locked
from tests.pandev.report_store import connect
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = shutil.which("chromium")
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
PATHS = [f"/{tab.key}" for tab in TABS]
ROWS = [f"/{tab.key}/{figure.name}" for tab in TABS for figure in tab.rows]
"""Pages that only numbers lead to."""
WIDTHS = (360, 900, 1600)
SCHEMES = ("light", "dark") if "PAGE_SCREENSHOTS" in os.environ else ("light",)
COLLECT_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event => {
    window.violations.push(event.violatedDirective + " " + event.blockedURI);
});
"""
RUN_AXE = """
rules => {
    const options = {resultTypes: ["violations"], ...(rules && {runOnly: rules})};
    return axe.run(document, options).then(result => result.violations.map(
        rule => [rule.id, rule.nodes.map(node => node.target.join(" ")).slice(0, 5)]
    ));
}
"""
"""Without selectors of all that is right, which take 40 % of its time."""
OPEN_ALL = "document.querySelectorAll('details').forEach(details => { details.open = true; })"
KEEP_TEN_ROWS = """
document.querySelectorAll("tbody").forEach(
    body => [...body.rows].slice(10).forEach(row => row.remove())
)
"""
"""The rows of a table are alike; axe takes a minute for thousands of them."""
FOCUSED = "document.activeElement.textContent.trim()"


@pytest.fixture
def address(database: str) -> Iterator[str]:
    """Yield the address of the page of a store in which every figure has rows."""
    fill_page(database)
    with serve_database(database) as running:
        yield running.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Yield Debian's Chromium."""
    assert CHROMIUM, "install Debian's package chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        yield running
        running.close()


def test_nothing_is_blocked_and_no_other_host_is_asked(browser: Any, address: str) -> None:
    page = browser.new_page()
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.add_init_script(COLLECT_VIOLATIONS)
    for path in PATHS:
        page.goto(f"{address}{path}")
        assert page.evaluate("window.violations") == []
        assert page.evaluate("document.scripts.length") == 0
    assert messages == []
    assert len(requests) >= 2 * len(PATHS)
    assert [url for url in requests if not url.startswith(f"{address}/")] == []


@pytest.mark.parametrize("rows", [False, True], ids=["tabs", "rows"])
def test_axe_finds_nothing_on_any_page(browser: Any, address: str, *, rows: bool) -> None:
    """Names, roles, contrast and structure, also of tables that are closed at first."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    found = []
    for path in ROWS if rows else [*PATHS, "/tasks?space=11", "/tasks/board", "/nothing"]:
        page.emulate_media(color_scheme="light")
        page.goto(f"{address}{path}")
        page.evaluate(OPEN_ALL)
        page.evaluate(KEEP_TEN_ROWS)
        page.evaluate(AXE)
        found += [(path, *violation) for violation in page.evaluate(RUN_AXE, None)]
        page.emulate_media(color_scheme="dark")
        dark = page.evaluate(RUN_AXE, ["color-contrast"])
        found += [(path, "dark", *violation) for violation in dark]
    assert found == []


def test_the_note_about_old_figures_leads_to_new_ones(browser: Any, database: str) -> None:
    """Axe finds nothing in it; its link works without a script."""
    fill_page(database)
    with serve_database(database, patience_seconds=0) as running, connect(database) as connection:
        running.get("/sprints")
        connection.execute("UPDATE sprints SET name = 'Sprint 80' WHERE name = 'Sprint 8'")
        with locked(database, "sprints"):
            for scheme in ("light", "dark"):
                page = browser.new_page(color_scheme=scheme)
                page.goto(f"{running.address}/sprints")
                page.evaluate(AXE)
                assert page.locator(".note").count() == 1
                assert page.evaluate(RUN_AXE, None) == []

        def is_new() -> bool:
            with page.expect_navigation():
                page.locator(".note a").click()
            return "Sprint 80" in page.content()

        wait_until(is_new)  # not until the note is gone: tests of other workers write all the time


def test_the_schemes_differ_in_colours_only() -> None:
    """So one of them shows whether a tab scrolls."""
    style = files("pandev.page").joinpath("static/style.css").read_text(encoding="utf-8")
    _, *dark = re.split(r"@media \(prefers-color-scheme", style)
    (root,) = re.findall(r": dark\) \{\n  :root \{\n(.*?)\n  \}\n\}\n", "".join(dark), re.DOTALL)
    colours = root.splitlines()
    assert colours
    colour = re.compile(r"    --[\w-]+: #[0-9a-f]{6};")
    assert [line for line in colours if not colour.fullmatch(line)] == []
    assert len(dark) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_tab_scrolls_sideways(browser: Any, address: str, database: str, scheme: str) -> None:
    """From 360 px on, also with texts of 300 characters without a space."""
    with connect(database) as connection:
        for table, column in (("tasks", "name"), ("lists", "name"), ("pull_requests", "title")):
            connection.execute(f"UPDATE {table} SET {column} = repeat('x', 300)")  # noqa: S608 - names of our own
    page = browser.new_page(color_scheme=scheme)
    folder = os.environ.get("PAGE_SCREENSHOTS")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for path in [*PATHS, *ROWS] if folder or width == min(WIDTHS) else PATHS:
            page.goto(f"{address}{path}?since=2020-01-01")
            page.evaluate(OPEN_ALL)
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
            if folder:
                name = f"{path.strip('/').replace('/', '_')}_{width}_{scheme}.png"
                page.screenshot(path=Path(folder) / name, full_page=True)


def test_the_filters_are_set_by_keyboard(browser: Any, address: str) -> None:
    """Past the tabs by a link, then the form: open it, choose a space, and apply it."""
    page = browser.new_page()
    page.goto(f"{address}/tasks")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED).startswith("Filters")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "space"
    page.keyboard.type("Shop")
    while page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "space=11" in page.url
    assert page.locator("select[name=space]").input_value() == "11"
    assert page.locator(".tasks > li").count() == 12


def test_a_focused_link_is_visible(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/tasks")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"


def test_a_print_has_the_figures_without_the_controls(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/flow")
    page.emulate_media(media="print")
    assert page.locator("svg.chart").first.is_visible()
    assert [page.locator(part).first.is_visible() for part in ("nav", ".filters", ".links")] == [
        False,
        False,
        False,
    ]
