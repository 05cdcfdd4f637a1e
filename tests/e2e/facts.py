"""The facts of one run that are nobody's judgement: what the story published and what is true of it, when the desk first saw
each post, and what officers pressed and typed, from the callbacks in the emulator's ledger.
"""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class Act:
    """Something a matter went through. kind: seen (figures of a post), a button's action, or the word typed."""

    at: datetime
    kind: str
    user: str = ""
    args: tuple[str, ...] = ()
    text: str = ""
    figures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """One thread of the story and the incident the desk made of it (None: it stayed silent)."""

    thread: str
    truth: dict[str, Any]
    posts: list[dict[str, Any]]
    number: int | None
    detected: datetime | None
    alarmed: datetime | None
    acts: list[Act]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def alerts(out: Path) -> list[dict[str, Any]]:
    """alerts.jsonl: what the emulator received."""
    return _lines(out / "alerts.jsonl")


def ledger(data: Path, sql: str) -> list[sqlite3.Row]:
    db = sqlite3.connect(f"file:{data}/emulator/wecom-emulator.db?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def typed_and_pressed(data: Path) -> dict[int, list[Act]]:
    """number -> acts in order, from the plain callbacks."""
    out: dict[int, list[Act]] = {}
    for row in ledger(data, "select at, plain from callback order by id"):
        xml = ElementTree.fromstring(row["plain"])
        at, user = datetime.fromtimestamp(row["at"] / 1000, UTC), xml.findtext("FromUserName", "")
        key = xml.findtext("EventKey", "")
        if xml.findtext("MsgType") == "text":
            word, number, *rest = xml.findtext("Content", "").split(maxsplit=2)
            act = Act(at, word, user, text=rest[0] if rest else "")
        else:
            number, action, *args = key.split("|")
            if number == "shift":  # 到岗: of the desk, of no matter
                continue
            chosen = tuple(e.text or "" for e in xml.iter("OptionId")) if action == "assign" else ()
            act = Act(at, action, user, (*args, *chosen))
        out.setdefault(int(number), []).append(act)
    return out


def beginning(out: Path) -> datetime:
    """When the story of a run began."""
    return datetime.fromisoformat(json.loads((out / "story.json").read_text(encoding="utf-8"))["start"])


def read(data: Path, out: Path) -> list[Facts]:
    """Facts of every thread of the story the run played."""
    story = json.loads((out / "story.json").read_text(encoding="utf-8"))
    incidents, acts = _lines(out / "incidents.jsonl"), typed_and_pressed(data)
    found = []
    for thread in story["threads"]:
        titles = {p["title"]: p for p in thread["posts"]}
        holding = [i for i in incidents if any(title in titles for _, _, title in i["items"])]
        loud = [i for i in holding if i["alerted"]]
        assert len(loud) <= 1, f"{thread['id']} woke people as {len(loud)} matters"
        mine = loud[0] if loud and thread["truth"]["alarm"] else None
        seen = [
            Act(datetime.fromisoformat(t), "seen", figures=titles[title]["states"])
            for t, _, title in (mine["items"] if mine else ())
            if title in titles
        ]
        number = int(mine["id"]) if mine else None
        found.append(
            Facts(
                thread=thread["id"],
                truth=thread["truth"],
                posts=thread["posts"],
                number=number,
                detected=datetime.fromisoformat(mine["opened_at"]) if mine else None,
                alarmed=datetime.fromisoformat(mine["alerted_at"]) if mine else None,
                acts=sorted([*seen, *acts.get(number or 0, [])], key=lambda a: a.at),
            )
        )
    return found


def said(text: str, pattern: str) -> str:
    """The first group of a pattern in a typed line, empty without one."""
    match = re.search(pattern, text)
    return match.group(1) if match else ""
