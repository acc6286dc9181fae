"""Read the options of `pandev reporting`, and show the settings of reports."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Final

from target_pandev.errors import ReportingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from target_pandev.database import ReportingRules

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIN_LETTERS: Final = 2
"""Letters by which a day of the week is known."""
HOURS = re.compile(r"(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)")
MINUTES_OF_DAY: Final = 1440
SHOWN_HOLIDAYS: Final = 3


def parse_day(text: str) -> int:
    """Return the number of a day of the week, 1 for Monday. Raises `ReportingError`."""
    word = text.strip().lower()
    if len(word) >= MIN_LETTERS:
        for number, day in enumerate(DAYS, start=1):
            if day.startswith(word):
                return number
    raise ReportingError(f"{text!r} is not a day of the week; expected one such as monday or mon")


def parse_days(text: str) -> list[int]:
    """Return the days of a list such as `mon-fri` or `sun-wed,fri`. Raises `ReportingError`."""
    days: set[int] = set()
    for part in text.split(","):
        first, *last = part.split("-", maxsplit=1)
        start = parse_day(first)
        end = parse_day(last[0]) if last else start
        days |= {(start - 1 + step) % 7 + 1 for step in range((end - start) % 7 + 1)}
    return sorted(days)


def parse_hours(text: str) -> tuple[str, str]:
    """Return beginning and end of `09:00-17:00` as HH:MM. Raises `ReportingError`."""
    match = HOURS.fullmatch(text.strip())
    numbers = [int(group) for group in match.groups()] if match else [0, 0, 0, 0]
    opens, closes = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    minutes_exist = max(numbers[1], numbers[3]) < 60  # noqa: PLR2004 - minutes of an hour
    if not (minutes_exist and opens < closes <= MINUTES_OF_DAY):
        raise ReportingError(
            f"{text!r} are not hours of a day; expected two times such as 09:00-17:00, the "
            "second later than the first and not after 24:00"
        )
    return _format_time(opens), _format_time(closes)


def parse_names(text: str) -> list[str]:
    """Return the names of a list such as `*[bot]*,ci@example.com`, which may be empty."""
    return [name.strip() for name in text.split(",") if name.strip()]


def read_holidays(path: Path) -> dict[date, str | None]:
    """Return the holidays of a file with their names. Raises `ReportingError`.

    A line is a date, with a name behind it if it has one; blank lines and comments are left out.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ReportingError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ReportingError(f"{path}: is not text in UTF-8; save it as such") from None
    return dict(_parse_holidays(text, path))


def _parse_holidays(text: str, path: Path) -> Iterator[tuple[date, str | None]]:
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        day, *name = re.split(r"[\s,;]+", content, maxsplit=1)
        try:
            yield date.fromisoformat(day), "".join(name).strip() or None
        except ValueError:
            raise ReportingError(
                f"{path}, line {number}: {day!r} is not a date; expected YYYY-MM-DD, and behind it "
                "the name of the holiday if you like"
            ) from None


def describe(
    rules: ReportingRules, holidays: Sequence[tuple[date, str | None]]
) -> Mapping[str, str]:
    """Return what is shown of the rules, by the names of the options."""
    days = ", ".join(DAYS[number - 1].capitalize() for number in rules.working_days)
    shown = [f"{day} {name}" if name else str(day) for day, name in holidays[-SHOWN_HOLIDAYS:]]
    listed = ", ".join(shown) or "none"
    if len(holidays) > SHOWN_HOLIDAYS:
        listed = f"{len(holidays)}, the last {SHOWN_HOLIDAYS}: {listed}"
    return {
        "time zone": rules.time_zone,
        "first day of the week": DAYS[rules.week_start - 1].capitalize(),
        "working days": days,
        "working hours": f"{rules.opens_at}-{rules.closes_at}",
        "holidays": listed,
        "sprint grace period": f"{rules.sprint_grace_hours} h",
        "merge commits": "counted" if rules.counts_merges else "not counted",
        "bots": ", ".join(rules.bots) or "none",
    }


def as_json(
    rules: ReportingRules, holidays: Sequence[tuple[date, str | None]]
) -> Mapping[str, object]:
    """Return the rules for programs, with the names of days."""
    return {
        **asdict(rules),
        "week_start": DAYS[rules.week_start - 1],
        "working_days": [DAYS[number - 1] for number in rules.working_days],
        "holidays": [{"date": day, "name": name} for day, name in holidays],
    }


def _format_time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
