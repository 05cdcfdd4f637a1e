"""message/send, update_template_card and recall (documents 90236, 94888, 94867)."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from bot.emulator import rules
from bot.emulator.card_rules import CALLING, check_card, pruned
from bot.emulator.ledger import day_start
from bot.emulator.office import Office, Target, fresh_id
from bot.emulator.refusal import Refusal

CODE_LIFE = timedelta(hours=72)
RECALL_LIFE = timedelta(hours=24)
SAFE_FILES = ["txt", "pdf", "doc", "docx", "ppt", "pptx", "xls", "xlsx", "xml", "jpg", "jpeg", "png", "bmp", "gif"]


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def send(office: Office, raw: bytes) -> dict[str, Any]:
    """Check, store, deliver; return the answer. Nothing is stored when a Refusal is raised."""
    body = rules.parse(raw)
    if rules.typed(body, "agentid", int, 0) != office.corp.agentid:
        raise Refusal(301002, "no permission for this agentid")
    users, parties, tags = rules.recipients(body)
    msgtype, content = rules.content(body)
    interval = rules.duplicate_interval(body)
    can_call = msgtype == "template_card" and rules.calls_back(content)
    if can_call and not office.callback_url:
        raise Refusal(43012, "callback url not configured")
    _media_known(office, msgtype, content, safe=body.get("safe") == 1)
    target = office.target(users, parties, tags)
    if not target.reached and not target.unlicensed:
        raise Refusal(81013, "all recipients invalid", **_bad(target))
    digest = hashlib.sha256(raw).hexdigest()
    request = {"received_at": office.now(), "msgtype": msgtype, "body": raw.decode(), "digest": digest}
    request |= {"content": json.dumps(content, ensure_ascii=False), "can_call": int(can_call)}
    first = _first(office, digest, interval) if office.switches.duplicate_check else None
    if first is not None:
        return _dropped_repeat(office, request, first, target)
    task_id = content.get("task_id") if msgtype == "template_card" else None
    _task_free(office, task_id)
    return _deliver(office, request, task_id, target)


def _bad(target: Target) -> dict[str, str]:
    return {
        "invaliduser": "|".join(target.invalid),
        "invalidparty": "|".join(target.invalid_parties),
        "invalidtag": "|".join(target.invalid_tags),
        "unlicenseduser": "|".join(target.unlicensed),
    }


def _media_known(office: Office, msgtype: str, content: dict[str, Any], *, safe: bool = False) -> None:
    rows = content.get("horizontal_content_list", ()) if msgtype == "template_card" else ()
    wanted = [row["media_id"] for row in rows if row.get("type") == 2]
    if msgtype in rules.MEDIA:
        wanted.append(content["media_id"])
    for media_id in wanted:
        name = office.known_media(media_id)
        if safe and name.rpartition(".")[2].lower() not in SAFE_FILES:
            raise Refusal(40005, "file type not allowed in a safe message")


def _first(office: Office, digest: str, interval: int) -> Any:
    if not interval:
        return None
    sql = "select * from request where digest=? and repeat_of is null and received_at > ? order by seq desc limit 1"
    return office.ledger.row(sql, digest, office.now() - interval * 1000)


def _dropped_repeat(office: Office, request: dict[str, Any], first: Any, target: Target) -> dict[str, Any]:
    request |= {"task_id": first["task_id"], "msgid": first["msgid"], "answer": first["answer"], "target": first["target"]}
    request["repeat_of"] = first["seq"]
    office.ledger.add(request, [(user, "repeat") for user in target.reached], None)
    answer: dict[str, Any] = json.loads(first["answer"])
    if office.switches.repeat_answer == "bare":
        answer = {key: value for key, value in answer.items() if key not in ("msgid", "response_code")}
    return answer


def _task_free(office: Office, task_id: str | None) -> None:
    if task_id and office.ledger.row("select 1 from request where task_id=? and repeat_of is null", task_id):
        raise Refusal(office.switches.taken_code, "task_id already used")


def _deliver(office: Office, request: dict[str, Any], task_id: str | None, target: Target) -> dict[str, Any]:
    _quota(office, len(target.reached))
    answer = {"errcode": 0, "errmsg": "ok", **_bad(target), "msgid": fresh_id("m-")}
    code = fresh_id("rc-") if request["can_call"] else None
    if code:
        answer["response_code"] = code
    deliveries = [(user, "shown" if _within_meter(office, user) else "dropped") for user in target.reached]
    request |= {"task_id": task_id, "msgid": answer["msgid"], "answer": json.dumps(answer)}
    request["target"] = json.dumps(target.reached)
    office.arrived(office.ledger.add(request, deliveries, code))
    return answer


def _within_meter(office: Office, user: str) -> bool:
    """Whether the member has room: the n-th last message shown to him must have left the window."""
    sql = "select received_at from delivery where user=? and state='shown' order by received_at desc limit 1 offset ?"
    for limit, seconds in ((office.switches.per_minute, 60), (office.switches.per_hour, 3600)):
        row = office.ledger.row(sql, user, limit - 1)
        if row is not None and row["received_at"] > office.now() - seconds * 1000:
            return False
    return True


def _quota(office: Office, more: int) -> None:
    sql = "select count(*) n from delivery where state='shown' and received_at >= ?"
    row = office.ledger.row(sql, day_start(office.now()))
    if row is not None and row["n"] + more > office.corp.accounts * office.switches.daily_per_account:
        raise Refusal(45009, "daily quota used up")


def update(office: Office, raw: bytes) -> dict[str, Any]:
    """Spend a response_code on a card: grey its buttons or replace it."""
    body = rules.parse(raw)
    if rules.typed(body, "agentid", int, 0) != office.corp.agentid:
        raise Refusal(42015, "card belongs to another app")
    code = rules.typed(body, "response_code", str, "")
    spent = office.ledger.row("select * from code where code=?", code)
    if spent is None or spent["spent_at"] is not None or office.now() - spent["issued_at"] > _ms(CODE_LIFE):
        raise Refusal(60140, "response_code invalid, used or expired")
    request = office.ledger.row("select * from request where seq=?", spent["seq"])
    assert request is not None  # the code's foreign row, written in the same transaction
    content, grey = _new_look(office, body, json.loads(request["content"]))
    wanted = _update_target(office, body, json.loads(request["target"]))
    hit = [user for user in wanted if user in json.loads(request["target"])]
    if not hit:
        raise Refusal(82102, "no recipient of this card among the targets")
    text = None if content is None else json.dumps(content, ensure_ascii=False)
    office.ledger.change_cards(spent["seq"], hit, code, office.now(), text, grey)
    office.changed()
    return {"errcode": 0, "errmsg": "ok", "invaliduser": [user for user in wanted if user not in hit]}


def _new_look(office: Office, body: dict[str, Any], original: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    button = rules.typed(body, "button", dict, {})
    if button:
        name = rules.typed(button, "replace_name", str, "")
        if not name:
            raise Refusal(40063, "replace_name missing")
        if original.get("card_type") not in CALLING:
            raise Refusal(42031, "card has no buttons")
        return None, name
    card = pruned(rules.typed(body, "template_card", dict, {}))
    if not card:
        raise Refusal(41011, "button or template_card missing")
    check_card(card, sending=False)
    _media_known(office, "template_card", card)
    return card, rules.typed(card, "replace_text", str, "") if card["card_type"] in CALLING else ""


def _update_target(office: Office, body: dict[str, Any], recipients: list[str]) -> list[str]:
    users, parties, tags = (rules.typed(body, name, list, []) for name in ("userids", "partyids", "tagids"))
    if not all(isinstance(u, str) for u in users) or not all(type(i) is int for i in (*parties, *tags)):
        raise Refusal(40063, rules.WARNING + "userids are strings, partyids and tagids integers")
    if len(users) > 1000:
        raise Refusal(40032, "more than 1000 users")
    if len(parties) > 100 or len(tags) > 100:
        raise Refusal(82002 if len(parties) > 100 else 82003, "more than 100 parties or tags")
    if rules.typed(body, "atall", int, 0) == 1:
        return recipients
    if not users and not parties and not tags:
        raise Refusal(82101, "update target is empty")
    target = office.target(users, [str(i) for i in parties], [str(i) for i in tags])
    return [*target.reached, *target.invalid]


def recall(office: Office, raw: bytes) -> dict[str, Any]:
    """Take a message off every phone, within 24 hours."""
    msgid = rules.typed(rules.parse(raw), "msgid", str, "")
    request = office.ledger.row("select seq, received_at from request where msgid=? and repeat_of is null", msgid)
    if not msgid or request is None:
        raise Refusal(40058, "no such message of this app")
    if office.now() - request["received_at"] > _ms(RECALL_LIFE):
        raise Refusal(42052, "too late to recall")
    office.ledger.write("update delivery set recalled=1 where seq=?", request["seq"])
    office.changed()
    return {"errcode": 0, "errmsg": "ok"}
