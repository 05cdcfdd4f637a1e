"""From the way people write TOML (minutes with their unit, HH:MM, 周一) to the fields of `config.schema`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from config import daytime
from config.layers import Entry
from config.period import Period, Span
from config.problem import Problem
from config.schema import Officer, Organisation, Role, Shift, Unit
from config.vocabulary import FIELDS

RENAMED: Mapping[str, str] = {
    "minutes_left": "left",
    "minutes_after": "after",
    "minutes_from_start": "from_start",
    "every_minutes": "every",
    "limit_minutes": "limit",
    "later_limit_minutes": "later_limit",
    "interval_seconds": "interval",
    "step": "steps",
}
"""TOML key with its unit -> field of the schema."""

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
EVERY_DAY = "每天"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationHead:
    """The `[organisation]` table: an organisation without its people."""

    name: str = ""
    short: str = ""
    level: str = "county"
    press_office: str = ""
    command: str = ""
    arbiter: str = ""
    routing: str = "county"
    superior_phone: str = ""
    report_to: str = ""
    copy_to: str = ""
    print_office: str = ""

    def organisation(self, units: Sequence[Unit], officers: Sequence[Officer], shifts: Sequence[Shift]) -> Organisation:
        return Organisation(
            name=self.name,
            short=self.short or self.name,
            level=self.level,
            units=tuple(units),
            officers=tuple(officers),
            shifts=tuple(shifts),
            press_office=self.press_office,
            command=self.command,
            arbiter=self.arbiter,
            routing=self.routing,
            superior_phone=self.superior_phone,
            report_to=self.report_to,
            copy_to=self.copy_to,
            print_office=self.print_office,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """The `[notices]` table: kind of notice -> roles told at once."""

    roles: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)


def plain(item: Entry, problems: list[Problem]) -> dict[str, Any]:
    """Keys as they are."""
    return item.values


def _renamed(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {RENAMED.get(key, key): value for key, value in raw.items()}


def source(item: Entry, problems: list[Problem]) -> dict[str, Any]:
    return _renamed(item.values)


def mapping(item: Entry, problems: list[Problem]) -> dict[str, Any]:
    """Every key but `id` is a field with one name or several."""
    names = {key: [value] if isinstance(value, str) else value for key, value in item.values.items() if key != "id"}
    for key in names:
        if key not in FIELDS:
            problems.append(_wrong(item, key, "没有这个字段。", f"可用：{'、'.join(FIELDS)}。"))
    for key, value in names.items():
        if isinstance(value, list) and not any(isinstance(name, str) and name.strip() for name in value):
            problems.append(_wrong(item, key, "没有写列名。", "请写对方的叫法，不需要的删去这一行。"))
    if not names:
        problems.append(
            _wrong(
                item, "id", "这一组没有写任何列名，等于没有。", f"请补写字段和对方的叫法（{'、'.join(FIELDS)}），或整段删去。"
            )
        )
    return {"id": item.values.get("id", ""), "names": names}


def ladder(item: Entry, problems: list[Problem]) -> dict[str, Any]:
    values = _renamed(item.values)
    steps = values.get("steps", [])
    if isinstance(steps, list):
        values["steps"] = [_renamed(step) if isinstance(step, dict) else step for step in steps]
    return values


PERIODS: Mapping[str, Span] = {f"limit_{unit.value}": unit for unit in Span}
EXTENSIONS: Mapping[str, Span] = {f"extension_{unit.value}": unit for unit in Span}
"""TOML keys of limits, and of their lawful extension, in days or months."""
EXCLUSIVE: Mapping[str, tuple[tuple[str, ...], ...]] = {"clause": (("limit_minutes", *PERIODS), tuple(EXTENSIONS))}
"""Keys of which a later folder's replaces every other of its group: an installation may count in days what the default has in hours."""


def _period(item: Entry, keys: Mapping[str, Span], problems: list[Problem]) -> Period | None:
    """The one period of an entry; None without one, and a problem where there are two or it is no positive number."""
    given = [key for key in keys if key in item.values]
    if not given:
        return None
    if len(given) > 1:
        problems.append(_wrong(item, given[1], f"与 {given[0]} 只能写一个。", "请删去一个。"))
        return None
    count = item.values[given[0]]
    if isinstance(count, int) and not isinstance(count, bool) and count > 0:
        return Period(unit=keys[given[0]], count=count)
    problems.append(_wrong(item, given[0], f"应为大于 0 的整数，现为 {count}。", "请写天数或月数。"))
    return None


def clause(item: Entry, problems: list[Problem]) -> dict[str, Any]:
    """Whole minutes become durations, days and months periods; `levels` may be left out (no level condition)."""
    values = {"levels": [], **{k: v for k, v in _renamed(item.values).items() if k not in PERIODS and k not in EXTENSIONS}}
    period, values["extension"] = _period(item, PERIODS, problems), _period(item, EXTENSIONS, problems)
    if period is not None:
        if "limit_minutes" in item.values:
            problems.append(_wrong(item, "limit_minutes", "与天数、月数只能写一个。", "请删去一个。"))
        values |= {"period": period, "limit": period.least}
    for key in ("limit_minutes", "later_limit_minutes"):
        minutes = item.values.get(key)
        if minutes is None:
            continue
        if isinstance(minutes, int) and not isinstance(minutes, bool) and minutes > 0:
            values[RENAMED[key]] = timedelta(minutes=minutes)
        else:
            problems.append(_wrong(item, key, f"应为大于 0 的整数（分钟），现为 {minutes}。", "请写分钟数，如 5 小时写 300。"))
    return values


def playbook(item: Entry, problems: list[Problem]) -> dict[str, Any]:
    """Lists may be left out; where the file is cited is filled in after building."""
    lists = ("categories", "levels", "conditions", "units", "first_actions", "verify", "tell", "consult", "outline", "avoid")
    return {**{key: [] for key in lists}, **item.values}


def notices(item: Entry, problems: list[Problem]) -> dict[str, Any]:
    return {"roles": item.values}


def shift_id(raw: Mapping[str, Any]) -> str:
    """A shift is told apart by its name and the days it stands for."""
    when = str(raw.get("date") or "") or "".join(str(day) for day in _list(raw.get("days")))
    return f"{raw.get('name', '')} {when}".strip()


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def shift(item: Entry, problems: list[Problem]) -> dict[str, Any]:
    """`start`/`end` HH:MM of the local day (an end not after the start is next morning), `days` 周一..周日 or 每天."""
    values = {"deputy_duty": "", **item.values}
    start, end = (_minutes(item, key, problems) for key in ("start", "end"))
    if start is not None and end is not None:
        values |= {"start": start, "end": end if end > start else end + 1440}
    if "date" in values:
        values["date"] = _date(item, problems)
    values["days"] = _days(item, problems)
    if not values["days"] and not values.get("date"):
        problems.append(_wrong(item, "days", "没有写哪天值班。", '请写 days（如 ["周一"] 或 ["每天"]）或 date。'))
    return values


def _minutes(item: Entry, key: str, problems: list[Problem]) -> int | None:
    minutes = daytime.parse(item.values.get(key))
    if minutes is None:
        problems.append(_wrong(item, key, f"时间应写成 08:00 的样子，现为 {item.values.get(key)}。", "请改正。"))
    return minutes


def _date(item: Entry, problems: list[Problem]) -> str:
    given = item.values["date"]
    try:
        return date.fromisoformat(str(given)).isoformat()
    except ValueError:
        problems.append(_wrong(item, "date", f"日期应写成 2026-10-01 的样子，现为 {given}。", "请改正。"))
        return ""


def _days(item: Entry, problems: list[Problem]) -> list[int]:
    days: list[int] = []
    for name in _list(item.values.get("days")):
        if name == EVERY_DAY:
            days.extend(range(7))
        elif name in WEEKDAYS:
            days.append(WEEKDAYS.index(str(name)))
        else:
            problems.append(_wrong(item, "days", f"不认识 {name}。", f"可写 {'、'.join(WEEKDAYS)} 或 {EVERY_DAY}。"))
    return sorted(set(days))


def _wrong(item: Entry, key: str, message: str, remedy: str) -> Problem:
    place = item.at(key)
    name = f"{item.table} {item.id}".strip()
    return Problem(id="Y006", file=place.file, line=place.line, key=f"{name} 的 {key}", message=message, remedy=remedy)
