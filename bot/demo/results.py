"""What a headless run proves: the emulator's ledger beside the step rows, and the files of `--out`."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.demo.driver import Stage, beijing
from bot.demo.story import Story
from bot.outputs import incident_row, iso, write_lines
from bot.reports import write_review
from bot.store.port import StepRow

TITLE = 60
"""Characters of a message printed on the terminal: its title."""
UNSENT = frozenset({"pending", "sending", "unknown", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Lines for the terminal, and steps that fell due but did not reach a phone."""

    lines: tuple[str, ...]
    undelivered: tuple[str, ...]


async def outcome(stage: Stage, out: Path | None, until: datetime) -> Outcome:
    """Compare and write."""
    store = stage.service.desk.store
    incidents = await store.incidents(open_only=False)
    by_message: dict[str, list[StepRow]] = defaultdict(list)
    due_unsent: list[str] = []
    for i in incidents:
        for row in await store.steps_of(i.number):
            for message in row.message_ids:
                by_message[message].append(row)
            if row.fire_at <= until and row.state in UNSENT:
                due_unsent.append(row.key)
    ledger = stage.emulator.ledger()
    arrived = {r.task_id for r in ledger if r.shown}
    for row in (r for rows in by_message.values() for r in rows):
        if row.state == "sent" and not set(row.message_ids) & arrived:
            due_unsent.append(row.key)
    lines, alerts = [], []
    for r in ledger:
        rows = by_message.get(r.task_id, [])
        for step in rows:
            alerts.append(_alert(step, r.received_at, r.user, r.task_id, r.repeat, _shown(r.body)))
        if rows and not r.repeat:
            officer = stage.service.desk.settings.organisation.officer(r.user)
            who = officer.name if officer else r.user
            lines.append(
                f"{beijing(r.received_at)} → {who} {rows[0].incident}号 {next(iter(_shown(r.body).splitlines()), '')[:TITLE]}"
            )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        settings = stage.service.desk.settings
        (out / "story.json").write_text(json.dumps(_facts(stage.story), ensure_ascii=False, indent=1), encoding="utf-8")
        write_lines(out / "alerts.jsonl", alerts)
        write_lines(out / "incidents.jsonl", (incident_row(i, settings) for i in sorted(incidents, key=lambda i: i.number)))
        for i in incidents:
            if i.alarmed_at is not None:
                for kind in ("md", "html"):
                    await write_review(store, settings, i.number, kind, out / f"review-{i.number}.{kind}", until)
    return Outcome(lines=tuple(lines), undelivered=tuple(dict.fromkeys(due_unsent)))


def _facts(story: Story) -> dict[str, object]:
    """What was published and what is true: with the officers' acts in the emulator's ledger, all one needs to check a run."""
    threads = [
        {
            "id": t.id,
            "truth": dict(t.truth),
            "posts": [{"at": iso(p.at), "source": p.source, "title": p.title, "states": dict(p.states)} for p in t.posts],
        }
        for t in story.threads
    ]
    return {"name": story.name, "start": iso(story.start), "threads": threads}


def _alert(step: StepRow, at: datetime, user: str, message: str, repeat: bool, text: str) -> dict[str, object]:
    return {
        "t": iso(at),
        "incident": str(step.incident),
        "clause": step.clock_code,
        "step": step.code,
        "clock": step.clock_id,
        "role": step.role,
        "due": iso(step.due_at),
        "fire": iso(step.fire_at),
        "recipients": [user],
        "message": message,
        "repeat": repeat,
        "text": text,
    }


def _shown(body: str) -> str:
    """Readable text of a stored request."""
    request = json.loads(body)
    card = request.get("template_card") or {}
    parts = [str(v) for v in (card.get("main_title") or {}).values()]
    parts.append(str(card.get("sub_title_text", "")))
    parts += [f"{r['keyname']}：{r['value']}" for r in card.get("horizontal_content_list", ())]
    return "\n".join(p for p in parts if p) or str((request.get("text") or {}).get("content", ""))
