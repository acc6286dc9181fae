"""Draw docs/page.png: the page of a store that `make demo` has filled, in Debian's Chromium.

`python -m examples.demo.picture --store-dir DIR` writes docs/page.png. It needs the development
dependencies and the program `chromium`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from playwright.sync_api import sync_playwright

from examples.demo.pipeline import COMMANDS, SCHEMA
from target_pandev.embedded import default_data_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

PICTURE = Path(__file__).parents[2] / "docs" / "page.png"
TAB = "tasks"
RELOADS = 30
RELOAD_EVERY_MS = 1_000


@click.command()
@click.option("--store-dir", type=click.Path(path_type=Path), help="Directory of the demo's store.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=PICTURE,
    show_default=True,
    help="File of the picture.",
)
def main(store_dir: Path | None, output: Path) -> None:
    """Write a picture of the first screen of the page."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("chromium is not installed; on Debian: apt install chromium")
    store_dir = store_dir or default_data_dir("pandev-clickup-demo", os.environ)
    with _serve(store_dir) as address, sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": 1100, "height": 760}, color_scheme="light")
        page.goto(f"{address}{TAB}")
        _wait_for_new_figures(page)
        page.screenshot(path=output)
        browser.close()
    click.echo(f"written: {output}")


def _wait_for_new_figures(page: Page) -> None:
    """Reload the page until it no longer says that newer figures are being counted."""
    for _ in range(RELOADS):
        if not page.locator(".note").count():
            return
        page.wait_for_timeout(RELOAD_EVERY_MS)
        page.reload()
    raise click.ClickException("the page still counts its figures; run it again")


@contextmanager
def _serve(store_dir: Path) -> Iterator[str]:
    """Serve the page while the block lasts, and yield its address."""
    store = ["--store-dir", str(store_dir), "--store-schema", SCHEMA]
    command = [str(COMMANDS / "pandev"), "serve", "--port", "0", *store]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            address = next((word for word in line.split() if "://" in word), None)
            if address is None:
                raise click.ClickException("pandev serve did not start")
            yield address
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
