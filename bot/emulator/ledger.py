"""What the emulator remembers, in one SQLite file: committed before any answer leaves, so a killed process loses nothing.

Times are epoch milliseconds of the program's clock. Write-ahead logging with NORMAL: a killed process keeps every commit.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

BEIJING = timezone(timedelta(hours=8))
FILE = "wecom-emulator.db"
_SCHEMA = """
create table if not exists request(seq integer primary key autoincrement, received_at integer not null, msgtype text not null,
  body text not null, digest text not null, task_id text, msgid text not null, answer text not null, content text not null,
  can_call integer not null, target text not null, repeat_of integer);
create index if not exists request_digest on request(digest);
create unique index if not exists request_task on request(task_id) where task_id is not null and repeat_of is null;
create table if not exists delivery(id integer primary key autoincrement, seq integer not null references request(seq),
  received_at integer not null, user text not null, state text not null, content text not null, grey text not null default '',
  pressed text not null default '[]', recalled integer not null default 0, updated_at integer);
create index if not exists delivery_user on delivery(user, state, received_at);
create index if not exists delivery_shown on delivery(received_at) where state='shown';
create index if not exists delivery_seq on delivery(seq);
create table if not exists code(code text primary key, seq integer not null, issued_at integer not null, spent_at integer);
create table if not exists token(value text primary key, issued_at integer not null, expires_at integer not null,
  revoked integer not null default 0);
create table if not exists media(media_id text primary key, kind text not null, name text not null, body blob not null,
  created_at integer not null);
create table if not exists sign_in(code text primary key, userid text not null, issued_at integer not null, spent_at integer);
create table if not exists said(id integer primary key autoincrement, at integer not null, user text not null,
  text text not null);
create table if not exists callback(id integer primary key autoincrement, at integer not null, plain text not null,
  state text not null default 'pending', tries integer not null default 0);
create table if not exists chat(chatid text primary key, agentid integer not null, name text not null, owner text not null,
  members text not null, created_at integer not null);
create table if not exists chat_change(at integer not null);
create table if not exists bot_spoke(bot text not null, chat text not null, primary key(bot, chat));
create table if not exists seen(user text primary key, delivery integer not null);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One accepted message for one person. `repeat`: an identical request dropped by the duplicate check, not shown.

    `shown` is false for repeats and for what exceeded the member's meter. `body` is the request as received.
    """

    seq: int
    received_at: datetime
    user: str
    msgtype: str
    body: str
    task_id: str
    msgid: str
    repeat: bool
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneMessage:
    """One message as it looks on a phone now. `content` is the card or the text block; `grey` replaces its buttons."""

    id: int
    at: datetime
    user: str
    msgtype: str
    content: dict[str, Any]
    task_id: str
    msgid: str
    grey: str
    pressed: tuple[str, ...]
    recalled: bool
    updated_at: datetime | None
    can_call: bool


def ms(at: datetime) -> int:
    """Epoch milliseconds."""
    return round(at.timestamp() * 1000)


def instant(value: int) -> datetime:
    """The aware UTC datetime of epoch milliseconds."""
    return datetime.fromtimestamp(value / 1000, UTC)


def day_start(value: int) -> int:
    """Epoch milliseconds of the last midnight in Beijing."""
    return round(instant(value).astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


class Ledger:
    """The tables. Every method is one transaction; used only from the event loop's thread."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(":memory:" if folder is None else folder / FILE)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("pragma journal_mode=wal; pragma synchronous=normal;" + _SCHEMA)

    def close(self) -> None:
        self._db.close()

    def write(self, sql: str, *values: object) -> int:
        """Run one statement in its own transaction; return the new row's id or the number of changed rows."""
        with self._db:
            cursor = self._db.execute(sql, values)
        return cursor.lastrowid or 0 if sql.startswith("insert") else cursor.rowcount

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return found

    def add(self, request: dict[str, Any], deliveries: list[tuple[str, str]], response_code: str | None) -> list[int]:
        """Store a request, its (user, state) deliveries and its code together; return the delivery ids."""
        at, content = request["received_at"], request["content"]
        with self._db:
            names = ",".join(request)
            marks = ",".join("?" * len(request))
            seq = self._db.execute(f"insert into request({names}) values({marks})", tuple(request.values())).lastrowid
            sql = "insert into delivery(seq, received_at, user, state, content) values(?,?,?,?,?)"
            ids = [self._db.execute(sql, (seq, at, user, state, content)).lastrowid or 0 for user, state in deliveries]
            if response_code:
                self._db.execute("insert into code(code, seq, issued_at) values(?,?,?)", (response_code, seq, at))
        return ids

    def press(self, delivery: int, seq: int, key: str, code: str, at: int) -> None:
        """Record a pressed button and the response code its callback carries."""
        with self._db:
            row = self._db.execute("select pressed from delivery where id=?", (delivery,)).fetchone()
            pressed = [*json.loads(row["pressed"]), key]
            self._db.execute("update delivery set pressed=? where id=?", (json.dumps(pressed), delivery))
            self._db.execute("insert into code(code, seq, issued_at) values(?,?,?)", (code, seq, at))

    def change_cards(self, seq: int, users: list[str], code: str, at: int, content: str | None, grey: str) -> None:
        """Spend `code` and change what `users` see of request `seq`; no content: only the buttons turn grey."""
        sql = "update delivery set content=coalesce(?, content), grey=?, updated_at=? where seq=? and user=? and state='shown'"
        with self._db:
            self._db.execute("update code set spent_at=? where code=?", (at, code))
            for user in users:
                self._db.execute(sql, (content, grey, at, seq, user))

    def messages(self, user: str) -> list[PhoneMessage]:
        """What the phone of `user` shows, oldest first."""
        sql = (
            "select d.*, r.msgtype, r.task_id, r.msgid, r.can_call from delivery d join request r using(seq) "
            "where d.user=? and d.state='shown' order by d.id"
        )
        return [_message(row) for row in self.rows(sql, user)]

    def message(self, delivery: int) -> PhoneMessage | None:
        sql = "select d.*, r.msgtype, r.task_id, r.msgid, r.can_call from delivery d join request r using(seq) where d.id=?"
        row = self.row(sql, delivery)
        return None if row is None or row["state"] != "shown" else _message(row)

    def all(self) -> list[LedgerRow]:
        """Every accepted message, in order of arrival."""
        sql = (
            "select d.id, d.received_at, d.user, d.state, r.msgtype, r.body, r.task_id, r.msgid, r.repeat_of "
            "from delivery d join request r using(seq) order by d.id"
        )
        return [
            LedgerRow(
                seq=row["id"],
                received_at=instant(row["received_at"]),
                user=row["user"],
                msgtype=row["msgtype"],
                body=row["body"],
                task_id=row["task_id"] or "",
                msgid=row["msgid"],
                repeat=row["repeat_of"] is not None,
                shown=row["state"] == "shown",
            )
            for row in self.rows(sql)
        ]


def _message(row: sqlite3.Row) -> PhoneMessage:
    return PhoneMessage(
        id=row["id"],
        at=instant(row["received_at"]),
        user=row["user"],
        msgtype=row["msgtype"],
        content=json.loads(row["content"]),
        task_id=row["task_id"] or "",
        msgid=row["msgid"],
        grey=row["grey"],
        pressed=tuple(json.loads(row["pressed"])),
        recalled=bool(row["recalled"]),
        updated_at=None if row["updated_at"] is None else instant(row["updated_at"]),
        can_call=bool(row["can_call"]),
    )
