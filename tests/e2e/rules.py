"""The rules as an outsider reads them: clauses, ladders, notices, thresholds, organisation and rota straight from the TOML files.

Nothing of the product is imported. A person is found the way a duty officer would: the rota first, then the list of officers.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

BEIJING = timezone(timedelta(hours=8))
DAYS = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
SEVERE_FIRST = ("especially_major", "major", "significant", "general")
TELEPHONED = ("deputy_in_charge", "principal", "approver")  # a machine does not push leaders (practice.md §1)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True, slots=True)
class Rules:
    """Tables of the files, later folders over earlier ones."""

    clauses: list[dict[str, Any]]
    ladders: dict[str, list[dict[str, Any]]]
    notices: dict[str, list[str]]
    tables: dict[str, str]
    thresholds: list[dict[str, Any]]
    bot: dict[str, Any]
    officers: list[dict[str, Any]]
    units: dict[str, dict[str, Any]]
    shifts: list[dict[str, Any]]

    def level(self, category: str, people: int) -> str | None:
        """Grade of so many dead in a category; None where nobody is."""
        table = self.tables.get(category, "")
        rows = [t for t in self.thresholds if t["category"] == table and t["metric"] == "deaths"]
        rows = rows or [t for t in self.thresholds if t["category"] == "fallback" and t["metric"] == "deaths"]
        minima = rows[0]["minima"]
        return next((name for name in SEVERE_FIRST if people and name in minima and people >= minima[name]), None)

    def on_duty(self, at: datetime) -> dict[str, str]:
        """role -> userid of the shift in force."""
        local = at.astimezone(BEIJING)
        for back in (0, 1):
            day = (local - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
            for shift in self.shifts:
                begin, end = _minutes(shift["start"]), _minutes(shift["end"])
                end += 24 * 60 if end <= begin else 0
                inside = day + timedelta(minutes=begin) <= local < day + timedelta(minutes=end)
                if inside and DAYS[day.weekday()] in shift["days"]:
                    return {role: shift[role] for role in ("duty_officer", "deputy_duty", "duty_leader")}
        raise AssertionError(f"nobody on duty at {local}")

    def people(self, role: str, unit: str, at: datetime) -> set[str]:
        """Phones that a rung of this role reaches."""
        shift = self.on_duty(at)
        if role in shift:
            return {shift[role]}
        if role in ("unit_liaison", "unit_head"):
            mine = [o for o in self.officers if o["unit"] == unit]
            found = {o["userid"] for o in mine if role in o["roles"]}
            by_phone = role == "unit_liaison" and unit and not any("unit_head" in o["roles"] for o in mine)
            return found or ({shift["duty_officer"]} if by_phone else set())
        holders = [o for o in self.officers if role in o["roles"]]
        if role not in TELEPHONED:
            return {o["userid"] for o in holders}
        asked = {shift["duty_officer"]} if any(not o.get("direct_push") for o in holders) else set()
        return asked | {o["userid"] for o in holders if o.get("direct_push")}

    def unit_people(self, unit: str) -> set[str]:
        """Liaison and head of a unit; nobody where no unit has the matter."""
        mine = [o for o in self.officers if unit and o["unit"] == unit]
        return {o["userid"] for o in mine if {"unit_liaison", "unit_head"} & set(o["roles"])}

    def unit_named(self, text: str) -> str:
        """Code of the unit a typed line names."""
        names = [(u[key], code) for code, u in self.units.items() for key in ("name", "short") if u.get(key)]
        return max(((name, code) for name, code in names if name in text), key=lambda x: len(x[0]))[1]

    def evening_before(self, at: datetime) -> datetime:
        """Statutory steps of a calm matter inside the quiet hours come at the evening hour before (practice.md §2.7)."""
        local = at.astimezone(BEIJING)
        minute = local.hour * 60 + local.minute
        if _minutes(self.bot["quiet_to"]) <= minute < _minutes(self.bot["quiet_from"]):
            return at
        day = local - timedelta(days=1) if minute < _minutes(self.bot["quiet_to"]) else local
        return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
            minutes=_minutes(self.bot["quiet_forward_to"])
        )

    def morning_after(self, at: datetime) -> datetime:
        """The desk's own reminders of a calm matter wait for the morning."""
        local = at.astimezone(BEIJING)
        minute = local.hour * 60 + local.minute
        if _minutes(self.bot["quiet_to"]) <= minute < _minutes(self.bot["quiet_from"]):
            return at
        day = local + timedelta(days=1) if minute >= _minutes(self.bot["quiet_from"]) else local
        return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=_minutes(self.bot["quiet_to"]))


def read(*folders: Path) -> Rules:
    """Rules of the profile the installation names; the demo's is the national one, without a floor under it."""

    def table(name: str) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for folder in folders:
            if (folder / name).exists():
                for key, value in tomllib.loads((folder / name).read_text(encoding="utf-8")).items():
                    both = isinstance(value, dict) and isinstance(merged.get(key), dict)
                    merged[key] = {**merged[key], **value} if both else value
        return merged

    bot = table("bot.toml")["bot"]
    ladders, organisation = table("ladders.toml"), table("organisation.toml")
    return Rules(
        clauses=[c for c in table("clauses.toml")["clause"] if c["profile"] == bot["profile"]],
        ladders={ladder["code"]: ladder["step"] for ladder in ladders["ladder"]},
        notices=ladders["notices"],
        tables={c["code"]: c.get("table", "") for c in table("categories.toml")["category"]},
        thresholds=table("thresholds.toml")["threshold"],
        bot=bot,
        officers=organisation["officer"],
        units={u["code"]: u for u in organisation["unit"]},
        shifts=organisation["shift"],
    )
