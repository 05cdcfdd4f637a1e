"""What officers press and type. A delivery is stored before it is answered (`accept`) and worked afterwards (`work`).

    accept: verified callback -> stored under its dedupe key -> empty 200
    work:   stored callbacks in order -> action -> reply or updated card queued -> finished

Working twice is harmless: actions already done change nothing, messages have ids derived from the callback key.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from bot import (
    asking,
    buttons,
    contradiction,
    drill,
    evidence,
    giving,
    guessing,
    living,
    meant,
    papers,
    reading,
    recalling,
    refusals,
    replies,
    rota_desk,
    shift_start,
    texts,
)
from bot.board.codes import issue
from bot.cards import living_card, thin
from bot.commands import Asked, CommandError, parse, second_of
from bot.desk import Busy, Desk, NotFound, act
from bot.fields import Unclear
from bot.held import NOT_WORKED, STALE
from bot.labels import beijing
from bot.officer_report import officer_report
from bot.outbox import queue, say, update_message
from bot.outbox import reply_message as reply_message
from bot.proof import proof, published
from bot.rota_desk import load_covers as load_covers
from bot.store import StoreError
from bot.typed import tidy
from bot.wecom.cards import Button, Card, button_card
from bot.wecom.crypto import CallbackMessage
from config.schema import Level
from playbooks.incident import Actor, Incident
from playbooks.lifecycle import ActionNotAllowed

log = logging.getLogger(__name__)

BATCH = 50
FAILED = "这一条没有办成（系统出错），已列入问题报管理员。请回“查询”看现状，急的请先打电话。"
LEVELS = {level.code: level for level in Level}


async def accept(desk: Desk, message: CallbackMessage) -> bool:
    """Store one verified delivery; False when it was delivered before. What cannot be stored now is held (`bot.held`)."""
    body: dict[str, object] = {
        "kind": message.kind,
        "user": message.user,
        "content": message.content,
        "media_kind": message.media_kind,
        "media_id": message.media_id,
        "event_key": message.event_key,
        "task_id": message.task_id,
        "response_code": message.response_code,
        "selected": {k: list(v) for k, v in message.selected.items()},
    }
    try:
        new = await desk.store.accept_callback(message.dedupe_key, desk.now(), body)
    except Exception:
        desk.held.keep(message.dedupe_key, desk.now(), body)
        raise
    if new:
        desk.wake()
    return new


async def work(desk: Desk) -> int:
    """Handle the stored deliveries in order of arrival; one that fails is told and does not stop the others.

    Each is claimed first: of several processes one works it, and the next takes it over when the lease of a dead one ends.
    """
    await _store_held(desk)
    wall, lease = desk.lease()
    rows = await desk.store.claim_callbacks(wall, desk.owner, lease, BATCH)
    if rows and desk.settings.bot.database_url:
        await load_covers(desk)  # another process may have recorded who is really there
    finished = 0
    for key, at, body in rows:
        note = "done"
        try:
            await _handle(desk, key, at, body)
        except StoreError as e:  # nothing was written: it stays claimed and is worked again when the lease has run out
            log.warning("callback_not_written", extra={"callback": key, "error": str(e)})
            if desk.now() - at <= STALE:
                continue
            note = "not written"
            await say(desk, str(body["user"]), NOT_WORKED.format(at=beijing(at, desk.now())), key)
        except Exception as e:  # flow guard: a delivery that cannot be worked must not block the next one
            log.exception("callback_failed", extra={"callback": key})
            note = f"{type(e).__name__}: {e}"[:200]
            await desk.store.report_problem("callback", key, note, desk.now())
            await say(desk, str(body["user"]), FAILED, key)
        await desk.store.finish_callback(key, note)
        finished += 1
    return finished


async def _store_held(desk: Desk) -> None:
    """What could not be stored when it came, in order of arrival; stops at the first that is still not taken."""
    for key, (at, body) in list(desk.held.rows.items()):
        try:
            if desk.now() - at > STALE:
                await say(desk, str(body["user"]), NOT_WORKED.format(at=beijing(at, desk.now())), key)
            else:
                await desk.store.accept_callback(key, at, body)
        except Exception:  # flow guard: whatever kept it out may still last; tried again at the next pump
            log.warning("held_delivery_waits", extra={"held": len(desk.held.rows)})
            return
        desk.held.rows.pop(key, None)


async def _handle(desk: Desk, key: str, at: datetime, body: Mapping[str, object]) -> None:
    user, kind = str(body["user"]), str(body["kind"])
    if kind == "text":
        answer = await answer_text(desk, user, str(body["content"]), key)
        await say(desk, user, answer, key)
    elif kind == "media":
        actor = desk.actor(user)
        media_kind, media_id = str(body.get("media_kind", "")), str(body.get("media_id", ""))
        if actor is None:
            answer = await refusals.stranger(desk, user, key)
        else:
            answer = await evidence.received(desk, actor, media_kind, media_id, key)
        await say(desk, user, answer, key)
    elif kind in ("card", "menu"):
        await _pressed(desk, user, key, body)


async def _pressed(desk: Desk, user: str, key: str, body: Mapping[str, object]) -> None:
    parts = str(body["event_key"]).split("|")
    await desk.store.mark_seen(str(body["task_id"]), desk.now())
    actor = desk.actor(user)
    if actor is not None and parts[0] == "shift" and len(parts) == 3:
        await _rota_pressed(desk, actor, parts[1], parts[2], str(body["response_code"]), key)
        return
    if actor is None:
        await say(desk, user, await refusals.stranger(desk, user, key), key)
        return
    if parts[0] == asking.SAY:
        await _chosen(desk, user, str(body["event_key"]).partition("|")[2], str(body["response_code"]), key)
        return
    if len(parts) < 2 or not parts[0].isdigit():
        await refusals.record(desk, actor, parts[0], "unknown", key)
        await say(desk, user, "这个按钮已经失效，请回“查询”查看。", key)
        return
    number, action = int(parts[0]), parts[1]
    code = str(body["response_code"])
    if action in buttons.STAGES and code:
        await _show_stage(desk, actor, number, action, code, key)
        return
    if action in replies.ASK:
        await say(desk, user, replies.ASK[action].format(n=number), key)
        return
    if action in ("stuck", "points"):
        reader = reading.READERS["卡在" if action == "stuck" else "口径"]
        await say(desk, user, reader(desk, actor, await reading.matter(desk, number), desk.now()), key)
        return
    if action == "end_drill":
        await _refresh(desk, actor, number, code, await drill.end(desk, number, actor), key)
        return
    selected = body.get("selected")
    chosen = selected if isinstance(selected, Mapping) else {}
    code_of = "note" if action == buttons.PHONED else action
    headline = await _act(desk, actor, number, code_of, press_fields(action, parts[2:], chosen), key)
    await _refresh(desk, actor, number, code, headline, key)


async def _chosen(desk: Desk, user: str, line: str, code: str, key: str) -> None:
    """A choice of what had been unclear: the completed line is worked as if typed."""
    answer = await answer_text(desk, user, line, key)
    if code and answer:
        await queue(desk, update_message(desk, user, code, asking.answered(desk, line, answer), key, None))
    if not code or len(answer) > asking.FITS:
        await say(desk, user, answer, key)


async def _rota_pressed(desk: Desk, actor: Actor, action: str, ident: str, code: str, key: str) -> None:
    text: str
    card: Card | None
    if action in ("arrive", "cover"):
        text, card = await shift_start.pressed(desk, actor, action, key)
    else:
        text, card = await rota_desk.pressed(desk, actor, action, ident, key)
    if card is None or not code:
        await say(desk, actor.id, text, key)
    else:
        await queue(desk, update_message(desk, actor.id, code, card, key, None))


def press_fields(action: str, args: list[str], selected: Mapping[str, object]) -> dict[str, object]:
    """Action fields of a button key and of the dropdown that came with it."""
    out: dict[str, object] = {}
    for question, ids in selected.items():
        values = list(ids) if isinstance(ids, (list, tuple)) else [ids]
        if values:
            out[question] = str(values[0])
    if not args:
        return out
    if action == buttons.PHONED:
        return {"note": "phoned", "text": f"已电话报告：{args[0]}"}
    name = {
        "verify": "result",
        "exclude": "reason",
        "arbitrate": "unit",
        "assign": "unit",
        "attest": "gate",
        "report_up": "detail",
        "release": "kind",
        "grade": "level",
        "explain": "reason",
        "return": "reason",
    }.get(action)
    if name:
        out[name] = args[0]
    if action == "verify" and len(args) > 1:
        out["party"] = args[1]
    if action == "grade":
        out |= {"level": LEVELS.get(args[0]), "reason": "经卡片登记"}
    if action == "release":
        out["detail"] = "经卡片登记，网址待补"
    if action == "second":
        out["agreed"] = args[0] == "yes"
    return out


async def _act(desk: Desk, actor: Actor, number: int, action: str, fields: dict[str, object], key: str) -> str:
    if action == "state":
        return "现状如下"
    try:
        incident, events = await act(desk, number, action, actor, fields, key)
        await living.spread(desk, actor, incident, events, key)
    except ActionNotAllowed as e:
        return (await refusals.told(desk, actor, e, key)).split("现在可以")[0]
    except (NotFound, Busy) as e:
        return await refusals.unread(desk, actor, action, e, key)
    return replies.done(incident, events, desk.settings, desk.now()) + await contradiction.tell(
        desk, actor, incident, events, key
    )


async def _refresh(desk: Desk, actor: Actor, number: int, code: str, headline: str, key: str) -> None:
    """Put the present state on the pressed card; without a code the headline goes out as a text."""
    incident = await desk.store.incident(number)
    if incident is None or not code:
        await say(desk, actor.id, headline, key)
        return
    card = living_card(incident, living.context(desk, actor.id, incident), headline)
    await queue(desk, update_message(desk, actor.id, code, card, key, incident.number))


async def _show_stage(desk: Desk, actor: Actor, number: int, action: str, code: str, key: str) -> None:
    """The second stage of an action takes the place of the pressed card."""
    incident = await desk.store.incident(number)
    if incident is None:
        await say(desk, actor.id, str(NotFound(number)), key)
        return
    stage = buttons.STAGES[action]
    offer = buttons.stage_offer(incident, action)
    hidden = thin(incident, desk.settings)
    card = button_card(
        title="有专线事项，请到值班室" if hidden else f"{texts.mark(incident)}{texts.short(incident, desk.settings)}",
        desc=f"{number}号 {stage.desc}",
        sub=stage.sub.format(n=number),
        buttons=[Button(text=b.text, key=b.key, style=b.style) for b in offer.buttons],
        source=texts.source_line(desk.settings, incident),
    )
    await queue(desk, update_message(desk, actor.id, code, card, key, number))


async def answer_text(desk: Desk, user: str, line: str, key: str) -> str:
    """Reply to one typed line."""
    actor = desk.actor(user)
    if actor is None:
        return await refusals.stranger(desk, user, key)
    if any(mark in text for text in (line, tidy(line)) for mark in desk.settings.bot.secrecy_marks):
        await refusals.record(desk, actor, "any", "secrecy_mark", key)
        return "来文带有密级标识，企业微信不得传递。本条内容未留存，请到值班室当面处理。"
    asked = parse(line) or parse(meant.question(line))
    if asked is None:
        return await guessing.answer(desk, actor, line, key)
    try:
        if second := second_of(line, asked):
            raise CommandError(f"一条消息只办一件事，这条都没有办。请分两条发，后一条是：{second[:40]}")
        if not asked.command.action:
            return await _without_number(desk, actor, asked, key)
        return await _typed_action(desk, actor, asked, key)
    except ActionNotAllowed as e:
        return await refusals.told(desk, actor, e, key)
    except Unclear as e:
        return await asking.back(desk, user, asked, e, key)
    except (CommandError, NotFound, Busy) as e:
        return await refusals.unread(desk, actor, asked.command.action or "read", e, key)


async def _typed_action(desk: Desk, actor: Actor, asked: Asked, key: str) -> str:
    number = await reading.number_of(desk, asked)
    if asked.command.words[0] == "口径" and not asked.rest:
        return reading.points(desk, actor, await reading.matter(desk, number), desk.now())
    fields = asked.command.fields(asked.rest, desk.settings, desk.now())
    if asked.command.action == "attest" and not fields.get("name"):
        fields["name"] = actor.name
    if asked.command.action == "report_up" and not fields.get("detail"):
        fields["detail"] = "首报"
    if asked.command.action == "report_written" and not fields.get("detail"):
        fields["detail"] = "书面报告"
    incident, events = await act(desk, number, asked.command.action, actor, fields, key)
    await living.spread(desk, actor, incident, events, key)
    done = replies.done(incident, events, desk.settings, desk.now())
    done += await contradiction.tell(desk, actor, incident, events, key)
    return done + _looked_at(desk, asked.command.action, incident, fields)


def _looked_at(desk: Desk, action: str, incident: Incident, fields: Mapping[str, object]) -> str:
    """What was published is read against the record (`bot.proof`)."""
    return published(incident, str(fields.get("detail", "")), desk.settings, desk.now()) if action == "release" else ""


async def _login_code(desk: Desk, actor: Actor) -> str:
    """For a computer on which WeCom's own sign-in does not work."""
    officer = desk.settings.organisation.officer(actor.id)
    if officer is None or not officer.board:
        return "您没有总览权限，请联系系统管理员在名册中开通。"
    code = await issue(desk.store, officer, actor, desk.now())
    return (
        f"登录码 {code}，账号 {officer.userid}，10分钟内有效，用一次，不要告诉别人。在电脑上打开 {desk.board_url}/login 输入。"
    )


async def _without_number(desk: Desk, actor: Actor, asked: Asked, key: str) -> str:
    """Commands that are no action on one matter: reports, the rota, drills; everything else only reads."""
    word = asked.command.words[0]
    if word == "报":
        return await officer_report(desk, actor, asked.rest, key)
    if word == "到岗":
        return await shift_start.arrive(desk, actor)
    if word == "顶班":
        return await rota_desk.cover(desk, actor, key)
    if word == "换班":
        return await rota_desk.ask_swap(desk, actor, asked.rest, key)
    if word == "交接":
        return await rota_desk.begin_handover(desk, actor, key)
    if word == "附件":
        number = await reading.number_of(desk, asked)
        said = await evidence.attach_by_command(desk, actor, number)
        return said or await giving.give(desk, actor, await reading.matter(desk, number), key)
    if word == "体检":
        found = await reading.matter(desk, await reading.number_of(desk, asked))
        return proof(found, asked.rest, desk.settings, desk.now())
    if word == "报告":
        return await papers.review(desk, actor, await reading.number_of(desk, asked), key)
    if word == "台账":
        return await papers.ledger(desk, actor, asked.rest, key)
    if word == "登录码":
        return await _login_code(desk, actor)
    if word == "撤回":
        return await recalling.recall(desk, actor, await reading.number_of(desk, asked), asked.rest, key)
    if word == "演练":
        return await drill.drill(desk, actor, asked.number, asked.rest, key)
    return await reading.answer(desk, actor, asked)
