"""Steps: the rows the ladder asks for. Planned with every change, claimed when due, settled into messages.

pending -> sending (claimed; queued once its lease is FAR) -> sent -> seen;  or unknown, failed, passed, merged, cancelled
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.store import claims
from bot.store.engine import Row, Tx, one
from bot.store.forms import clean, instant, ms
from bot.store.port import StepRow
from bot.store.schema import FAR
from playbooks.ladder import PlannedStep

BATCH: Final = 100
PLANNED: Final = "clock_id, clock_code, code, role, card, due_at, fire_at, priority"
INSERT: Final = (
    "insert into step (key, incident, clock_id, clock_code, code, role, card, due_at, fire_at, priority, plan_version,"
    " state, reason, owner, lease_until) values (:key, :incident, :clock_id, :clock_code, :code, :role, :card, :due_at,"
    " :fire_at, :priority, :plan_version, 'pending', '', '', 0)"
)
# A cancelled step that is wanted again lives again: a start corrected and corrected back must not lose its warnings.
UPDATE: Final = (
    "update step set clock_id = :clock_id, clock_code = :clock_code, code = :code, role = :role, card = :card,"
    " due_at = :due_at, fire_at = :fire_at, priority = :priority, plan_version = :plan_version, state = 'pending',"
    " reason = '', owner = '', lease_until = 0 where key = :key and state in ('pending', 'cancelled')"
)
CANCEL: Final = "update step set state = 'cancelled', reason = 'replanned' where key = :key and state = 'pending'"


def replace(tx: Tx, number: int, version: int, wanted: Sequence[PlannedStep]) -> None:
    """Bring the pending rows of an incident to the wanted list; rows that went further are left alone."""
    sql = f"select key, state, {PLANNED} from step where incident = :incident"
    old = {r["key"]: r for r in tx.rows(sql, {"incident": number})}
    rows = {s.key: _planned(s, number, version) for s in wanted}
    fresh = [row for key, row in rows.items() if key not in old]
    for key, row in rows.items():
        was = old.get(key)
        if was is not None and (was["state"] == "cancelled" or (was["state"] == "pending" and _differs(was, row))):
            tx.run(UPDATE, {k: v for k, v in row.items() if k != "incident"})
    for key, was in old.items():
        if was["state"] == "pending" and key not in rows:
            tx.run(CANCEL, {"key": key})
    if fresh:
        tx.many(INSERT, fresh)


def _planned(step: PlannedStep, number: int, version: int) -> dict[str, object]:
    return {
        "key": step.key,
        "incident": number,
        "clock_id": step.clock_id,
        "clock_code": step.clock_code,
        "code": step.code,
        "role": step.role,
        "card": step.card,
        "due_at": ms(step.due_at),
        "fire_at": ms(step.fire_at),
        "priority": step.priority,
        "plan_version": version,
    }


def _differs(was: Row, row: Mapping[str, object]) -> bool:
    return any(was[column] != row[column] for column in PLANNED.split(", "))


def claim(tx: Tx, now: datetime, wall: datetime, owner: str, until: datetime, limit: int) -> list[StepRow]:
    """Due steps taken for `owner`, most urgent first. `now` is program time, `wall` and `until` are real time."""
    return [_step(r) for r in claims.take(tx, claims.STEPS, now, wall, owner, until, limit)]


def _step(row: Row, messages: tuple[str, ...] = ()) -> StepRow:
    return StepRow(
        key=row["key"],
        incident=row["incident"],
        clock_id=row["clock_id"],
        clock_code=row["clock_code"],
        code=row["code"],
        role=row["role"],
        card=row["card"],
        due_at=instant(row["due_at"]),
        fire_at=instant(row["fire_at"]),
        plan_version=row["plan_version"],
        state=row["state"],
        priority=row["priority"],
        reason=row["reason"],
        message_ids=messages,
    )


def settle(tx: Tx, outcomes: Mapping[str, tuple[str, str]]) -> set[str]:
    """Write what became of claimed steps and return the keys taken. A key settled before is left as it is.

    A queued step (`sending`) gets a lease that never ends: its message carries it from here.
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for key, outcome in outcomes.items():
        alike.setdefault(outcome, []).append(key)
    taken: set[str] = set()
    for (state, reason), keys in alike.items():
        lease = FAR if state == "sending" else 0
        params: dict[str, object] = {"state": state, "reason": clean(reason), "lease": lease, "far": FAR}
        for start in range(0, len(keys), BATCH):
            named = {f"k{n}": key for n, key in enumerate(keys[start : start + BATCH])}
            found = tx.rows(
                "update step set state = :state, reason = :reason, lease_until = :lease"
                f" where key in (:{', :'.join(named)}) and state in ('sending', 'unknown') and lease_until < :far returning key",
                params | named,
            )
            taken.update(r["key"] for r in found)
    return taken


def living(tx: Tx, numbers: Sequence[int]) -> dict[int, set[str]]:
    """Keys of the steps of these incidents that are not cancelled."""
    out: dict[int, set[str]] = {n: set() for n in numbers}
    for start in range(0, len(numbers), BATCH):
        named = {f"n{k}": n for k, n in enumerate(numbers[start : start + BATCH])}
        sql = f"select incident, key from step where incident in (:{', :'.join(named)}) and state <> 'cancelled'"
        for r in tx.rows(sql, named):
            out[int(r["incident"])].add(r["key"])
    return out


def waiting(tx: Tx, until: datetime, after: datetime | None) -> list[str]:
    """Keys of steps of open matters that should have left by `until` (those up to `after` left out) and have not."""
    params: dict[str, object] = {"until": ms(until), "after": 0 if after is None else ms(after)}
    out: list[str] = []
    for state in ("state = 'pending'", "state in ('sending', 'unknown')"):  # each has its index
        sql = (
            f"select s.key from step s join incident i on i.number = s.incident where s.{state} and s.fire_at <= :until"
            " and s.fire_at > :after and i.is_open = 1 and i.alarmed_at is not null order by s.fire_at, s.key"
        )
        out += [r["key"] for r in tx.rows(sql, params)]
    return out


def next_fire(tx: Tx) -> datetime | None:
    """Earliest instant at which a step or message falls due; None when nothing waits."""
    first = one(tx, "select min(fire_at) as at from step where state = 'pending'")
    other = one(tx, "select min(due_at) as at from message where state in ('pending', 'unknown')")
    found = [int(r["at"]) for r in (first, other) if r is not None and r["at"] is not None]
    return instant(min(found)) if found else None


def steps_of(tx: Tx, number: int) -> list[StepRow]:
    links: dict[str, list[str]] = {}
    sql = (
        "select l.step, l.message from step_message l join step s on s.key = l.step"
        " where s.incident = :number order by l.message"
    )
    for r in tx.rows(sql, {"number": number}):
        links.setdefault(r["step"], []).append(r["message"])
    rows = tx.rows("select * from step where incident = :number order by fire_at, priority, key", {"number": number})
    return [_step(r, tuple(links.get(r["key"], ()))) for r in rows]
