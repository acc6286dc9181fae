"""The docs site builds without a warning: every page is listed, every link and anchor exists."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def build(folder: Path, *, source: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """Build the site of a project as `make docs` does, into a folder."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=source,
        env={"NO_MKDOCS_2_WARNING": "1"},
        text=True,
        capture_output=True,
        check=False,
    )


def test_the_site_builds_and_asks_no_other_host(tmp_path: Path) -> None:
    built = build(tmp_path)
    assert built.returncode == 0, built.stderr
    home = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<title>pandev-clickup</title>" in home
    assert "fonts.googleapis.com" not in home


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    settings = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:")[0]
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    page = tmp_path / "docs" / "index.md"
    page.write_text("# Page\n\n[A part](#page), [another](#missing)\n", encoding="utf-8")
    built = build(tmp_path / "site", source=tmp_path)
    assert built.returncode == 1
    assert "'#missing'" in built.stderr
    assert "'#page'" not in built.stderr
