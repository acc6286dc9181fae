"""Read a CSV file of employees, and load it as the stream `employees` through the target."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from target_pandev.errors import EmployeesError
from target_pandev.target import TargetPandev

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from target_pandev.open_store import StoreSettings

TEXT: Final = {"type": ["string", "null"]}
PROPERTIES: Final[dict[str, dict[str, Any]]] = {
    "email": {"type": "string"},
    "name": TEXT,
    "position": TEXT,
    "team": TEXT,
    "department": TEXT,
    "github_login": TEXT,
    "other_emails": {"type": ["array", "null"], "items": {"type": "string"}},
    "is_archived": {"type": ["boolean", "null"]},
}
"""The columns of the file, and the properties of the stream."""
WORDS: Final = {
    "": False, "false": False, "no": False, "0": False, "true": True, "yes": True, "1": True
}  # fmt: skip
"""What `is_archived` may be."""
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")

Employee = dict[str, Any]


def read_employees(path: Path) -> list[Employee]:
    """Return the employees of a file. Raises `EmployeesError`, which names the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EmployeesError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise EmployeesError(f"{path}: is not text in UTF-8; save it as such") from None
    header = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""),
        delimiter=";" if header.count(";") > header.count(",") else ",",
        restval="",
    )
    try:
        _validate_header([name.strip().lower() for name in reader.fieldnames or ()], path)
        employees = list(_parse_rows(reader, path))
    except csv.Error as error:
        raise EmployeesError(f"{path}, line {reader.line_num}: not CSV ({error})") from None
    if not employees:
        raise EmployeesError(f"{path}: has no employees, so nothing was changed")
    return employees


def load_employees(employees: list[Employee], settings: StoreSettings) -> None:
    """Load employees in place of all that are stored. Raises `TargetError`."""
    config = {
        "store_url": settings.url,
        "store_dir": settings.dir,
        "store_schema": settings.schema,
        "max_deleted_share": 1,
    }
    target = TargetPandev(config={name: value for name, value in config.items() if value})
    lines = "\n".join(json.dumps(message) for message in _build_messages(employees))
    try:
        target.listen(io.BytesIO(lines.encode()))  # type: ignore[arg-type] # it reads the buffer
    finally:
        target.close()


def _validate_header(names: list[str], path: Path) -> None:
    unknown = [name for name in names if name not in PROPERTIES]
    expected = ", ".join(PROPERTIES)
    if unknown:
        raise EmployeesError(f"{path}, line 1: unknown column {unknown[0]!r}; expected {expected}")
    if "email" not in names or len(set(names)) < len(names):
        raise EmployeesError(f"{path}, line 1: expected the column email, and each column once")


def _parse_rows(reader: csv.DictReader[str], path: Path) -> Iterator[Employee]:
    lines: dict[str, int] = {}
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        if None in row:
            raise EmployeesError(f"{where}: more values than the header has columns")
        values = {name.strip().lower(): value.strip() for name, value in row.items()}
        if not any(values.values()):
            continue
        employee = _build_employee(values, where)
        first_line = lines.setdefault(employee["email"], reader.line_num)
        if first_line != reader.line_num:
            raise EmployeesError(
                f"{where}: {employee['email']} is in line {first_line} too; expected each "
                "employee once"
            )
        yield employee


def _build_employee(values: Mapping[str, str], where: str) -> Employee:
    email = values["email"].lower()
    other_emails = re.split(r"[\s,;|]+", values.get("other_emails", "").lower())
    addresses = [address for address in other_emails if address]
    for address in (email, *addresses):
        if not ADDRESS.fullmatch(address):
            raise EmployeesError(f"{where}: {address!r} is not an e-mail address")
    if values.get("team") and not values.get("department"):
        raise EmployeesError(f"{where}: a team without a department; expected both, or no team")
    archived = values.get("is_archived", "").lower()
    if archived not in WORDS:
        raise EmployeesError(f"{where}: is_archived is {archived!r}, expected true or false")
    texts = ("name", "position", "team", "department", "github_login")
    return {
        "email": email,
        **{name: values.get(name) or None for name in texts},
        "other_emails": addresses,
        "is_archived": WORDS[archived],
    }


def _build_messages(employees: list[Employee]) -> Iterator[dict[str, Any]]:
    """Yield a table version, so that the target removes the employees that are not in it."""
    now = datetime.now(UTC)
    version = int(now.timestamp() * 1000)
    yield {
        "type": "SCHEMA",
        "stream": "employees",
        "schema": {"type": "object", "properties": PROPERTIES},
        "key_properties": ["email"],
    }
    for employee in employees:
        yield {
            "type": "RECORD",
            "stream": "employees",
            "record": employee,
            "version": version,
            "time_extracted": now.isoformat(),
        }
    yield {"type": "ACTIVATE_VERSION", "stream": "employees", "version": version}
