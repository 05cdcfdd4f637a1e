"""The rota as it really is: 到岗, 顶班, 换班 with consent, 交接 signed by both. Rosters are wrong; whoever is there says so.

Covers and the handover in progress are settings of the program in the store; every step is an event of the system chain.
A handover that was begun binds the outgoing officer until both have signed (practice.md §2.11, §3 handover card).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot import outbox, replies, service_record, texts
from bot.desk import Desk
from bot.labels import beijing
from bot.refusals import of_others
from bot.rota_days import AHEAD, said_as, said_day
from bot.wecom.cards import Button, Card, Row, button_card, text_notice
from config.roster import gaps, spans
from playbooks.incident import Actor, Event, Incident
from playbooks.record import iso
from playbooks.rota import Cover, Duty, duty

COVERS, HANDOVER, SWAP, WORKED = "covers", "handover", "swap:", "rota.worked"
REMEMBERED = 50
"""Deliveries whose answers are kept, newest last: a crash repeats only the newest."""
BOUND = timedelta(hours=4)  # longest an unsigned handover keeps the outgoing officer responsible
NAMED = 14  # characters of a matter's name on a handover card
SOON = timedelta(hours=2)  # a handover begun this long before the end is that of the coming shift
GAP_DAYS = 7
ROLES = {"duty_officer": "值班员", "deputy_duty": "副班", "duty_leader": "带班领导"}


async def record(desk: Desk, actor: Actor, kind: str, settings: Mapping[str, str] | None = None, **data: object) -> None:
    """An event of the system chain, in one unit with the settings it changes."""
    await desk.store.append_system([Event(kind=kind, at=desk.now(), actor=actor, data=data)], settings)


def covers_text(desk: Desk, covers: Sequence[Cover]) -> str:
    """The setting that keeps the covers still in force."""
    rows = [f"{c.role},{c.userid},{c.start.isoformat()},{c.end.isoformat()}" for c in covers if c.end > desk.now()]
    return "\n".join(rows)


async def _worked(desk: Desk, key: str) -> str | None:
    """The answer of a delivery that was worked before a crash, after telling the others again what they may not have heard."""
    found = json.loads(await desk.store.meta(WORKED) or "{}").get(outbox.digest(key))
    if found is None:
        return None
    for user, text in found["told"]:
        await outbox.say(desk, user, text, key)
    return str(found["answer"])


async def _done(
    desk: Desk,
    actor: Actor,
    kind: str,
    key: str,
    answer: str,
    *,
    covers: Sequence[Cover] | None = None,
    told: Sequence[tuple[str, str]] = (),
    settings: Mapping[str, str] | None = None,
    **data: object,
) -> str:
    """Record an event, its settings, covers and answer in one unit, then tell the others: worked twice, it happens once."""
    known = json.loads(await desk.store.meta(WORKED) or "{}")
    known[outbox.digest(key)] = {"answer": answer, "told": [list(t) for t in told]}
    kept = dict(list(known.items())[-REMEMBERED:])
    changed = {**(settings or {}), WORKED: json.dumps(kept, ensure_ascii=False)}
    if covers is not None:
        changed[COVERS] = covers_text(desk, covers)
    await record(desk, actor, kind, changed, **data)
    if covers is not None:
        desk.covers = tuple(covers)
    for user, text in told:
        await outbox.say(desk, user, text, key)
    return answer


async def load_covers(desk: Desk) -> None:
    """Covers recorded before a restart."""
    text = await desk.store.meta(COVERS) or ""
    out = []
    for line in text.splitlines():
        role, userid, start, end = line.split(",")
        out.append(Cover(role=role, userid=userid, start=datetime.fromisoformat(start), end=datetime.fromisoformat(end)))
    desk.covers = tuple(out)


def name_of(desk: Desk, userid: str) -> str:
    """Name of an officer; the id where the roster has none, 空缺 where nobody stands."""
    officer = desk.settings.organisation.officer(userid)
    return officer.name if officer else userid or "空缺"


async def cover(desk: Desk, actor: Actor, key: str) -> str:
    """顶班 in one press: whoever is really there holds the desk until the shift ends (practice.md §2.11)."""
    before = await _worked(desk, key)
    if before is not None:
        return before
    on, now = desk.duty(), desk.now()
    if on.duty_officer.lower() == actor.id.lower():
        return "本班值班员就是您，不用顶班。"
    if on.end <= now:
        return "现在没有排班，顶不了班。请联系管理员补值班表。"
    word = f"{actor.name}已顶替您的本班值班，{beijing(on.end, now)}止。如有误请回“顶班”收回。"
    return await _done(
        desk,
        actor,
        "cover",
        key,
        f"已由您顶替{name_of(desk, on.duty_officer)}值班，至本班结束。原值班员将收到通知。",
        covers=(*desk.covers, Cover(role="duty_officer", userid=actor.id, start=now, end=on.end)),
        told=[(on.duty_officer, word)] if on.duty_officer else (),
        of=on.duty_officer,
        until=iso(on.end),
    )


# 换班 with consent


async def ask_swap(desk: Desk, actor: Actor, rest: str, key: str) -> str:
    """`换班 姓名 [明天]`: the named colleague gets a card and takes the shift only by pressing 同意."""
    other = next((o for o in desk.settings.organisation.officers if o.name in rest and o.name), None)
    if other is None or other.userid.lower() == actor.id.lower():
        known = "请写明请谁替班（名册里的姓名，不是自己）" if rest.strip() else "请写明请谁替班"
        return f"{known}。例：换班 张三 明天"
    day = said_day(rest.replace(other.name, " "), desk.now())
    if day is None:
        return f"没有看懂是哪天的班。例：换班 {other.name} 明天，或 换班 {other.name} 11-28（七天以内）"
    span = _own_shift(desk, actor, day)
    if span is None:
        return f"{said_as(day, desk.now())}的值班表上没有您的班，不用换班。请回“值班”核对。"
    role, on = span
    ident = outbox.digest(key)
    asked = {"role": role, "from": actor.id, "to": other.userid, "start": iso(max(on.start, desk.now())), "end": iso(on.end)}
    await desk.store.set_meta(SWAP + ident, json.dumps(asked, ensure_ascii=False))
    when = f"{beijing(on.start, desk.now())}至{beijing(on.end, desk.now())}"
    card = button_card(
        title=f"【换班】{actor.name}请您代{ROLES[role]}",
        desc=when,
        sub="同意后由您值班，有关提醒发给您；不同意的，仍由原值班人员负责。",
        buttons=[
            Button(text="同意换班", key=f"shift|swap_yes|{ident}", style=1),
            Button(text="不同意", key=f"shift|swap_no|{ident}", style=4),
        ],
        task_id="t",
        source=texts.source_line(desk.settings),
    )
    await outbox.queue(desk, outbox.card_message(desk, other.userid, card, key))
    return f"已请{other.name}代您{when}的班。对方点“同意换班”后生效，在此之前仍由您负责。"


def _own_shift(desk: Desk, actor: Actor, day: datetime) -> tuple[str, Duty] | None:
    """The first shift on this Beijing day, not yet over, that plans the person, with the role held."""
    now = desk.now()
    for span in spans(desk.settings.organisation.shifts, now, AHEAD + 2):
        running = texts.local(day).date() == texts.local(now).date() and span.begin <= day < span.end
        if texts.local(span.begin).date() != texts.local(day).date() and not running:
            continue
        on = desk.duty(max(span.begin, now) + timedelta(seconds=1))
        for role in ROLES:
            if getattr(on, role).lower() == actor.id.lower():
                return role, on
    return None


def possible(desk: Desk, actor: Actor) -> set[str]:
    """Which of 到岗, 顶班, 换班, 交接 would be done for this person now."""
    now, me = desk.now(), actor.id.lower()
    on = desk.duty()
    coming, gone = desk.duty(on.end + timedelta(seconds=1)), desk.duty(on.start - timedelta(seconds=1))
    mine, next_ = ({getattr(d, role).lower() for role in ROLES} for d in (on, coming))
    own = any(_own_shift(desk, actor, now + timedelta(days=n)) for n in (0, 1))
    planned = own or me in {getattr(gone, role).lower() for role in ROLES} or bool(set(ROLES) & set(actor.roles))
    out = {"到岗"} if me in mine or (me in next_ and on.end - now <= SOON / 2) else set()
    out |= {"换班"} if own else set()
    out |= {"顶班"} if planned and on.end > now and on.duty_officer.lower() != me else set()
    hands = {d.duty_officer.lower() for d in (gone, on, coming)}
    return out | ({"交接"} if me in hands or "duty_leader" in actor.roles else set())


async def _swap(desk: Desk, actor: Actor, ident: str, key: str, *, agreed: bool) -> str:
    before = await _worked(desk, key)
    if before is not None:
        return before
    text = await desk.store.meta(SWAP + ident)
    asked = json.loads(text) if text else {}
    if not asked or str(asked["to"]).lower() != actor.id.lower():
        return "这次换班已经处理过，或不是请您代班。"
    spent = {SWAP + ident: ""}
    end = datetime.fromisoformat(asked["end"])
    if not agreed:
        word = f"{actor.name}不同意换班，仍由您负责。"
        return await _done(
            desk,
            actor,
            "swap_refused",
            key,
            "已回复不同意。",
            told=[(asked["from"], word)],
            settings=spent,
            of=asked["from"],
            role=asked["role"],
        )
    if end <= desk.now():
        return "这个班已经结束，不能再换。"
    start = datetime.fromisoformat(asked["start"])
    return await _done(
        desk,
        actor,
        "swap",
        key,
        f"换班已生效，{beijing(start, desk.now())}至{beijing(end, desk.now())}由您值班。",
        covers=(*desk.covers, Cover(role=asked["role"], userid=actor.id, start=start, end=end)),
        told=[(asked["from"], f"{actor.name}同意代班（{beijing(start, desk.now())}起），换班已生效。")],
        settings=spent,
        of=asked["from"],
        role=asked["role"],
        start=asked["start"],
        until=asked["end"],
    )


# 交接


async def begin_handover(desk: Desk, actor: Actor, key: str) -> str:
    """Cards to the outgoing and the incoming officer; until both have signed the outgoing one stays responsible."""
    now = desk.now()
    current = json.loads(await desk.store.meta(HANDOVER) or "{}")
    on = without_bond(desk, now, current)
    coming, gone = (without_bond(desk, at, current) for at in (on.end + timedelta(seconds=1), on.start - timedelta(seconds=1)))
    old, new, at = (on, coming, on.end) if on.end - now <= SOON else (gone, on, on.start)
    if not old.duty_officer or not new.duty_officer or old.duty_officer.lower() == new.duty_officer.lower():
        return "前后两班没有需要交接的人，不用交接。请回“值班”核对。"
    if actor.id.lower() not in (old.duty_officer.lower(), new.duty_officer.lower()) and "duty_leader" not in actor.roles:
        words = f"交接由交班人{name_of(desk, old.duty_officer)}或接班人{name_of(desk, new.duty_officer)}发起。"
        return await of_others(desk, actor, "handover", words, key)
    ident = f"{int(at.timestamp())}"
    running = {"id": ident, "from": old.duty_officer, "to": new.duty_officer, "given": "", "taken": "", "at": iso(at)}
    if current.get("id") == ident:
        running = current
        if current["given"] and current["taken"]:
            return "本班已经交接完毕，双方均已签认。"
    else:
        covers = (*desk.covers, Cover(role="duty_officer", userid=old.duty_officer, start=at, end=at + BOUND))
        changed = {HANDOVER: json.dumps(running, ensure_ascii=False), COVERS: covers_text(desk, covers)}
        await record(desk, actor, "handover_begun", changed, **{k: running[k] for k in ("from", "to", "at")})
        desk.covers = covers
    card = await _handover_card(desk, old, new, at, ident)
    rows = [outbox.card_message(desk, u, card, key) for u in (old.duty_officer, new.duty_officer)]
    await outbox.queue(desk, *rows)
    return "交接卡已发给交接双方。双方都签认之前，仍由交班人负责。"


def without_bond(desk: Desk, at: datetime, current: dict[str, str]) -> Duty:
    """Duty without the cover by which an unsigned handover binds the outgoing officer."""

    def binds(c: Cover) -> bool:
        return bool(current) and c.userid == current["from"] and iso(c.start) == current["at"]

    return duty(desk.settings.organisation, at, tuple(c for c in desk.covers if not binds(c)))


async def _handover_card(desk: Desk, old: Duty, new: Duty, at: datetime, ident: str) -> Card:
    now = desk.now()
    found = await desk.store.incidents(open_only=True, alarmed_only=True)
    owed = [c.due_at for i in found for c in i.clocks if c.running and c.track == "public" and not c.latent]
    late, soon = sum(due < now for due in owed), sum(now <= due <= now + timedelta(hours=12) for due in owed)
    unread = [i for i in found if not i.acknowledgements]
    return button_card(
        title=f"【交接班】{old.shift}→{new.shift} {beijing(at, now)}",
        desc=f"在办{len(found)}件 {f'超时{late}项 ' if late else ''}12小时内到期{soon}项 未收{len(unread)}张",
        sub=_open_lines(desk, found, now),
        rows=[
            Row(keyname="交", value=name_of(desk, old.duty_officer)),
            Row(keyname="接", value=name_of(desk, new.duty_officer)),
            Row(keyname="最急", value=_soonest(found, now) or "无"),
            Row(keyname="未收", value="、".join(f"{i.number}号" for i in unread[:5]) or "无"),
        ],
        buttons=[
            Button(text="我已交清", key=f"shift|give|{ident}", style=1),
            Button(text="我已接清", key=f"shift|take|{ident}", style=1),
            Button(text="逐件看", key="shift|list|", style=3),
        ],
        task_id="t",
        source=texts.source_line(desk.settings),
    )


def _open_lines(desk: Desk, found: list[Incident], now: datetime) -> str:
    """One short line a matter, as many as fit; the rest by number of lines."""
    out: list[str] = []
    for i in sorted(found, key=lambda i: i.number):
        due = min((c.due_at for c in i.clocks if c.running and c.track == "public" and not c.latent), default=None)
        drill = "【演练】" if i.drill else ""
        grade = texts.level_name(i.level)
        name = texts.short(i, desk.settings)
        name = name if len(name) <= NAMED else texts.spot(i, desk.settings)[:NAMED] or name[:NAMED]
        out.append(f"{i.number}号{drill}{name} {grade}{f' {_by(due, now)}' if due else ''}")
    shown = out
    while len("；".join(shown)) > 100:
        shown = shown[:-1]
    more = f"；另{len(out) - len(shown)}件点“逐件看”" if len(shown) < len(out) else ""
    return "；".join(shown) + more if out else "没有在办事件。"


def _soonest(found: list[Incident], now: datetime) -> str:
    running = [(c.due_at, i.number, c) for i in found for c in i.clocks if c.running and c.track == "public" and not c.latent]
    if not running:
        return ""
    due, number, clock = min(running, key=lambda r: (r[0], r[1]))
    return f"{number}号{texts.clock_name(clock)} {_by(due, now)}"


def _by(due: datetime, now: datetime) -> str:
    """A deadline as the one who takes over must see it: what has passed has passed."""
    return f"{beijing(due, now)}{'前' if now <= due else '已过'}"


async def _sign(desk: Desk, actor: Actor, ident: str, key: str, side: str) -> str:
    before = await _worked(desk, key)
    if before is not None:
        return before
    running = json.loads(await desk.store.meta(HANDOVER) or "{}")
    if running.get("id") != ident:
        return "这次交接已经结束，请回“值班”看现在由谁负责。"
    who = "from" if side == "given" else "to"
    if str(running[who]).lower() != actor.id.lower():
        return await of_others(desk, actor, "handover_sign", f"这一项由{name_of(desk, running[who])}签认。", key)
    if running[side]:
        return "您已签认，无需再点。"
    running[side] = iso(desk.now())
    changed = {HANDOVER: json.dumps(running, ensure_ascii=False)}
    other = running["to"] if who == "from" else running["from"]
    if not (running["given"] and running["taken"]):
        answer = f"已签认，等{name_of(desk, other)}签认。在此之前由{name_of(desk, running['from'])}负责。"
        return await _done(desk, actor, "handover_signed", key, answer, settings=changed, side=side, id=ident)
    text = f"交接完毕，{beijing(desk.now(), desk.now())}起由{name_of(desk, running['to'])}值班。"
    await _record_of_shift(desk, running)
    covers = _handed_over(desk, running)
    return await _done(
        desk, actor, "handover_signed", key, text, covers=covers, told=[(other, text)], settings=changed, side=side, id=ident
    )


async def _record_of_shift(desk: Desk, running: dict[str, str]) -> None:
    """The outgoing officer gets his 履职单 with the last signature, once."""
    actor = desk.actor(running["from"])
    if actor is None:
        return
    ended = desk.duty(datetime.fromisoformat(running["at"]) - timedelta(seconds=1))
    page = await service_record.of(desk, actor, ended)
    await outbox.queue(desk, outbox.reply_message(desk, actor.id, page, f"record-{running['id']}"))


def _handed_over(desk: Desk, running: dict[str, str]) -> tuple[Cover, ...]:
    """The outgoing officer is free; the incoming one holds the desk from now on."""
    now, at = desk.now(), datetime.fromisoformat(running["at"])
    kept = tuple(
        c if not (c.role == "duty_officer" and c.userid == running["from"] and c.start == at) else replace(c, end=max(now, at))
        for c in desk.covers
    )
    early = Cover(role="duty_officer", userid=running["to"], start=now, end=at)
    return (*kept, early) if now < at else kept


async def pressed(desk: Desk, actor: Actor, action: str, ident: str, key: str) -> tuple[str, Card | None]:
    """A button of a rota card: the words, and the card that replaces it (None: the card stays)."""
    if action == "list":
        found = await desk.store.incidents(open_only=True, alarmed_only=True)
        return replies.listing(found, desk.settings, desk.now()), None
    if action in ("swap_yes", "swap_no"):
        text = await _swap(desk, actor, ident, key, agreed=action == "swap_yes")
    elif action in ("give", "take"):
        text = await _sign(desk, actor, ident, key, "given" if action == "give" else "taken")
    else:
        return "这个按钮已经失效，请回“值班”查看。", None
    title = "【换班】" if action.startswith("swap") else "【交接班】"
    return text, text_notice(
        title=f"{title}{text[:20]}", sub=text, url=f"{desk.board_url}/", source=texts.source_line(desk.settings)
    )


async def check_gaps(desk: Desk) -> list[str]:
    """Stretches of the coming week without a shift: a problem, and the sentences for the administrators."""
    now = desk.now()
    found = gaps(desk.settings.organisation.shifts, now, GAP_DAYS)
    if not found:
        await desk.store.resolve_problem("rota", "gap", now)
        return []
    lines = [f"{beijing(a, now)}至{beijing(b, now)}没有排班" for a, b in found[:5]]
    await desk.store.report_problem("rota", "gap", "；".join(lines) + "，请补值班表。", now)
    return lines
