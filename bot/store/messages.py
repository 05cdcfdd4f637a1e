"""Messages: the outbox. Frozen when queued, claimed, sent, marked; an unknown outcome is sent again byte for byte (design.md §3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.store import chain, claims, steps
from bot.store.engine import Row, StoreError, Tx, one
from bot.store.forms import clean, instant, maybe, ms
from bot.store.port import MessageRow
from bot.store.schema import CLAIMABLE, FAR
from playbooks.incident import Event

CODE_LIFE: Final = timedelta(hours=72)
COLUMNS: Final = (
    "id, incident, recipient, kind, task_id, request, text, created_at, due_at, state, priority, attempts, owner,"
    " lease_until, sent_at, seen_at, msgid, response_code, error"
)
INSERT: Final = f"insert into message ({COLUMNS}) values (:{', :'.join(c.strip() for c in COLUMNS.split(','))})"
BATCH: Final = 300
MINE: Final = "where id = :id and owner = :owner and state = 'sending'"
LINKED: Final = "key in (select step from step_message where message = :id)"


def queue(tx: Tx, outcomes: Mapping[str, tuple[str, str]], messages: Sequence[MessageRow]) -> None:
    """Settle claimed steps and queue their messages.

    A message all of whose steps were settled by someone else is not queued, nor one whose id exists: two processes that
    worked on the same steps never send twice.
    """
    taken = steps.settle(tx, outcomes)
    known = _known(tx, [m.id for m in messages])
    fresh: dict[str, MessageRow] = {}
    links: dict[tuple[str, str], None] = {}
    for message in messages:
        claimed = [key for key in message.steps if key in outcomes]
        if message.id in known or message.id in fresh or (claimed and not taken.intersection(claimed)):
            continue
        fresh[message.id] = message
        links |= {(key, message.id): None for key in message.steps if key in taken or key not in outcomes}
    if fresh:
        tx.many(INSERT, [_values(m) for m in fresh.values()])
    if links:
        tx.many("insert into step_message (step, message) values (:key, :id)", [{"key": k, "id": m} for k, m in links])
        _revive(tx, [key for key, _ in links if key not in taken])


def _known(tx: Tx, ids: Sequence[str]) -> set[str]:
    return {
        r["id"] for named in _names(ids) for r in tx.rows(f"select id from message where id in (:{', :'.join(named)})", named)
    }


def _names(values: Sequence[str]) -> Iterator[dict[str, str]]:
    """Parameters for lists, in parts that every engine takes."""
    for start in range(0, len(values), BATCH):
        yield {f"v{n}": v for n, v in enumerate(values[start : start + BATCH])}


def _revive(tx: Tx, keys: Sequence[str]) -> None:
    """A step that had failed is on its way again with a new message."""
    for named in _names(keys):
        tx.run(
            f"update step set state = 'sending', lease_until = :far where key in (:{', :'.join(named)}) and state = 'failed'",
            {**named, "far": FAR},
        )


def _values(message: MessageRow) -> dict[str, object]:
    try:
        request = message.request.decode()
    except UnicodeDecodeError as e:
        raise StoreError(f"消息{message.id}的请求体不是UTF-8文本，没有入队，请联系管理员。") from e
    return {
        "id": message.id,
        "incident": message.incident,
        "recipient": message.recipient,
        "kind": message.kind,
        "task_id": message.task_id,
        "request": request,
        "text": clean(message.text),
        "created_at": ms(message.created_at),
        "due_at": ms(message.due_at),
        "state": message.state,
        "priority": message.priority,
        "attempts": message.attempts,
        "owner": "",
        "lease_until": 0,
        "sent_at": ms(message.sent_at),
        "seen_at": ms(message.seen_at),
        "msgid": message.msgid,
        "response_code": message.response_code,
        "error": clean(message.error),
    }


def claim(tx: Tx, now: datetime, wall: datetime, owner: str, until: datetime, limit: int) -> list[MessageRow]:
    """Due messages taken for `owner`, most urgent first; `attempts` counts this try."""
    rows = claims.take(tx, claims.MESSAGES, now, wall, owner, until, limit)
    links = _links(tx, [r["id"] for r in rows])
    return [_message(r, links.get(r["id"], ())) for r in rows]


def _links(tx: Tx, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    out: dict[str, list[str]] = {}
    for named in _names(ids):
        sql = f"select message, step from step_message where message in (:{', :'.join(named)}) order by step"
        for r in tx.rows(sql, named):
            out.setdefault(r["message"], []).append(r["step"])
    return {k: tuple(v) for k, v in out.items()}


def _message(row: Row, linked: tuple[str, ...]) -> MessageRow:
    return MessageRow(
        id=row["id"],
        incident=row["incident"],
        recipient=row["recipient"],
        kind=row["kind"],
        task_id=row["task_id"],
        request=row["request"].encode(),
        text=row["text"],
        created_at=instant(row["created_at"]),
        due_at=instant(row["due_at"]),
        state=row["state"],
        priority=row["priority"],
        attempts=row["attempts"],
        sent_at=maybe(row["sent_at"]),
        seen_at=maybe(row["seen_at"]),
        msgid=row["msgid"],
        response_code=row["response_code"],
        error=row["error"],
        steps=linked,
    )


def mark_sent(tx: Tx, ident: str, owner: str, at: datetime, msgid: str, code: str, detail: str, event: Event | None) -> bool:
    """WeCom took it. False when the lease has gone to another process, which will mark it itself."""
    found = tx.rows(
        "update message set state = case when seen_at is null then 'sent' else 'seen' end, sent_at = :at, msgid = :msgid,"
        f" response_code = :code, error = '', lease_until = 0 {MINE} returning incident, attempts, state",
        {"id": ident, "owner": owner, "at": ms(at), "msgid": msgid, "code": code},
    )
    if not found:
        return False
    row = found[0]
    _attempt(tx, ident, row["attempts"], at, "sent", detail)
    if code:
        add_code(tx, code, ident, at)
    tx.run(
        f"update step set state = :state, reason = '', lease_until = 0 where {LINKED}"
        " and state in ('pending', 'sending', 'unknown', 'failed')",
        {"id": ident, "state": row["state"]},
    )
    if event is not None:
        owner_chain = chain.SYSTEM if row["incident"] is None else chain.chain_of(row["incident"])
        chain.append(tx, owner_chain, [event])
    return True


def _attempt(tx: Tx, ident: str, n: int, at: datetime, outcome: str, detail: str) -> None:
    tx.run(
        "insert into attempt (message, n, at, outcome, detail) select :id, :n, :at, :outcome, :detail"
        " where not exists (select 1 from attempt where message = :id and n = :n and outcome = :outcome)",
        {"id": ident, "n": n, "at": ms(at), "outcome": outcome, "detail": clean(detail)},
    )


def waiting_for(tx: Tx, recipient: str) -> list[int]:
    """Incidents of which a message to this person has not left yet, the most urgent first."""
    sql = (
        "select incident, min(priority) as first from message where recipient = :recipient and incident is not null"
        " and state = 'pending' and sent_at is null group by incident order by first, incident"
    )
    return [int(r["incident"]) for r in tx.rows(sql, {"recipient": recipient})]


def mark_failed(tx: Tx, ident: str, owner: str, at: datetime, state: str, retry_at: datetime | None, detail: str) -> bool:
    """It did not go, or nobody knows: `pending` and `unknown` come back at `retry_at`, `failed` never does."""
    found = tx.rows(
        "update message set state = :state, error = :detail, lease_until = 0,"
        f" due_at = case when :again = 1 then :retry else due_at end {MINE} returning attempts",
        {
            "id": ident,
            "owner": owner,
            "state": state,
            "detail": clean(detail),
            "again": int(retry_at is not None),
            "retry": 0 if retry_at is None else ms(retry_at),
        },
    )
    if not found:
        return False
    _attempt(tx, ident, found[0]["attempts"], at, state, detail)
    if state == "unknown":
        tx.run(f"update step set state = 'unknown' where {LINKED} and state = 'sending'", {"id": ident})
    elif state == "pending":
        tx.run(f"update step set state = 'sending' where {LINKED} and state = 'unknown'", {"id": ident})
    elif state == "failed":
        _fail_steps(tx, ident, detail)
    return True


def _fail_steps(tx: Tx, ident: str, detail: str) -> None:
    """A step has failed when the last message that carried it has."""
    tx.run(
        f"update step set state = 'failed', reason = :detail, lease_until = 0 where {LINKED}"
        " and state in ('sending', 'unknown') and not exists (select 1 from step_message l join message m on m.id = l.message"
        " where l.step = step.key and m.state <> 'failed')",
        {"id": ident, "detail": clean(detail)},
    )


def mark_seen(tx: Tx, task_id: str, at: datetime) -> None:
    """A person pressed a button of the card. A message still on its way becomes `seen` when it is marked sent."""
    if not task_id:
        return
    for row in tx.rows("select id, state from message where task_id = :task", {"task": task_id}):
        tx.run(
            "update message set seen_at = case when seen_at is null then :at else seen_at end,"
            " state = case when state = 'sent' then 'seen' else state end where id = :id",
            {"id": row["id"], "at": ms(at)},
        )
        if row["state"] in ("sent", "seen"):
            tx.run(f"update step set state = 'seen' where {LINKED} and state = 'sent'", {"id": row["id"]})


def messages_of(tx: Tx, number: int) -> list[MessageRow]:
    return read(tx, "where incident = :number order by created_at, priority, id", {"number": number})


def message_by_task(tx: Tx, task_id: str) -> MessageRow | None:
    found = read(tx, "where task_id = :task and task_id <> '' order by created_at desc limit 1", {"task": task_id})
    return found[0] if found else None


def read(tx: Tx, where: str, params: Mapping[str, object]) -> list[MessageRow]:
    """Messages of a condition, with the steps they carry."""
    rows = tx.rows(f"select * from message {where}", params)
    links = _links(tx, [r["id"] for r in rows])
    return [_message(r, links.get(r["id"], ())) for r in rows]


def pushes(tx: Tx, number: int) -> dict[str, int]:
    """How many cards of due steps each person was sent, or will be, about one matter."""
    sql = (
        "select recipient, count(*) as n from message where incident = :number and task_id <> ''"
        " and state not in ('cancelled', 'merged', 'failed')"
        " and exists (select 1 from step_message l where l.message = message.id) group by recipient"
    )
    return {r["recipient"]: int(r["n"]) for r in tx.rows(sql, {"number": number})}


def pending(tx: Tx) -> int:
    row = one(tx, "select count(*) as n from message where " + CLAIMABLE)
    return int(row["n"]) if row else 0


# response codes of cards


def add_code(tx: Tx, code: str, message: str, at: datetime) -> None:
    tx.run(
        "insert into response_code (code, message, issued_at) select :code, :message, :at"
        " where not exists (select 1 from response_code where code = :code)",
        {"code": code, "message": message, "at": ms(at)},
    )


def spend_code(tx: Tx, message: str, now: datetime) -> str | None:
    """The newest unspent code of a message, spent by this call; None when there is none within 72 hours."""
    params = {"message": message, "oldest": ms(now - CODE_LIFE), "now": ms(now)}
    while True:
        newest = one(
            tx,
            "select code from response_code where message = :message and spent_at is null and issued_at > :oldest"
            " order by issued_at desc, code limit 1",
            params,
        )
        if newest is None:
            return None
        code = str(newest["code"])
        if tx.run(
            "update response_code set spent_at = :now where code = :code and spent_at is null", {"code": code, "now": ms(now)}
        ):
            return code
