"""Day limits need the holiday table of their year: a missing one is a problem, told to the administrators once a week."""

from __future__ import annotations

from typing import Final

from bot.desk import Desk, change
from bot.outbox import say
from playbooks.calendar import day_of, missing_year
from playbooks.duties import uncounted

PROBLEM: Final = "calendar"
REMEDY: Final = "请把国务院办公厅当年节假日安排通知写进本单位配置目录的 holidays.toml，重启值班台后生效。"


async def care(desk: Desk) -> None:
    """Compare the table with today and with every registered duty; tell, or close what is well again."""
    now, table = desk.now(), desk.settings.holidays
    lines = [await _year(desk, missing_year(now, table))]
    lines += await _duties(desk)
    text = "".join(x for x in lines if x)
    if text:
        year, week, _ = day_of(now).isocalendar()
        for officer in desk.settings.organisation.administrators:
            await say(desk, officer.userid, f"{text}{REMEDY}", f"calendar-{year}-{week}-{text}")


async def _year(desk: Desk, year: int | None) -> str:
    if year is None:
        await desk.store.resolve_problem(PROBLEM, "year", desk.now())
        return ""
    text = f"没有{year}年的节假日数据，按天计算的时限算到这一年就算不出。"
    await desk.store.report_problem(PROBLEM, "year", text + REMEDY, desk.now())
    return text


async def _duties(desk: Desk) -> list[str]:
    """Duties already registered whose end cannot be computed: no clock runs for them until the table is entered."""
    out = []
    for incident in await desk.store.incidents(open_only=True):
        if not incident.duties:
            continue
        found = uncounted(incident, desk.settings)
        if found:
            names = "、".join(dict.fromkeys(name for name, _ in found))
            text = f"{incident.number}号事件的“{names}”因缺{found[0][1]}年节假日数据没有开始计时。"
            await desk.store.report_problem(PROBLEM, str(incident.number), text + REMEDY, desk.now())
            out.append(text)
        else:
            await change(desk, incident.number, lambda i: ())  # what waited for the table starts now, from its original day
            await desk.store.resolve_problem(PROBLEM, str(incident.number), desk.now())
    return out
