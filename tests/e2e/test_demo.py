"""The demo proves itself: what the emulator received is what an oracle works out from the rules, for the shipped and drawn stories."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e import compare, facts, oracle, rules
from tests.e2e.playing import RULES, Played, disagreements, neglected, play, yqbot

SEEDS: Sequence[int | None] = range(1, 21) if os.environ.get("YQBOT_CHAOS") else (3, 8)
POLL_BOUND = timedelta(minutes=50)  # three times the slowest source's quarter of an hour, and its spread

pytestmark = pytest.mark.slow


NEGLECTED = {"nobody-acts": ("react", "say"), "nobody-types": ("say",)}


@pytest.fixture(scope="module")
def plays(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[object, Future[Played]]]:
    """The runs that the chosen tests of this file ask for, two at a time: while one is looked at, the next is played."""
    mine = [item.callspec.params for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    wanted = dict.fromkeys(params.get("played", params.get("neglect", "")) for params in mine)
    with ThreadPoolExecutor(2) as pool:
        running = {}
        for name in wanted:
            folder = tmp_path_factory.mktemp("demo")
            if name in NEGLECTED:
                more = ("--story", str(neglected(folder, *NEGLECTED[name])))
            else:
                more = () if name is None else ("--seed", str(name))
            running[name] = pool.submit(play, folder, *more)
        yield running
        pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module", params=[None, *SEEDS], ids=lambda seed: "shipped" if seed is None else f"seed-{seed}")
def played(request: pytest.FixtureRequest, plays: dict[object, Future[Played]]) -> Played:
    return plays[request.param].result()


def test_every_step_that_fell_due_was_delivered(played: Played) -> None:
    assert played.code == 0, played.printed


def test_what_is_printed_is_for_people_not_in_codes(played: Played) -> None:
    sent = [line for line in played.printed.splitlines() if " → " in line]
    assert sent
    assert [line for line in sent if re.search("[a-z_]{3,}", line)] == []


def test_the_emulator_received_what_the_oracle_expects(played: Played) -> None:
    assert disagreements(played.data, played.out, 49) == []


def test_every_matter_of_the_story_woke_whom_it_should(played: Played) -> None:
    found = facts.read(played.data, played.out)
    assert {f.thread: f.number is not None for f in found} == {f.thread: f.truth["alarm"] for f in found}
    for f in found:
        if f.alarmed is not None:
            published = min(datetime.fromisoformat(p["at"]) for p in f.posts)
            assert timedelta(0) <= f.alarmed - published <= POLL_BOUND, f.thread


def test_the_story_visits_every_duty(played: Played) -> None:
    clauses = {a["clause"] for a in facts.alerts(played.out)}
    assert {"first_statement_5h", "press_conference_24h", "response_48h", "continuing_release", "notice"} <= clauses
    notices = {a["step"] for a in facts.alerts(played.out) if a["clause"] == "notice"}
    assert {"first", "first_quiet", "regraded", "assigned", "returned", "arbitrate", "arbitrated"} <= notices


def test_each_thread_ends_as_it_should(played: Played) -> None:
    found = {f.thread: f for f in facts.read(played.data, played.out)}
    kinds = {name: [a.kind for a in f.acts] for name, f in found.items()}
    toll, grievance, rumour = kinds["landslide"], kinds["grievance"], kinds["rumour"]
    assert toll.index("数字") < toll.index("已发布") < toll.index("发布会") < toll.index("办结")
    assert grievance.count("退回") == 2
    assert grievance.index("arbitrate") < grievance.index("sign") < grievance.index("回应")
    assert rumour.count("verify") == 2
    assert rumour.index("已发布") < rumour.index("移送") < rumour.index("办结")


def test_the_review_is_written_for_every_matter_that_alarmed(played: Played) -> None:
    for f in facts.read(played.data, played.out):
        if f.number is not None:
            for kind in ("md", "html"):
                assert (played.out / f"review-{f.number}.{kind}").stat().st_size > 2000


def test_the_routine_of_the_desk_is_seen(played: Played) -> None:
    """Briefs at their hours to the shift and the press office, 到岗 cards at each shift start, pressed by all who are asked."""
    shown = facts.ledger(played.data, "select user, received_at, content from delivery where state = 'shown' order by id")
    heard = [(r["user"], datetime.fromtimestamp(r["received_at"] / 1000, rules.BEIJING), r["content"]) for r in shown]
    for word, clock in (("【晨报】", "08:10"), ("【晚报】", "17:30")):
        found = [(user, at) for user, at, content in heard if word in content]
        assert {f"{at:%H:%M}" for _, at in found} == {clock}
        assert {at.date() for user, at in found if user == "chenjing"} == {at.date() for _, at in found}, "the press office"
        assert len(found) == len(set(found)), "once"
    cards = [(user, at, content) for user, at, content in heard if "【到岗】" in content]
    begun = facts.beginning(played.out)  # a story that begins within a shift asks those on duty at once
    assert {f"{at:%H:%M}" for _, at, _ in cards if at != begun} == {"08:00", "20:00"}
    assert len(cards) >= 2 * 3 * 2
    assert all("已登记到岗" in content for _, _, content in cards)
    assert not [content for _, _, content in heard if "【未到岗】" in content]


def test_the_chains_are_intact(played: Played) -> None:
    done = yqbot("verify", "--data", str(played.data))
    assert done.returncode == 0, done.stderr


def test_one_changed_byte_is_named(played: Played, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(played.data, data)
    db = sqlite3.connect(data / "yqbot.db")
    sql = "select chain, seq, body from event where kind = 'acknowledged' order by id limit 1"
    chain, seq, body = db.execute(sql).fetchone()
    changed = body.replace('"roles"', '"rolex"', 1) if '"roles"' in body else body[:-3] + chr(ord(body[-3]) ^ 1) + body[-2:]
    with db:
        db.execute("update event set body = ? where chain = ? and seq = ?", (changed, chain, seq))
    db.close()
    done = yqbot("verify", "--data", str(data))
    assert done.returncode == 1
    assert chain.partition(":")[2] in done.stdout + done.stderr
    assert str(seq) in done.stdout + done.stderr


def test_the_oracle_is_not_blind(played: Played) -> None:
    """A step taken away, one sent twice, one late and one to somebody else are all found."""
    end = facts.beginning(played.out) + timedelta(hours=49)
    wanted = [s for f in facts.read(played.data, played.out) for s in oracle.expected(RULES, f, end)]
    arrived = [a for a in facts.alerts(played.out) if not a["repeat"]]
    late = {**arrived[0], "t": (datetime.fromisoformat(arrived[0]["t"]) + timedelta(seconds=5)).isoformat()}
    stray = {**arrived[0], "recipients": ["nobody"]}
    cases = {"lost": arrived[1:], "twice": [arrived[0], *arrived], "late": [late, *arrived[1:]], "stray": [stray, *arrived[1:]]}
    counts = {name: len(compare.differences(wanted, rows)) for name, rows in cases.items()}
    assert counts == {"lost": 1, "twice": 1, "late": 2, "stray": 2}


@pytest.mark.parametrize("neglect", NEGLECTED)
def test_what_nobody_does_is_reminded_of_to_the_end(neglect: str, plays: dict[object, Future[Played]]) -> None:
    """Unread, unverified, unsigned, unreported, overdue and repeated: every rung that a working desk never reaches."""
    played = plays[neglect].result()
    assert played.code == 0, played.printed
    assert disagreements(played.data, played.out, 49) == []
    steps = {(a["clause"], a["step"]) for a in facts.alerts(played.out)}
    assert {("first_statement_5h", "hourly-5"), ("first_statement_5h", "twice_daily"), ("response_48h", "final")} <= steps
    if "react" in NEGLECTED[neglect]:
        rungs = {
            ("acknowledge", "unread_3"),
            ("acknowledge", "unread_10"),
            ("verify", "overdue-2"),
            ("upward_report", "overdue-3"),
        }
        assert rungs <= steps
