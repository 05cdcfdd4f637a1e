"""What was tried: every attempt of the messages of one incident, and what left in the last hour, for meters shared by all processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.store.engine import Tx
from bot.store.forms import instant, ms
from bot.store.kept import Left, Try


def tries_of(tx: Tx, number: int) -> list[Try]:
    """Attempts in order of time; `outcome`: sent, pending (refused, again later), unknown, failed."""
    sql = (
        "select a.message, a.n, a.at, a.outcome, a.detail, m.kind, m.recipient from attempt a join message m on m.id = a.message"
        " where m.incident = :number order by a.at, a.message, a.n"
    )
    return [
        Try(
            message=r["message"],
            kind=r["kind"],
            recipient=r["recipient"],
            n=int(r["n"]),
            at=instant(r["at"]),
            outcome=r["outcome"],
            detail=r["detail"],
        )
        for r in tx.rows(sql, {"number": number})
    ]


def sent_since(tx: Tx, since: datetime) -> Sequence[Left]:
    """Messages that left after `since`, and those that may have left: theirs is the time at which they are tried again."""
    rows = [
        *tx.rows("select recipient, kind, sent_at as at from message where sent_at > :since", {"since": ms(since)}),
        *tx.rows(
            "select recipient, kind, due_at as at from message where state = 'unknown' and due_at > :since",
            {"since": ms(since)},
        ),
    ]
    return tuple(Left(recipient=r["recipient"], kind=r["kind"], at=instant(r["at"])) for r in rows)
