"""Walk every chain, recompute every hash, fold the events and compare with the stored states (design.md §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from bot.store import attachments, chain, originals
from bot.store.engine import Row, Tx
from bot.store.forms import compact, ms, parsed, sha256
from bot.store.incidents import PROJECTED, projection
from playbooks.fold import fold
from playbooks.incident import Event, Incident
from playbooks.record import iso, load

FOLDED: Final = tuple(c for c in PROJECTED if c != "updated_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first record of a chain that does not fit. `seq` 0: the chain or state as a whole."""

    chain: str
    seq: int
    what: str

    @property
    def text(self) -> str:
        place = f"第{self.seq}条记录" if self.seq else "整条记录链"
        return f"{self.chain} {place}：{self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was walked and what does not fit, in order of chains."""

    chains: int
    events: int
    incidents: int
    anchor: str
    faults: tuple[Fault, ...] = ()


class _Broken(Exception):
    """The walk of one chain ends here."""

    def __init__(self, seq: int, what: str) -> None:
        super().__init__(what)
        self.seq = seq
        self.what = what


def verify(tx: Tx) -> Verdict:
    """Everything, in one consistent view. Events are streamed: memory holds one chain at a time."""
    heads = {r["chain"]: (r["seq"], r["hash"]) for r in tx.rows("select chain, seq, hash from chain")}
    numbers = {r["number"] for r in tx.rows("select number from incident")}
    walked: set[str] = set()
    faults: list[Fault] = []
    count = 0
    rows = tx.stream(f"{chain.JOINED} order by e.chain, e.seq")
    for name, group in groupby(rows, key=lambda r: str(r["chain"])):
        walked.add(name)
        try:
            events = _walk(name, group, heads.get(name))
            count += len(events)
            number = chain.number_of(name)
            if number is not None:
                _compare(tx, number, events)
        except _Broken as e:
            faults.append(Fault(chain=name, seq=e.seq, what=e.what))
    faults += [Fault(chain=n, seq=0, what="记录全部缺失") for n in sorted(heads.keys() - walked)]
    alone = sorted(n for n in numbers if chain.chain_of(n) not in walked and chain.chain_of(n) not in heads)
    faults += [Fault(chain=chain.chain_of(n), seq=0, what="有事件状态而没有任何记录") for n in alone]
    faults += [Fault(chain=chain.SYSTEM, seq=0, what=w) for w in (*originals.faults(tx), *attachments.faults(tx))]
    return Verdict(chains=len(walked), events=count, incidents=len(numbers), anchor=chain.anchor(tx), faults=tuple(faults))


def _walk(name: str, rows: Iterable[Row], head: tuple[int, str] | None) -> list[Event]:
    """Events of one chain whose every link holds."""
    out: list[Event] = []
    broken: _Broken | None = None
    seq, prev = 0, ""
    for row in rows:  # always to the end: the rows come from a shared stream
        if broken is not None:
            continue
        try:
            _check(name, row, seq + 1, prev)
        except _Broken as e:
            broken = e
            continue
        seq, prev = row["seq"], row["hash"]
        out.append(chain.event_of(chain.stored(row)))
    if broken is not None:
        raise broken
    if head != (seq, prev):
        raise _Broken(seq + 1, "链头与最后一条记录不符，末尾的记录缺失或多出")
    return out


def _check(name: str, row: Row, seq: int, prev: str) -> None:
    if row["seq"] != seq:
        raise _Broken(seq, f"记录缺失（下一条是第{row['seq']}条）")
    if row["prev"] != prev:
        raise _Broken(seq, "与前一条记录的摘要对不上")
    if sha256(prev, row["body"]) != row["hash"]:
        raise _Broken(seq, "内容与摘要不符，记录被改动过")
    body: Mapping[str, Any] = parsed(row["body"])
    shown = {k: row[k] for k in chain.columns(body)}
    if body["chain"] != name or body["seq"] != seq or shown != chain.columns(body):
        raise _Broken(seq, "检索列与记录内容不符")
    if iso(chain.stored(row).at) != body["at"]:
        raise _Broken(seq, "时间列与记录内容不符")
    if row["private"] is not None and sha256(row["salt"], row["private"]) != body["data"].get(chain.DIGEST):
        raise _Broken(seq, "另存的个人内容与摘要不符")


def _compare(tx: Tx, number: int, events: list[Event]) -> None:
    """The stored state of an incident against the fold of its events."""
    found = tx.rows(f"select number, {', '.join(PROJECTED)} from incident where number = :number", {"number": number})
    if not found:
        raise _Broken(0, "有记录而没有事件状态")
    try:
        folded = fold(number, events)
    except Exception as e:  # whatever a damaged event does to the fold is the finding
        raise _Broken(0, f"记录不能重算出事件状态（{type(e).__name__}：{e}）") from e
    wanted = projection(folded)
    state = _of_today(found[0]["state"])
    wrong = [c for c in FOLDED if (state if c == "state" else found[0][c]) != wanted[c]]
    if wrong:
        raise _Broken(0, f"事件状态与记录重算的结果不符（{_difference(folded, state) or wrong[0]}）")
    newest = max(ms(e.at) for e in events if e.kind != "notified")
    if found[0]["updated_at"] != newest:
        raise _Broken(0, "事件的更新时间与记录不符")


def _of_today(state: str) -> str:
    """A stored state as this version writes it: an earlier one wrote defaults and left out what it did not know yet."""
    try:
        return compact(load(Incident, parsed(state)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return state  # not readable: the comparison names what differs


def _difference(folded: Incident, state: str) -> str:
    """Name of the first part of the state that differs."""
    stored = parsed(state)
    wanted = parsed(compact(folded))
    return next((k for k in sorted({*wanted, *stored}) if stored.get(k) != wanted.get(k)), "")
