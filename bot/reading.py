"""Answers to questions: what is open, one matter, the wording in force, where it is stuck, drafts, what I may do, what I did."""

from __future__ import annotations

from datetime import datetime

from bot import drafts, helping, refusals, replies, service_record, texts
from bot.commands import Asked
from bot.desk import Desk, NotFound
from bot.fields import Choice, Unclear
from bot.labels import beijing
from bot.opinion import opinion_of, sentence
from bot.rota_days import said_day
from playbooks.incident import Actor, Incident
from playbooks.stuck import stuck

LIMIT = 2000  # bytes of a text message (2048) with room for a mark
SEARCHED = 10  # stored items a reply lists
STRUCK = 3  # earlier versions of the wording shown as no longer in force


async def matter(desk: Desk, number: int) -> Incident:
    incident = await desk.store.incident(number)
    if incident is None:
        raise NotFound(number)
    return incident


async def number_of(desk: Desk, asked: Asked) -> int:
    """The number given, or the only open alarmed matter; otherwise it is asked back with the list."""
    if asked.number is not None:
        return asked.number
    open_ones = await desk.store.incidents(open_only=True, alarmed_only=True)
    if len(open_ones) == 1:
        return open_ones[0].number
    listing = replies.listing(open_ones, desk.settings, desk.now())
    text = f"请写明编号。例：{asked.command.usage}\n{listing}"
    raise Unclear(text, "是哪一件", [Choice(label=_label(i, desk), number=i.number) for i in replies.ordered(open_ones)])


def _label(i: Incident, desk: Desk) -> str:
    return f"{i.number}号" if texts.thin(i, desk.settings) else f"{i.number}号{texts.spot(i, desk.settings)}"


async def answer(desk: Desk, actor: Actor, asked: Asked) -> str:
    """The answer to a command that changes nothing."""
    word, now = asked.command.words[0], desk.now()
    if word == "值班":
        at = said_day(asked.rest, now)
        if at is None:
            return "没有看懂是哪一天。可以回：值班、值班 明天、值班 11-28（七天以内），或到总览“值班”页看。"
        return replies.roster(desk.duty(at), desk.settings, now)
    if word == "帮助":
        return await helping.answer(desk, actor, asked.number, asked.rest)
    if word == "履职单":
        return await service_record.of(desk, actor)
    if word in READERS:
        found = await matter(desk, await number_of(desk, asked))
        said = READERS[word](desk, actor, found, now)
        if word != "详情" or texts.thin(found, desk.settings):
            return said
        return f"{said}\n{sentence(await opinion_of(desk.store, found, desk.settings, now, desk.data))}"
    if asked.number is not None:
        return replies.detail(await matter(desk, asked.number), desk.settings, now)
    return await _listing(desk, asked)


async def _listing(desk: Desk, asked: Asked) -> str:
    found = await desk.store.incidents(open_only=True, alarmed_only=True)
    word, page = _page(asked.rest)
    if word and word not in ("未结", "在办"):
        found = [i for i in found if word in i.title or word in texts.short(i, desk.settings)]
        return await _search(desk, word, found, page)
    return replies.listing(found, desk.settings, desk.now(), page)


async def _search(desk: Desk, word: str, open_ones: list[Incident], page: int) -> str:
    """Open matters with the word, then what is stored with it: closed matters and ordinary items too, newest first."""
    rows = await desk.store.search(word, SEARCHED)
    known = {i.number for i in open_ones}
    others = [r for r in rows if r.incident not in known]
    owners = await desk.store.incidents_of(tuple({r.incident for r in others if r.incident}))
    special = {n for n, i in owners.items() if texts.thin(i, desk.settings)}
    parts = [replies.listing(open_ones, desk.settings, desk.now(), page)] if open_ones else []
    if others:
        lines = [
            f"{f'{r.incident}号' if r.incident else '未并入事件'} {beijing(r.item.seen_at, desk.now())} "
            f"{texts.SPECIAL if r.incident in special else r.item.title[:30]}"
            for r in others
        ]
        parts.append(f"另有含“{word}”的条目：\n" + "\n".join(lines))
    return "\n".join(parts) or f"没有找到“{word}”。换一个词再试，或到总览查找。"


def _page(rest: str) -> tuple[str, int]:
    """`第2页` apart from the words."""
    head, mark, tail = rest.partition("第")
    digits = tail.rstrip("页 ")
    return (head.strip(), int(digits)) if mark and digits.isdigit() and int(digits) > 0 else (rest.strip(), 1)


def _detail(desk: Desk, actor: Actor, i: Incident, now: datetime) -> str:
    return replies.detail(i, desk.settings, now)


def points(desk: Desk, actor: Actor, i: Incident, now: datetime) -> str:
    """The wording in force with version and who entered it; older versions are shown as void (practice.md §2.12)."""
    noted = [n for n in i.notes if n.kind == "talking_points"]
    if not noted:
        return f"{i.number}号现行口径：正在核实，以官方发布为准。"
    changed = max((n.at for n in i.notices if n.kind == "changed"), default=None)
    if changed is not None and noted[-1].at <= changed:
        return f"{i.number}号情况有变，先前口径停用。现在只说：正在核实，以官方发布为准。"
    approved = next((a.name for a in reversed(i.attestations) if a.gate == "approval"), "")
    officer = desk.settings.organisation.officer(noted[-1].by)
    who = officer.name if officer else noted[-1].by
    text = f"{i.number}号现行口径（第{len(noted)}版，{beijing(noted[-1].at, now)}，{who}登记，"
    text += f"{approved}审定）：{noted[-1].text}" if approved else f"审定人待登记）：{noted[-1].text}"
    for n, old in list(enumerate(noted[:-1], 1))[-STRUCK:]:
        text += f"\n（已作废）第{n}版：{old.text[:60]}"
    return text


def _stuck(desk: Desk, actor: Actor, i: Incident, now: datetime) -> str:
    who = _seconder(desk, i) if stuck(i).code == "second" else stuck(i).who
    yours = who if refusals.holder(desk, who, desk.duty()).lower() == actor.id.lower() else ""
    where = texts.stuck_text(i, desk.settings, now, yours)
    if not where or not i.open:
        return f"{i.number}号没有卡住的环节。"
    return f"{i.number}号卡在：{where}。{'' if yours else _call(desk, who)}{replies.next_due(i, now)}"


def _seconder(desk: Desk, i: Incident) -> str:
    """The role to ring for a second person's word: the duty leader, unless it was he who asked for one."""
    on = desk.duty()
    return "duty_officer" if i.proposals[0].by.lower() == on.duty_leader.lower() else "duty_leader"


def _call(desk: Desk, who: str) -> str:
    """Whom to ring: the person who holds the role now, or the duty desk of the unit."""
    org = desk.settings.organisation
    officer = org.officer(refusals.holder(desk, who, desk.duty()))
    if officer is not None:
        return f"请找{officer.name} {officer.phone}".strip() + "。"
    unit = org.unit(who)
    return f"值班电话{unit.duty_phone}。" if unit and unit.duty_phone else ""


def _draft(desk: Desk, actor: Actor, i: Incident, now: datetime) -> str:
    if texts.thin(i, desk.settings):
        return f"{i.number}号是专线事项，底稿不经企业微信传递，请到值班室对照总览填写。"
    return drafts.draft(i, desk.settings, now, actor.name)


READERS = {"详情": _detail, "口径": points, "卡在": _stuck, "底稿": _draft}
