"""Messages written anew before they leave: only while every earlier try was certainly refused (design.md §3.3).

A request whose outcome is unknown is frozen and repeated byte for byte. One that provably never arrived may still be brought up to
date: after an outage the waiting messages to one person about one matter become one, with the true remaining time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.store import messages
from bot.store.engine import Tx
from bot.store.forms import clean
from bot.store.port import MessageRow
from bot.store.schema import FAR

REFUSED: Final = "(select count(*) from attempt where attempt.message = message.id and attempt.outcome = 'pending')"
# without a request nothing can have left: it is written here, before the first send
MINE: Final = f"id = :id and owner = :owner and state = 'sending' and (request = '' or {REFUSED} = attempts - 1)"
WAITING: Final = f"state = 'pending' and (request = '' or {REFUSED} = attempts)"
MINE_TOO: Final = f"kind = 'reply' and owner = :owner and state = 'sending' and {REFUSED} = attempts - 1"


BEHIND: Final = f"(({WAITING}) or ({MINE_TOO}))"
"""Of answers also those claimed in the same breath: one process sends to one person one after the other."""


def unsent(tx: Tx, ident: str, owner: str) -> list[MessageRow]:
    """The claimed message first, then those waiting for the same person about the same matter, or the answers waiting for that person;
    none of them ever left.

    Empty when the claimed one may have left, or is no longer `owner`'s.
    """
    found = messages.read(tx, f"where {MINE}", {"id": ident, "owner": owner})
    if not found:
        return found
    if found[0].kind == "reply":
        asked = {"recipient": found[0].recipient, "id": ident, "owner": owner}
        where = f"where kind = 'reply' and recipient = :recipient and id <> :id and {BEHIND} order by created_at, id"
        return [*found, *messages.read(tx, where, asked)]
    if found[0].incident is None:
        return found
    params = {"incident": found[0].incident, "recipient": found[0].recipient, "id": ident}
    where = f"where incident = :incident and recipient = :recipient and id <> :id and {WAITING} order by created_at, id"
    return [*found, *(m for m in messages.read(tx, where, params) if m.steps)]


def mine(tx: Tx, ident: str, owner: str) -> bool:
    """Whether a claimed message is still this process's to send: it was not taken along by another."""
    return bool(
        tx.rows("select id from message where id = :id and owner = :owner and state = 'sending'", {"id": ident, "owner": owner})
    )


def rewrite(
    tx: Tx,
    ident: str,
    owner: str,
    request: bytes | None,
    text: str,
    absorbed: Sequence[str],
    outcomes: Mapping[str, tuple[str, str]],
    others: Sequence[MessageRow],
) -> bool:
    """Give a claimed message its new request, or withdraw it (`request` None); absorbed ones become `merged`.

    `outcomes` says what became of steps it no longer carries; `others` are queued in the same unit. False when it may have left.
    """
    if not tx.rows(f"select id from message where {MINE}", {"id": ident, "owner": owner}):
        return False
    for other in absorbed:
        if tx.run(
            f"update message set state = 'merged', lease_until = 0 where id = :id and {BEHIND}", {"id": other, "owner": owner}
        ):
            _adopt(tx, other, ident)
    if request is None:
        tx.run(
            "update message set state = 'cancelled', error = :why, lease_until = 0 where id = :id", {"id": ident, "why": text}
        )
    else:
        params = {"id": ident, "request": request.decode(), "text": clean(text)}
        tx.run("update message set request = :request, text = :text where id = :id", params)
    messages.queue(tx, {}, others)
    for key, (state, reason) in outcomes.items():
        _drop(tx, ident, key, state, reason)
    return True


def _adopt(tx: Tx, other: str, ident: str) -> None:
    """The steps of an absorbed message are carried by the one that leaves."""
    tx.run(
        "insert into step_message (step, message) select step, :id from step_message m where m.message = :other"
        " and not exists (select 1 from step_message k where k.step = m.step and k.message = :id)",
        {"id": ident, "other": other},
    )


def _drop(tx: Tx, ident: str, key: str, state: str, reason: str) -> None:
    """A step this message no longer carries is settled when no other message still carries it."""
    tx.run("delete from step_message where step = :key and message = :id", {"key": key, "id": ident})
    tx.run(
        "update step set state = :state, reason = :reason, lease_until = 0 where key = :key and state = 'sending'"
        " and not exists (select 1 from step_message l join message m on m.id = l.message"
        " where l.step = step.key and m.state in ('pending', 'sending', 'unknown'))",
        {"key": key, "state": state, "reason": clean(reason)},
    )


def requeue(tx: Tx, keys: Sequence[str]) -> list[str]:
    """Queued steps whose message is gone are due again; returns those that were."""
    out: list[str] = []
    for key in keys:
        found = tx.rows(
            "update step set state = 'pending', reason = '', owner = '', lease_until = 0 where key = :key"
            " and state in ('sending', 'unknown') and lease_until = :far and not exists (select 1 from step_message l"
            " join message m on m.id = l.message where l.step = step.key and m.state in ('pending', 'sending', 'unknown'))"
            " returning key",
            {"key": key, "far": FAR},
        )
        out += [r["key"] for r in found]
    return out
