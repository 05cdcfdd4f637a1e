"""Incidents: the whole state as one text (what is at its default is left out), its projections for lists, and the one unit that changes it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.store import attachments, callbacks, chain, originals, places, steps
from bot.store.engine import Conflict, Row, Tx, one
from bot.store.forms import canonical, clean, ms, parsed, part
from bot.store.port import Change, Joined
from playbooks.incident import Clock, Incident, Member
from playbooks.privacy import erases
from playbooks.record import load, terse

PROJECTED: Final = (
    "version",
    "state",
    "status",
    "is_open",
    "level",
    "category",
    "title",
    "opened_at",
    "updated_at",
    "alarmed_at",
    "drill",
)
MEMBER: Final = "joined"
"""The event by which a matter gains an item; it moves no clock."""
GROWN: Final = "members"
GROWING: Final = 200
"""Matters whose members' text is remembered, the last written ones."""
_grown: dict[int, tuple[tuple[Member, ...], str]] = {}
CLOCK_COLUMNS: Final = "incident, clock_id, code, cycle, track, state, start_at, due_at, latent, provisional, body"


def projection(incident: Incident) -> dict[str, object]:
    """Columns of an incident that follow from its state alone."""
    return {
        "number": incident.number,
        "version": incident.version,
        "state": state_text(incident),
        "status": incident.status.value,
        "is_open": int(incident.open),
        "level": None if incident.level is None else int(incident.level),
        "category": incident.category,
        "title": clean(incident.title),
        "opened_at": ms(incident.opened_at),
        "alarmed_at": ms(incident.alarmed_at),
        "drill": int(incident.drill),
    }


def state_text(incident: Incident) -> str:
    """`compact` of an incident. A member never changes, so its part of the text is remembered from one state to the next."""
    plain: dict[str, Any] = terse(replace(incident, members=()))
    parts = {name: f'"{name}":{clean(part(value))}' for name, value in plain.items()}
    if incident.members:
        parts[GROWN] = _members_text(incident)
    pieces: list[str] = []  # joined once: the members of a crowd are a long text
    for name in sorted(parts):
        pieces += (",", parts[name], "]" if name == GROWN else "")
    return "".join(["{", *pieces[1:], "}"])


def _members_text(incident: Incident) -> str:
    """The members of a matter by their name, the list left open; those it had when it was written last are not written out again."""
    members = incident.members
    known, text = _grown.pop(incident.number, ((), ""))
    if members[: len(known)] != known:
        known, text = (), ""
    if len(members) > len(known):
        more = clean(part([terse(m) for m in members[len(known) :]]))
        text = f"{text},{more[1:-1]}" if text else f'"{GROWN}":{more[:-1]}'
    _grown[incident.number] = members, text
    while len(_grown) > GROWING:
        with contextlib.suppress(KeyError, StopIteration, RuntimeError):  # another thread was at it
            del _grown[next(iter(_grown))]
    return text


def decode(state: str) -> Incident:
    """Incident of its stored text; ValueError on damage."""
    return load(Incident, parsed(state))


def heads(tx: Tx, *, open_only: bool, alarmed_only: bool, limit: int) -> list[tuple[int, int]]:
    """Number and version of the newest incidents, in order of opening."""
    conditions = ["is_open = 1"] * open_only + ["alarmed_at is not null"] * alarmed_only
    where = f" where {' and '.join(conditions)}" if conditions else ""
    rows = tx.rows(f"select number, version from incident{where} order by number desc limit :limit", {"limit": limit})
    return [(r["number"], r["version"]) for r in reversed(rows)]


VERIFIED: Final = '%"verifications":[{%'
"""In the text of every matter somebody verified, and in no other: a quotation mark inside a title is written with a stroke."""


def verified(tx: Tx, limit: int) -> list[int]:
    """Numbers of those of the newest `limit` matters that people verified, with whatever result; no other text is read out."""
    newest = "select number, state from incident order by number desc limit :limit"
    rows = tx.rows(
        f"select number from ({newest}) newest where state like :mark order by number", {"limit": limit, "mark": VERIFIED}
    )
    return [int(r["number"]) for r in rows]


def version_of(tx: Tx, number: int) -> int | None:
    row = one(tx, "select version from incident where number = :number", {"number": number})
    return None if row is None else int(row["version"])


def states(tx: Tx, numbers: list[int]) -> list[Row]:
    """Number, version and state text of these incidents."""
    out: list[Row] = []
    for start in range(0, len(numbers), 300):
        part = numbers[start : start + 300]
        names = ", ".join(f":n{k}" for k in range(len(part)))
        params = {f"n{k}": n for k, n in enumerate(part)}
        out.extend(tx.rows(f"select number, version, state from incident where number in ({names})", params))
    return out


def next_number(tx: Tx) -> int:
    row = one(tx, "select max(number) as number from incident")
    return int(row["number"] or 0) + 1 if row else 1


def commit(tx: Tx, change: Change) -> None:
    """One change, whole or not at all. Conflict when the incident is no longer at `base_version`."""
    commit_all(tx, (change,))


def commit_all(tx: Tx, changes: Sequence[Change], marks: Sequence[Joined] = ()) -> None:
    """Several at once, in order of their numbers; the chains come last, since others wait for them while holding an incident."""
    for change in changes:
        _write(tx, change)
    places.join(tx, [joined for change in changes for joined in change.joined])
    places.mark_joined(tx, marks)
    for change in changes:
        chain.append(tx, chain.chain_of(change.incident.number), change.events)


def _write(tx: Tx, change: Change) -> None:
    incident = change.incident
    _write_state(tx, change)
    if not change.base_version or any(e.kind != MEMBER for e in change.events):
        _write_clocks(tx, incident)
    if change.steps is not None:
        steps.replace(tx, incident.number, incident.version, change.steps)
    if any(erases(e) for e in change.events):
        originals.erase_matter(tx, incident.number, max(e.at for e in change.events))
        attachments.erase_matter(tx, incident.number)
    if change.callback_done:
        callbacks.finish(tx, change.callback_done, "done")


def _write_state(tx: Tx, change: Change) -> None:
    row = projection(change.incident)
    row["updated_at"] = max((ms(e.at) for e in change.events), default=row["opened_at"])
    if change.base_version == 0:
        columns = ("number", *PROJECTED)
        written = tx.run(
            f"insert into incident ({', '.join(columns)}) select :{', :'.join(columns)}"
            " where not exists (select 1 from incident where number = :number)",
            row,
        )
    else:
        row["base"] = change.base_version
        changes = ", ".join(f"{c} = :{c}" for c in PROJECTED if c != "updated_at")
        written = tx.run(
            f"update incident set {changes}, updated_at = case when updated_at < :updated_at then :updated_at else updated_at end"
            " where number = :number and version = :base",
            row,
        )
    if written != 1:
        raise Conflict(f"incident {change.incident.number}")


def _write_clocks(tx: Tx, incident: Incident) -> None:
    """Clocks whose text changed are written again; a clock never leaves an incident."""
    number = {"incident": incident.number}
    old = {r["clock_id"]: r["body"] for r in tx.rows("select clock_id, body from clock where incident = :incident", number)}
    rows = [_clock_row(incident.number, c) for c in incident.clocks]
    changed = [r for r in rows if old.get(str(r["clock_id"])) != r["body"]]
    for row in changed:
        if row["clock_id"] in old:
            tx.run("delete from clock where incident = :incident and clock_id = :clock_id", _key(row))
    if changed:
        columns = f":{', :'.join(CLOCK_COLUMNS.split(', '))}"
        tx.many(f"insert into clock ({CLOCK_COLUMNS}) values ({columns})", changed)


def _key(row: Mapping[str, Any]) -> dict[str, object]:
    return {"incident": row["incident"], "clock_id": row["clock_id"]}


def _clock_row(number: int, clock: Clock) -> dict[str, object]:
    return {
        "incident": number,
        "clock_id": clock.id,
        "code": clock.code,
        "cycle": clock.cycle,
        "track": clock.track,
        "state": clock.state.value,
        "start_at": ms(clock.start_at),
        "due_at": ms(clock.due_at),
        "latent": int(clock.latent),
        "provisional": int(clock.provisional),
        "body": canonical(clock),
    }
