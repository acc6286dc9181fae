"""`pandev employees load` replaces the list of employees by a CSV file, or changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner

from pandev.cli import pandev
from pandev.employees import PROPERTIES, read_employees
from target_pandev.errors import EmployeesError
from tests.pandev.command import assert_golden

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT = (Path(__file__).parents[2] / "docs" / "guides" / "people.md").read_text(encoding="utf-8")
STORED = """
SELECT email, name, position, team, department, github_login, other_emails, is_archived
FROM pandev.employees WHERE _sdc_deleted_at IS NULL ORDER BY email
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that writes a file; the project's meltano.yml is not read."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        path = tmp_path / "employees.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def run(database: str, file: Path, *arguments: str) -> str:
    """Return what the command shows."""
    options = ["employees", "load", "--store-url", database, file.name, *arguments]
    environment = {"COLUMNS": "80"}
    return CliRunner().invoke(pandev, options, env=environment, catch_exceptions=False).output


def test_the_file_of_the_document_replaces_the_stored_employees(
    database: str, write: Callable[[str], Path]
) -> None:
    """Employees have team and department. The file has fewer than the store had before."""
    others = "".join(f"old{number}@example.com\n" for number in range(30))
    run(database, write(f"email\nuser1@example.com\n{others}"))
    (example,) = re.findall(r"```csv\n(.*?)```", DOCUMENT, re.DOTALL)
    assert_golden("employees", run(database, write(example)))
    with psycopg.connect(database) as connection:
        assert connection.execute(STORED).fetchall() == [
            (
                *("user1@example.com", "User One", "Developer", "Backend", "Engineering"),
                *("userone", ["user1@home.example"], False),
            ),
            ("user2@example.com", "User Two", "Designer", None, "Product", None, [], True),
        ]


def test_addresses_without_an_employee_are_counted(
    database: str, write: Callable[[str], Path]
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO pandev.users (workspace_id, id, email, _sdc_extracted_at, _sdc_hash) "
            "SELECT '900', n, 'user' || n || '@example.com', now(), gen_random_uuid() "
            "FROM generate_series(1, 3) AS n"
        )
    file = write("email\nuser1@example.com\n")
    assert_golden("employees_unmatched", run(database, file))
    assert json.loads(run(database, file, "--format", "json")) == {
        "file": "employees.csv",
        "employee_count": 1,
        "unmatched_count": 2,
    }


def test_the_document_lists_the_columns() -> None:
    table = re.findall(r"^\| `(\w+)` \|", DOCUMENT.split("## Authors", 1)[0], re.MULTILINE)
    assert table == list(PROPERTIES)


def test_other_separators_marks_and_blank_lines_are_read(write: Callable[[str], Path]) -> None:
    header = "\ufeffis_archived; Email ;name\n\n"
    rows = 'YES; User1@Example.com ;"User; One"\n;a@b.example\n;;\n'
    employees = read_employees(write(header + rows))
    assert [(row["email"], row["name"], row["is_archived"]) for row in employees] == [
        ("user1@example.com", "User; One", True),
        ("a@b.example", None, False),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: expected the column email, and each column once"),
        ("name\nAnn\n", "line 1: expected the column email, and each column once"),
        ("email,email\n", "line 1: expected the column email, and each column once"),
        ("email,salary\n", "line 1: unknown column 'salary'; expected email, name, position"),
        ("email\n", "has no employees, so nothing was changed"),
        ("email\na@b.example\nann\n", "line 3: 'ann' is not an e-mail address"),
        ("email,name\n,Ann\n", "line 2: '' is not an e-mail address"),
        ("email,other_emails\na@b.example,x y@b.example\n", "line 2: 'x' is not an e-mail"),
        ("email\na@b.example\nA@b.example \n", "line 3: a@b.example is in line 2 too"),
        ("email\na@b.example,Ann\n", "line 2: more values than the header has columns"),
        ("email,team\na@b.example,Web\n", "line 2: a team without a department"),
        ("email,is_archived\na@b.example,maybe\n", "line 2: is_archived is 'maybe', expected true"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(
    write: Callable[[str], Path], text: str, problem: str
) -> None:
    with pytest.raises(EmployeesError) as raised:
        read_employees(write(text))
    assert f"employees.csv, {problem}" in str(raised.value) or f"csv: {problem}" in str(
        raised.value
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmployeesError, match=r"nowhere\.csv: cannot be read \(No such file"):
        read_employees(tmp_path / "nowhere.csv")
    path = tmp_path / "employees.csv"
    path.write_bytes("email,name\na@b.example,Año".encode("latin-1"))
    with pytest.raises(EmployeesError, match="is not text in UTF-8"):
        read_employees(path)
