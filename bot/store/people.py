"""Sign-ins of the board, and problems an administrator must know. Tokens are kept as digests: a stolen file opens no page."""

from __future__ import annotations

from datetime import datetime

from bot.store.engine import Row, Tx, one, take
from bot.store.forms import clean, instant, maybe, ms, sha256
from bot.store.port import Problem


def add_login(tx: Tx, token: str, officer: str, expires: datetime) -> None:
    tx.run(
        "insert into login (token, officer, expires, used) values (:token, :officer, :expires, 0)",
        {"token": sha256(token), "officer": officer, "expires": ms(expires)},
    )


def use_login(tx: Tx, token: str, session: str, now: datetime, expires: datetime) -> str | None:
    """Turn a one-time link into a session; the officer, or None when it is unknown, spent or too old."""
    found = tx.rows(
        "update login set used = 1 where token = :token and used = 0 and expires > :now returning officer",
        {"token": sha256(token), "now": ms(now)},
    )
    if not found:
        return None
    tx.run("delete from board_session where expires < :now", {"now": ms(now)})
    tx.run(
        "insert into board_session (session, officer, expires) values (:session, :officer, :expires)",
        {"session": sha256(session), "officer": found[0]["officer"], "expires": ms(expires)},
    )
    return str(found[0]["officer"])


def session_officer(tx: Tx, session: str, now: datetime) -> str | None:
    row = one(
        tx,
        "select officer from board_session where session = :session and expires > :now",
        {"session": sha256(session), "now": ms(now)},
    )
    return None if row is None else str(row["officer"])


def end_session(tx: Tx, session: str) -> None:
    tx.run("delete from board_session where session = :session", {"session": sha256(session)})


def report_problem(tx: Tx, kind: str, subject: str, detail: str, at: datetime) -> bool:
    """Open a problem, or count it again; True when it is new."""
    params = {"kind": kind, "subject": clean(subject), "detail": clean(detail), "at": ms(at)}
    again = tx.run(
        "update problem set detail = :detail, last_at = :at, times = times + 1"
        " where kind = :kind and subject = :subject and resolved_at is null",
        params,
    )
    if again:
        return False
    params["id"] = take(tx, "problem")
    tx.run(
        "insert into problem (id, kind, subject, detail, first_at, last_at, times)"
        " values (:id, :kind, :subject, :detail, :at, :at, 1)",
        params,
    )
    return True


def has_problem(tx: Tx, kind: str, subject: str) -> bool:
    sql = "select 1 as known from problem where kind = :kind and subject = :subject and resolved_at is null"
    return one(tx, sql, {"kind": kind, "subject": clean(subject)}) is not None


def resolve_problem(tx: Tx, kind: str, subject: str, at: datetime) -> None:
    tx.run(
        "update problem set resolved_at = :at where kind = :kind and subject = :subject and resolved_at is null",
        {"kind": kind, "subject": clean(subject), "at": ms(at)},
    )


def problems(tx: Tx, *, open_only: bool) -> list[Problem]:
    where = " where resolved_at is null" if open_only else ""
    return [_problem(r) for r in tx.rows(f"select * from problem{where} order by last_at desc, id desc")]


def _problem(row: Row) -> Problem:
    return Problem(
        kind=row["kind"],
        subject=row["subject"],
        detail=row["detail"],
        first_at=instant(row["first_at"]),
        last_at=instant(row["last_at"]),
        count=row["times"],
        resolved_at=maybe(row["resolved_at"]),
    )
