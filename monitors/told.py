"""How long ago a text itself says its matter was: what is told of a day long past is no alarm of this night.

Only dates that are written count (2024年11月24日, 11月24日); the youngest of them decides. A text that says 今天, 近日 or names a day
without a month speaks of now. Pure; no date, no answer.
"""

import re
from datetime import date, datetime, timedelta

from monitors.gate import Verdict
from monitors.text import nfkc

READ = 300  # characters of a text that are read
_DAY = re.compile(r"(?:(?P<year>20[0-9]{2})年)?(?P<month>1[0-2]|0?[1-9])月(?P<day>3[01]|[12][0-9]|0?[1-9])[日号]")
_NOW = re.compile(
    r"今天|今日|今晨|今早|今晚|昨天|昨日|昨晚|昨夜|近日|日前|目前|刚刚|连日|本周|(?<![月0-9])(?:3[01]|[12][0-9]|0?[1-9])日"
)


def age_told(title: str, text: str, now: datetime) -> timedelta | None:
    """Time since the youngest day the text names had passed; None where it names none or speaks of now."""
    said = "".join(nfkc(f"{title}。{text[:READ]}").split())
    if "月" not in said or _NOW.search(said):
        return None
    days = [day for match in _DAY.finditer(said) if (day := _day(match, now.date())) is not None]
    return max(timedelta(), timedelta(days=(now.date() - max(days)).days - 1)) if days else None


def aged(verdict: Verdict, title: str, text: str, now: datetime, days: float) -> Verdict:
    """What an emergency's own text dates more than `days` back waits for the digest; a grievance is often told late."""
    if verdict.label != "E" or verdict.alarm != "now":
        return verdict
    age = age_told(title, text, now)
    return verdict._replace(alarm="digest") if age is not None and age > timedelta(days=days) else verdict


def _day(match: re.Match[str], today: date) -> date | None:
    """The day meant; without a year the last one that is not more than some days ahead."""
    year, month, day = match["year"], int(match["month"]), int(match["day"])
    for guess in (int(year),) if year else (today.year, today.year - 1):
        try:
            found = date(guess, month, day)
        except ValueError:
            return None
        if found <= today + timedelta(days=2):
            return found
    return None
