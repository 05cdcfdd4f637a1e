"""What officers press and type. A delivery is stored before it is answered (`accept`) and worked afterwards (`work`).

    accept: verified callback -> stored under its dedupe key -> empty 200
    work:   stored callbacks in order -> action -> reply or updated card queued -> finished

Working twice is harmless: actions already done change nothing, messages have ids derived from the callback key.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot import buttons, replies, texts
from bot.cards import Context, living_card
from bot.commands import Asked, CommandError, help_lines, parse
from bot.desk import Busy, Desk, NotFound, act
from bot.intake import officer_report
from bot.labels import beijing
from bot.store.port import MessageRow
from bot.wecom.cards import Button, button_card, dumps, text_request, update_request
from bot.wecom.crypto import CallbackMessage
from playbooks.incident import Actor, Incident
from playbooks.lifecycle import ActionNotAllowed, permitted
from playbooks.rota import Cover

log = logging.getLogger(__name__)

STRANGER = "您不在本单位名册中，不能办理。请联系管理员。"


async def accept(desk: Desk, message: CallbackMessage) -> bool:
    """Store one verified delivery; False when it was delivered before."""
    body: dict[str, object] = {
        "kind": message.kind,
        "user": message.user,
        "content": message.content,
        "event_key": message.event_key,
        "task_id": message.task_id,
        "response_code": message.response_code,
        "selected": {k: list(v) for k, v in message.selected.items()},
    }
    new = await desk.store.accept_callback(message.dedupe_key, desk.now(), body)
    if new:
        desk.wake()
    return new


async def work(desk: Desk) -> int:
    """Handle every stored delivery in order of arrival; one that fails is told and does not stop the others."""
    rows = await desk.store.open_callbacks()
    for key, at, body in rows:
        note = "done"
        try:
            await _handle(desk, key, at, body)
        except Exception as e:  # flow guard: a delivery that cannot be worked must not block the next one
            log.exception("callback_failed", extra={"callback": key})
            note = f"{type(e).__name__}: {e}"[:200]
            await desk.store.report_problem("callback", key, note, desk.now())
        await desk.store.finish_callback(key, note)
    return len(rows)


async def _handle(desk: Desk, key: str, at: datetime, body: Mapping[str, object]) -> None:
    user, kind = str(body["user"]), str(body["kind"])
    if kind == "text":
        answer = await answer_text(desk, user, str(body["content"]), key)
        await _say(desk, user, answer, key)
    elif kind in ("card", "menu"):
        await _pressed(desk, user, key, body)


async def _say(desk: Desk, user: str, text: str, key: str) -> None:
    if text:
        await desk.store.settle_steps({}, [reply_message(desk, user, text, key)], desk.now())


def reply_message(desk: Desk, user: str, text: str, key: str) -> MessageRow:
    """A text reply; its id follows from the callback, so a repeated working sends it once."""
    ident = "re-" + hashlib.sha256(f"{key}|{user}".encode()).hexdigest()[:24]
    now = desk.now()
    return MessageRow(
        id=ident,
        incident=None,
        recipient=user.lower(),
        kind="reply",
        task_id="",
        request=text_request(user, desk.settings.wecom.agentid, text, mark=ident),
        text=text,
        created_at=now,
        due_at=now,
        priority=2,
    )


async def _pressed(desk: Desk, user: str, key: str, body: Mapping[str, object]) -> None:
    parts = str(body["event_key"]).split("|")
    await desk.store.mark_seen(str(body["task_id"]), desk.now())
    actor = desk.actor(user)
    if actor is None or len(parts) < 2 or not parts[0].isdigit():
        await _say(desk, user, STRANGER if actor is None else "这个按钮已经失效，请回“查询”查看。", key)
        return
    number, action = int(parts[0]), parts[1]
    code = str(body["response_code"])
    if action in replies.ASK:
        await _say(desk, user, replies.ASK[action].format(n=number), key)
        return
    if action == "ask_exclude":
        await _show_exclusions(desk, actor, number, code, key)
        return
    selected = body.get("selected")
    chosen = selected if isinstance(selected, Mapping) else {}
    headline = await _act(desk, actor, number, action, press_fields(action, parts[2:], chosen), key)
    await _refresh(desk, actor, number, code, headline, key)


def press_fields(action: str, args: list[str], selected: Mapping[str, object]) -> dict[str, object]:
    """Action fields of a button key and of the dropdown that came with it."""
    out: dict[str, object] = {}
    for question, ids in selected.items():
        values = list(ids) if isinstance(ids, (list, tuple)) else [ids]
        if values:
            out[question] = str(values[0])
    if not args:
        return out
    name = {
        "verify": "result",
        "exclude": "reason",
        "arbitrate": "unit",
        "assign": "unit",
        "attest": "gate",
        "report_up": "detail",
    }.get(action)
    if name:
        out[name] = args[0]
    if action == "verify" and len(args) > 1:
        out["party"] = args[1]
    if action == "second":
        out["agreed"] = args[0] == "yes"
    return out


async def _act(desk: Desk, actor: Actor, number: int, action: str, fields: dict[str, object], key: str) -> str:
    if action == "state":
        return "现状如下"
    try:
        incident, events = await act(desk, number, action, actor, fields, key)
    except ActionNotAllowed as e:
        return replies.refused(e, desk.settings).split("现在可以")[0]
    except (NotFound, Busy) as e:
        return str(e)
    return replies.done(incident, events, desk.settings, desk.now())


async def _refresh(desk: Desk, actor: Actor, number: int, code: str, headline: str, key: str) -> None:
    """Put the present state on the pressed card; without a code the headline goes out as a text."""
    incident = await desk.store.incident(number)
    if incident is None or not code:
        await _say(desk, actor.id, headline, key)
        return
    card = living_card(incident, context(desk, actor, incident), headline)
    await desk.store.settle_steps({}, [_update(desk, actor, incident, code, card, key)], desk.now())


def context(desk: Desk, actor: Actor, incident: Incident) -> Context:
    return Context(
        settings=desk.settings,
        now=desk.now(),
        duty=desk.duty(),
        userid=actor.id,
        roles=actor.roles,
        unit=actor.unit,
        board_url=f"{desk.board_url}/incident/{incident.number}",
    )


def _update(desk: Desk, actor: Actor, incident: Incident, code: str, card: dict[str, object], key: str) -> MessageRow:
    ident = "up-" + hashlib.sha256(key.encode()).hexdigest()[:24]
    now = desk.now()
    return MessageRow(
        id=ident,
        incident=incident.number,
        recipient=actor.id.lower(),
        kind="update",
        task_id="",
        request=update_request([actor.id.lower()], desk.settings.wecom.agentid, code, card),
        text=dumps(card).decode(),
        created_at=now,
        due_at=now,
        priority=1,
    )


async def _show_exclusions(desk: Desk, actor: Actor, number: int, code: str, key: str) -> None:
    incident = await desk.store.incident(number)
    if incident is None or not code:
        await _say(desk, actor.id, f"请直接回复：排除 {number} 非本地（或旧闻、重复、无关）。", key)
        return
    offer = buttons.exclusion_offer(incident)
    card = button_card(
        title=f"{texts.mark(incident)}{texts.short(incident, desk.settings)}",
        desc="请选排除原因",
        sub="涉伤亡或重大隐患的，由带班领导确认后才排除。查实为不实信息的，应当澄清并移送，不能排除。",
        buttons=[Button(text=b.text, key=b.key, style=b.style) for b in offer.buttons],
        source=texts.source_line(desk.settings, incident),
    )
    await desk.store.settle_steps({}, [_update(desk, actor, incident, code, card, key)], desk.now())


async def answer_text(desk: Desk, user: str, line: str, key: str) -> str:
    """Reply to one typed line."""
    actor = desk.actor(user)
    if actor is None:
        return STRANGER
    if any(mark in line for mark in desk.settings.bot.secrecy_marks):
        return "来文带有密级标识，企业微信不得传递。本条内容未留存，请到值班室当面处理。"
    asked = parse(line)
    if asked is None:
        return await _not_a_command(desk, actor, line, key)
    try:
        if not asked.command.action:
            return await _reading(desk, actor, asked, key)
        return await _typed_action(desk, actor, asked, key)
    except CommandError as e:
        return str(e)
    except ActionNotAllowed as e:
        return replies.refused(e, desk.settings)
    except (NotFound, Busy) as e:
        return str(e)


SHARE = re.compile(r"https?://\S*(douyin|kuaishou|weibo|weixin|channels|xiaohongshu)\S*|复制.{0,12}打开")


async def _not_a_command(desk: Desk, actor: Actor, line: str, key: str) -> str:
    """Pasted share text of a short-video app is a report; anything else gets the help."""
    if SHARE.search(line):
        return await officer_report(desk, actor, line, key)
    words = "、".join(w for w in ("报", "查询", "详情", "收到", "核实", "交办", "已发布", "值班", "帮助"))
    return f"没有看懂。可以回：{words}。例：报 大湾村滑坡 4人被埋 12345转"


async def _number(desk: Desk, asked: Asked) -> int:
    """The number given, or the only open alarmed matter."""
    if asked.number is not None:
        return asked.number
    open_ones = await desk.store.incidents(open_only=True, alarmed_only=True)
    if len(open_ones) == 1:
        return open_ones[0].number
    listing = replies.listing(open_ones, desk.settings, desk.now())
    raise CommandError(f"请写明编号。例：{asked.command.usage}\n{listing}")


async def _typed_action(desk: Desk, actor: Actor, asked: Asked, key: str) -> str:
    number = await _number(desk, asked)
    if asked.command.words[0] == "口径" and not asked.rest:
        return await _points(desk, number)
    fields = asked.command.fields(asked.rest, desk.settings, desk.now())
    if asked.command.action == "attest" and not fields.get("name"):
        fields["name"] = actor.name
    if asked.command.action == "report_up" and not fields.get("detail"):
        fields["detail"] = "首报"
    incident, events = await act(desk, number, asked.command.action, actor, fields, key)
    return replies.done(incident, events, desk.settings, desk.now())


async def _points(desk: Desk, number: int) -> str:
    incident = await desk.store.incident(number)
    if incident is None:
        raise NotFound(number)
    noted = [n for n in incident.notes if n.kind == "talking_points"]
    if not noted:
        return f"{number}号现行口径：正在核实，以官方发布为准。"
    officer = desk.settings.organisation.officer(noted[-1].by)
    who = officer.name if officer else noted[-1].by
    return f"{number}号现行口径（第{len(noted)}版，{who}登记）：{noted[-1].text}"


async def _reading(desk: Desk, actor: Actor, asked: Asked, key: str) -> str:
    word, now = asked.command.words[0], desk.now()
    if word == "报":
        return await officer_report(desk, actor, asked.rest, key)
    if word == "值班":
        at = now + timedelta(days=1) if "明" in asked.rest else now
        return replies.roster(desk.duty(at), desk.settings, now)
    if word == "顶班":
        return await _cover(desk, actor, key)
    if word == "帮助":
        return await _help(desk, actor, asked)
    if word == "详情":
        incident = await desk.store.incident(await _number(desk, asked))
        if incident is None:
            raise NotFound(asked.number or 0)
        return replies.detail(incident, desk.settings, now)
    if asked.number is not None:
        incident = await desk.store.incident(asked.number)
        if incident is None:
            raise NotFound(asked.number)
        return replies.detail(incident, desk.settings, now)
    open_ones = await desk.store.incidents(open_only=True, alarmed_only=True)
    if asked.rest and asked.rest not in ("未结", "在办"):
        open_ones = [i for i in open_ones if asked.rest in i.title or asked.rest in texts.short(i, desk.settings)]
    return replies.listing(open_ones, desk.settings, now)


async def _help(desk: Desk, actor: Actor, asked: Asked) -> str:
    if asked.number is not None:
        incident = await desk.store.incident(asked.number)
        if incident is None:
            raise NotFound(asked.number)
        codes: tuple[str, ...] = permitted(incident, actor)
        head = f"{asked.number}号现在可以办："
    else:
        codes = tuple(c for i in await desk.store.incidents(alarmed_only=True) for c in permitted(i, actor))
        head = "可以这样发（12换成事件编号）："
    text = head
    for line in help_lines(codes):
        if len((text + "\n" + line).encode()) > 2000:
            break
        text += "\n" + line
    return text


async def _cover(desk: Desk, actor: Actor, key: str) -> str:
    """顶班 in one press: whoever is really there holds the desk until the shift ends (practice.md §2.11)."""
    on = desk.duty()
    if on.duty_officer.lower() == actor.id.lower():
        return "本班值班员就是您，不用顶班。"
    cover = Cover(role="duty_officer", userid=actor.id, start=desk.now(), end=on.end)
    desk.covers = (*desk.covers, cover)
    await save_covers(desk)
    old = desk.settings.organisation.officer(on.duty_officer)
    if old is not None:
        await _say(
            desk, old.userid, f"{actor.name}已顶替您的本班值班，{beijing(on.end, desk.now())}止。如有误请回“顶班”收回。", key
        )
    return f"已由您顶替{old.name if old else '空缺'}值班，至本班结束。原值班员将收到通知。"


async def save_covers(desk: Desk) -> None:
    rows = [f"{c.role},{c.userid},{c.start.isoformat()},{c.end.isoformat()}" for c in desk.covers]
    await desk.store.set_meta("covers", "\n".join(rows))


async def load_covers(desk: Desk) -> None:
    """Covers recorded before a restart."""
    text = await desk.store.meta("covers") or ""
    out = []
    for line in text.splitlines():
        role, userid, start, end = line.split(",")
        out.append(Cover(role=role, userid=userid, start=datetime.fromisoformat(start), end=datetime.fromisoformat(end)))
    desk.covers = tuple(out)
