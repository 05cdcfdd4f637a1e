"""演练: the real engine with marked messages. A drill is an incident with `drill` set, opened by hand, never joined with items.

It is left out of figures; one press ends it when something real happens (practice.md §3, drill card). Its report is a paper of its own
(`bot.reports.drill`).
"""

from __future__ import annotations

import re

from bot import papers
from bot.desk import Desk, NotFound, change, open_incident
from bot.headcount import stated
from bot.refusals import of_others
from config.schema import Settings
from playbooks.incident import Actor, Event, Figure, Incident, Instant, Place
from playbooks.record import dump

MAY = {"duty_officer", "deputy_duty", "duty_leader", "press_office", "admin"}
ENDED = "drill_over"


LOOK_BACK = 500
"""Matters looked through for the latest drill, where no number was given."""


async def drill(desk: Desk, actor: Actor, number: int | None, rest: str, key: str) -> str:
    """`演练 开始 情景`, `演练 中止` or `演练 报告 [编号]`."""
    if not MAY & set(actor.roles):
        return await of_others(desk, actor, "drill", "演练由值班员、带班领导或新闻办发起。", key)
    running = [i for i in await desk.store.incidents(open_only=True) if i.drill]
    if rest.startswith("报告"):
        return await _report(desk, actor, number, rest, key)
    if not rest.startswith("开始") and ("中止" in rest or "结束" in rest):
        for i in running:
            await end(desk, i.number, actor)
        ask = "演练报告请回：演练 报告"
        return f"已中止演练{len(running)}件，不再提醒。{ask}" if running else f"没有正在进行的演练。上一次的{ask}"
    if not rest.startswith("开始"):
        return "请写：演练 开始 情景。例：演练 开始 柳河桥垮塌 3人受伤；结束请回：演练 中止；报告请回：演练 报告"
    if running:
        return f"{running[0].number}号演练正在进行。先中止再开始新的：演练 中止"
    story = rest.removeprefix("开始").strip() or "柳河桥垮塌 3人受伤"
    incident = await _open(desk, actor, story)
    return f"演练已开始：{incident.number}号。消息都带【演练】，不外传、不外呼、不上报，不计入统计。中止请回：演练 中止"


async def _report(desk: Desk, actor: Actor, number: int | None, rest: str, key: str) -> str:
    """The report of a drill as a file: of the number said, else of the latest one."""
    said = re.search(r"\d{1,6}", rest)
    wanted = int(said[0]) if said else number
    known = await desk.store.incidents(open_only=False, limit=LOOK_BACK)
    found = [i for i in known if i.drill and wanted in (None, i.number)]
    if found:
        return await papers.review(desk, actor, max(i.number for i in found), key)
    if wanted is None:
        return "近来没有演练。开始请回：演练 开始 情景"
    return f"{wanted}号不是演练。最近一次的报告请回：演练 报告"


async def _open(desk: Desk, actor: Actor, story: str) -> Incident:
    now = desk.now()
    found = Instant(value=now, source="officer", evidence=actor.id)
    data = {
        "title": f"（虚构）{story}",
        "label": "E",
        "category": _category(story, desk.settings),
        "place": Place(county=desk.settings.scope.county, detail="演练地点"),
        "starts": {"detected_at": found, "reported_at": found},
        "drill": True,
        "reasons": ["演练"],
    }
    first = Event(kind="opened", at=now, actor=actor, data={k: dump(v) for k, v in data.items()})

    def more(i: Incident) -> tuple[Event, ...]:
        numbers = tuple(
            Figure(metric=metric, value=value, standing="net", source="drill", at=now)
            for metric, value in stated(story).items()
        )
        figures = tuple(Event(kind="figure", at=now, actor=actor, data={"figure": dump(f)}) for f in numbers)
        return (*figures, Event(kind="alarmed", at=now, actor=actor, data={"reason": "drill"}))

    return await open_incident(desk, first, more, lambda n: ())


def _category(story: str, settings: Settings) -> str:
    """The category whose name shares most characters with the scenario; only the wording of the cards follows from it."""
    best = max(settings.categories.items(), key=lambda kv: len(set(kv[1].name) & set(story)), default=None)
    return best[0] if best and len(set(best[1].name) & set(story)) >= 2 else "other"


async def end(desk: Desk, number: int, actor: Actor) -> str:
    """Stop one drill: every step of it is taken back."""

    def decision(i: Incident) -> tuple[Event, ...]:
        if not i.drill or not i.open:
            return ()
        data: dict[str, object] = {"reason": ENDED, "by": actor.id, "confirmed": True}
        return (Event(kind="excluded", at=desk.now(), actor=actor, data=data),)

    try:
        incident, events = await change(desk, number, decision)
    except NotFound as e:
        return str(e)
    if not incident.drill:
        return f"{number}号不是演练，不能中止。"
    return f"{number}号演练已中止。有真实情况的，以真卡为准。演练报告请回：演练 报告" if events else f"{number}号演练早已结束。"
