"""Health of sources: what is said of each state, who is told and when, our clock against theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from bot.clock import VirtualClock, wall
from bot.health import KINDS, TOLD, line_down, news, troubles
from bot.polling import Poller
from bot.skew import doubted, skew_of
from bot.source_words import AT_ONCE, REASONS, code_of, reason_text
from bot.store.port import MessageRow, SourceState
from config.schema import Source
from tests.bot.sources_server import poller_of, problems
from tests.builders import at

NOW = at("09:00")
NEWS = Source(id="news", name="青石新闻", kind="feed", url="http://x.example/rss", interval=600)


def state(**more: object) -> SourceState:
    return SourceState(source_id="news", address=NEWS.url, last_try_at=NOW, **more)  # type: ignore[arg-type]


def kinds(found: SourceState) -> list[str]:
    return [t.kind for t in troubles(NEWS, found, NOW)]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (state(), []),
        (state(failures=2, last_error="响应超时"), []),
        (state(failures=3, last_error="响应超时"), ["source"]),
        (state(failures=1, last_error="来源已关闭（410）"), ["source"]),
        (state(stale_since=NOW - timedelta(minutes=29)), []),
        (state(stale_since=NOW - timedelta(minutes=31)), ["source_stale"]),
        (state(last_new_at=NOW - timedelta(hours=30)), []),
        (state(last_new_at=NOW - timedelta(hours=30), quiet=86_400), ["source_silent"]),
        (state(last_new_at=NOW - timedelta(days=4)), ["source_silent"]),
        (state(last_new_at=NOW - timedelta(days=4), failures=3, last_error="响应超时"), ["source"]),
        (state(remark="只读取了前一部分"), ["source_format"]),
        (state(moved_to="http://y.example/"), ["source_moved"]),
        (state(skew=500), []),
        (state(skew=700), ["source_clock"]),
        (state(skew=-3000), []),
        (state(skew=-4000), ["source_clock"]),
        (state(failures=1, last_error="对方要求放慢（429）", next_poll_at=NOW + timedelta(hours=2)), ["source"]),
        (state(failures=1, last_error="对方要求放慢（429）", next_poll_at=NOW + timedelta(minutes=66)), []),
    ],
    ids=[
        "well",
        "two failures",
        "three failures",
        "gone",
        "stale a while",
        "stale",
        "quiet, rhythm unknown",
        "quiet beyond its rhythm",
        "quiet for days",
        "failing, so not called silent",
        "damaged",
        "moved",
        "clock a little ahead",
        "clock ahead",
        "an answer from a cache",
        "clock behind, or an old copy",
        "asked to stay away for hours",
        "asked to stay away, no longer than a back-off",
    ],
)
def test_a_state_has_these_troubles(found: SourceState, expected: list[str]) -> None:
    assert kinds(found) == expected


@pytest.mark.parametrize(
    ("source", "days", "expected"),
    [
        (replace(NEWS, own=True), 4, ["source_silent"]),
        (replace(NEWS, own=True), 2, []),
        (replace(NEWS, own=True, quiet_hours=24), 2, ["source_silent"]),
        (replace(NEWS, quiet_hours=24), 2, ["source_silent"]),
        (replace(NEWS, own=True, kind="site"), 400, []),
        (NEWS, 400, []),
    ],
    ids=["own", "own, not yet", "own, hours set", "hours set", "a page brings nothing", "a search without hits"],
)
def test_an_account_that_never_brought_anything_is_silent_since_it_answers(
    source: Source, days: int, expected: list[str]
) -> None:
    found = troubles(source, state(answers_since=NOW - timedelta(days=days)), NOW)
    assert [t.kind for t in found] == expected
    assert all("从未取到任何内容" in t.detail and "请" in t.detail for t in found)


def test_every_sentence_names_the_source_and_what_to_do() -> None:
    everything = state(
        failures=0,
        stale_since=NOW - timedelta(days=1),
        last_new_at=NOW - timedelta(days=9),
        remark="截断",
        moved_to="http://y.example/",
        skew=7200,
    )
    failing = state(failures=5, last_error=reason_text("dns"))
    found = (*troubles(NEWS, everything, NOW), *troubles(NEWS, failing, NOW))
    assert {t.kind for t in found} == set(KINDS)
    for trouble in found:
        assert trouble.detail.startswith("青石新闻")
        assert "请" in trouble.detail
        assert trouble.detail.endswith("。")


def test_a_status_is_named_where_it_says_something() -> None:
    assert reason_text("bad_status", status=206) == "对方应答异常（206）"
    assert reason_text("login_page", status=200) == "被转到登录页"
    assert reason_text("timeout") == "响应超时"


@pytest.mark.parametrize("code", REASONS)
def test_a_reason_is_known_again_by_its_text(code: str) -> None:
    assert code_of(reason_text(code, "x", 500)) == code
    assert set(REASONS) >= AT_ONCE


def many(failing: int, well: int) -> tuple[list[Source], dict[str, SourceState]]:
    sources, states = [], {}
    for n in range(failing + well):
        source = Source(id=f"s{n}", name=f"来源{n}", kind="feed", url=f"http://{n}.example/")
        bad = n < failing
        states[source.id] = SourceState(
            source_id=source.id, last_try_at=NOW, failures=int(bad), last_error="连接不上" if bad else ""
        )
        sources.append(source)
    return sources, states


@pytest.mark.parametrize(("failing", "well", "down"), [(5, 4, True), (5, 5, False), (4, 0, False), (0, 9, False)])
def test_the_line_is_suspected_when_most_of_many_sources_fail(failing: int, well: int, down: bool) -> None:
    assert line_down(*many(failing, well)) is down


def test_news_tells_what_began_and_what_ended_and_nothing_twice() -> None:
    current = {"source|a": ("甲", "甲取不到。"), "source|b": ("乙", "乙取不到。")}
    assert news({}, current) == "【监测来源】\n甲取不到。\n乙取不到。"
    assert news({"source|a": "甲", "source|b": "乙"}, current) == ""
    assert (
        news({"source|a": "甲", "source|c": "丙", "source_silent|c": "丙"}, current) == "【监测来源】\n乙取不到。\n已恢复：丙。"
    )


def test_a_source_that_changed_its_trouble_is_not_called_well() -> None:
    current = {"source_format|a": ("甲", "甲受损。")}
    assert news({"source|a": "甲"}, current) == "【监测来源】\n甲受损。"
    assert news({"source|a": "甲", "source_format|a": "甲"}, current) == ""


def test_a_long_list_of_news_is_cut_and_counted() -> None:
    current = {f"source|{n}": (f"{n}", f"来源{n}取不到。") for n in range(12)}
    assert news({}, current).split("\n")[-1] == "另有4项，详见总览的“来源”和“问题”。"


@pytest.mark.parametrize(
    ("minutes", "off"),
    [((7, 7, 7.5), 7), ((-4, -4, 0, -4), -4), ((1, 1, 1), None), ((7, 7), None), ((9, -9, 0, 5, -5), None)],
    ids=["slow", "fast, one odd host", "within bounds", "too few", "no agreement"],
)
def test_our_clock_is_doubted_only_where_hosts_agree(minutes: Sequence[float], off: float | None) -> None:
    assert doubted([timedelta(minutes=m) for m in minutes]) == (None if off is None else timedelta(minutes=off))


def test_a_date_kept_by_a_cache_says_nothing_about_our_clock() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    date = format_datetime(now + timedelta(minutes=3))
    assert skew_of({"date": date}, now) == timedelta(minutes=3)
    assert skew_of({"date": date, "age": "180"}, now) is None
    assert skew_of({"date": "yesterday"}, now) is None
    assert skew_of({}, now) is None


async def queued(poller: Poller) -> list[MessageRow]:
    """Messages to administrators that wait."""
    now, wall_now = poller.desk.now(), wall()
    return await poller.desk.store.claim_messages(now, wall_now, "test", wall_now + timedelta(seconds=30), 50)


def feeds(count: int) -> tuple[Source, ...]:
    """Sources at a port where nobody listens."""
    return tuple(
        Source(id=f"s{n}", name=f"来源{n}", kind="feed", url=f"http://127.0.0.1:1/{n}", internal=True) for n in range(count)
    )


async def fail(poller: Poller, sources: Sequence[Source], times: int = 3) -> None:
    for _ in range(times):
        for source in sources:
            await poller.ask(source)


async def test_an_administrator_gets_one_message_for_all_that_is_new(tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    sources = feeds(3)
    async with poller_of(tmp_path, clock, *sources) as poller:
        await fail(poller, sources)
        await poller.look_after()
        sent = await queued(poller)
        assert {m.recipient for m in sent} == {
            o.userid for o in poller.desk.settings.organisation.officers if o.board == "admin" or "admin" in o.roles
        }
        assert "来源0连续3次取不到：连接不上。" in sent[0].text
        clock.advance_to(clock.now() + timedelta(hours=1))
        await poller.look_after()
        assert await queued(poller) == []


async def test_at_night_the_administrator_sleeps_until_the_morning(tmp_path: Path) -> None:
    clock = VirtualClock(at("02:00"))
    sources = feeds(2)
    async with poller_of(tmp_path, clock, *sources) as poller:
        await fail(poller, sources)
        await poller.look_after()
        assert await queued(poller) == []
        clock.advance_to(at("07:31"))
        await poller.look_after()
        assert len(await queued(poller)) >= 1


async def test_a_line_that_is_down_is_told_to_the_desk_at_once_even_at_night(tmp_path: Path) -> None:
    clock = VirtualClock(at("02:00"))
    sources = feeds(6)
    async with poller_of(tmp_path, clock, *sources) as poller:
        await fail(poller, sources, times=1)
        await poller.look_after()
        sent = await queued(poller)
        assert poller.desk.duty().duty_officer in {m.recipient for m in sent}
        assert "监测实际已中断" in sent[0].text
        assert "来源0" not in sent[0].text


async def test_three_hosts_that_agree_make_a_problem_of_our_clock(tmp_path: Path) -> None:
    async with poller_of(tmp_path, VirtualClock(NOW)) as poller:
        ahead = {"date": format_datetime(wall() + timedelta(minutes=8))}
        for host in ("a", "b", "c"):
            assert await problems(poller.desk) == {}
            await poller.watch.compare_clock(f"http://{host}.example/x", ahead, NOW)
        assert "本机时钟比3个来源的时钟慢约8分钟" in (await problems(poller.desk))["clock"]
        for host in ("a", "b", "c"):
            await poller.watch.compare_clock(f"http://{host}.example/x", {"date": format_datetime(wall())}, NOW)
        assert await problems(poller.desk) == {}


async def test_a_dead_page_of_this_body_is_told_to_the_desk_even_at_night(tmp_path: Path) -> None:
    clock = VirtualClock(at("02:00"))
    own = Source(id="own", name="县政府网站", kind="site", url="http://127.0.0.1:1/", internal=True, own=True)
    async with poller_of(tmp_path, clock, own) as poller:
        await fail(poller, (own,))
        await poller.look_after()
        sent = await queued(poller)
        assert poller.desk.duty().duty_officer in {m.recipient for m in sent}
        assert "备好其他发布渠道" in sent[0].text


async def test_a_silent_account_of_this_body_is_told_to_the_desk_by_day(tmp_path: Path) -> None:
    account = Source(id="wx", name="县发布", kind="feed", url="http://127.0.0.1:1/x", own=True, quiet_hours=24)
    clock = VirtualClock(at("02:00"))
    async with poller_of(tmp_path, clock, account) as poller:
        last = SourceState(
            source_id="wx", last_try_at=NOW, last_success_at=clock.now(), last_new_at=clock.now() - timedelta(hours=25)
        )
        poller.states["wx"] = last
        await poller.watch.check(account, last, clock.now())
        await poller.look_after()
        assert await queued(poller) == [], "nothing that cannot wait for the morning"
        clock.advance_to(at("07:31"))
        await poller.look_after()
        sent = await queued(poller)
        assert poller.desk.duty().duty_officer in {m.recipient for m in sent}
        assert "账号是否被封停、被盗" in sent[0].text


def test_a_set_limit_of_silence_goes_before_the_rhythm() -> None:
    state = SourceState(source_id="news", last_success_at=NOW, last_new_at=NOW - timedelta(hours=30), quiet=40 * 3600)
    assert [t.kind for t in troubles(NEWS, state, NOW)] == []
    assert [t.kind for t in troubles(replace(NEWS, quiet_hours=24), state, NOW)] == ["source_silent"]


def test_what_a_source_asked_for_is_told_with_the_hour() -> None:
    asked = state(failures=1, last_error="对方要求放慢（429）", next_poll_at=at("21:00"))
    (found,) = troubles(NEWS, asked, NOW)
    assert "下次21:00" in found.detail


@pytest.mark.parametrize(
    ("skew", "words"), [(3 * 3600, "比本机快3小时"), (-5 * 3600, "比本机早5小时")], ids=["ahead", "behind"]
)
def test_a_clock_that_is_off_is_named_with_its_size(skew: int, words: str) -> None:
    (found,) = troubles(NEWS, state(skew=skew), NOW)
    assert words in found.detail


async def texts(poller: Poller) -> list[str]:
    """What administrators would read now, one text a message."""
    await poller.look_after()
    return list(dict.fromkeys(m.text for m in await queued(poller)))


async def later(poller: Poller, clock: VirtualClock, minutes: int, **found: SourceState) -> list[str]:
    """Time goes by, the sources are found in these states, and it is told what is to be told."""
    clock.advance_to(clock.now() + timedelta(minutes=minutes))
    for ident, new in found.items():
        poller.states[ident] = replace(new, source_id=ident, last_try_at=clock.now())
        source = next(s for s in poller.sources() if s.id == ident)
        await poller.watch.check(source, poller.states[ident], clock.now())
    return await texts(poller)


BAD = SourceState(source_id="", failures=3, last_error="响应超时")
WELL = SourceState(source_id="")


async def test_a_source_that_comes_and_goes_is_told_once_and_called_well_when_it_stays_so(tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    async with poller_of(tmp_path, clock, *feeds(1)) as poller:
        (told,) = await later(poller, clock, 1, s0=BAD)
        assert "取不到" in told
        for _ in range(5):
            assert await later(poller, clock, 15, s0=WELL) == []
            assert await later(poller, clock, 15, s0=BAD) == []
        assert await later(poller, clock, 15, s0=WELL) == []
        assert await later(poller, clock, 31, s0=WELL) == ["【监测来源】\n已恢复：来源0。"]
        assert await later(poller, clock, 31, s0=WELL) == []
        (again,) = await later(poller, clock, 15, s0=BAD)
        assert "取不到" in again


async def test_damage_of_one_answer_is_shown_but_told_only_once_it_lasts(tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    cut = SourceState(source_id="", remark="文档过大或中断，只读取了前一部分")
    async with poller_of(tmp_path, clock, *feeds(1)) as poller:
        assert await later(poller, clock, 1, s0=cut) == []
        assert "source_format" in await problems(poller.desk)
        assert await later(poller, clock, 45) == [], "it was not asked again since"
        assert await later(poller, clock, 15, s0=WELL) == []
        assert await later(poller, clock, 15, s0=cut) == []
        (told,) = await later(poller, clock, 31, s0=cut)
        assert "只读取了前一部分" in told


async def test_while_the_line_is_down_nobody_is_called_well_and_afterwards_nobody_is_blamed(tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    async with poller_of(tmp_path, clock, *feeds(7)) as poller:
        (told,) = await later(poller, clock, 1, s0=replace(BAD, last_error="网址不存在（404）"))
        assert "来源0" in told
        down = {f"s{n}": BAD for n in range(1, 7)}
        (told,) = await later(poller, clock, 15, **down)
        assert "监测实际已中断" in told
        assert "已恢复" not in told
        assert "来源1" not in told
        back = {f"s{n}": WELL for n in range(1, 5)}
        assert await later(poller, clock, 45, **back) == ["【监测来源】\n已恢复：网络。"], "two were not asked since"
        assert "来源5" in "".join(await later(poller, clock, 15, s5=BAD, s6=WELL))


async def test_what_an_older_version_had_told_is_known(tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    async with poller_of(tmp_path, clock, *feeds(1)) as poller:
        await poller.desk.store.set_meta(TOLD, '{"source|s0": "来源0"}')
        assert await later(poller, clock, 1, s0=BAD) == []
        assert await later(poller, clock, 15, s0=WELL) == []
        assert await later(poller, clock, 45) == ["【监测来源】\n已恢复：来源0。"]


async def test_a_clock_that_is_ours_is_not_held_against_each_source(tmp_path: Path) -> None:
    source = feeds(1)[0]
    async with poller_of(tmp_path, VirtualClock(NOW), source) as poller:
        for host in ("a", "b", "c"):
            ahead = {"date": format_datetime(wall() + timedelta(hours=2))}
            await poller.watch.compare_clock(f"http://{host}.example/x", ahead, NOW)
        await poller.watch.check(source, state(skew=7200), NOW)
        assert set(await problems(poller.desk)) == {"clock"}


async def test_what_is_gravest_stands_first_in_a_long_message(tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    own = Source(id="own", name="县政府网站", kind="site", url="http://127.0.0.1:1/", internal=True, own=True)
    async with poller_of(tmp_path, clock, *feeds(2), own) as poller:
        moved = SourceState(source_id="", moved_to="http://y.example/", address=feeds(2)[0].url)
        clock.advance_to(clock.now() + timedelta(minutes=1))
        (told,) = await later(poller, clock, 0, s0=moved, s1=BAD, own=BAD)
        lines = told.split("\n")[1:]
        assert [line[:4] for line in lines] == ["县政府网", "来源1连", "来源0已"]


@pytest.mark.parametrize(
    ("kind", "error", "said", "not_said"),
    [
        ("site", "安全证书无效", "更换证书", "联系来源单位"),
        ("site", "对方服务器出错（503）", "立即通知运维单位", "一般会自行恢复"),
        ("site", "对方拒绝访问（403）", "放行本机", "调大轮询间隔"),
        ("site", "网址写错", "sources.toml 中的 url", "运维"),
        ("feed", "连接不上", "看不到本单位账号是否正常", "备好其他发布渠道"),
    ],
)
def test_what_is_ours_is_ours_to_mend(kind: str, error: str, said: str, not_said: str) -> None:
    own = replace(NEWS, own=True, kind=kind)
    (found,) = troubles(own, SourceState(source_id="news", failures=3, last_error=error, last_try_at=NOW), NOW)
    assert said in found.detail
    assert not_said not in found.detail


async def test_thousands_of_hosts_are_not_compared_at_each_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def counting(skews: Sequence[timedelta]) -> timedelta | None:
        compared.append(len(skews))
        return doubted(skews)

    monkeypatch.setattr("bot.health.doubted", counting)
    clock = VirtualClock(NOW)
    async with poller_of(tmp_path, clock) as poller:
        for n in range(200):
            await poller.watch.compare_clock(f"http://{n}.example/x", {"date": format_datetime(wall())}, clock.now())
        assert compared == []
        ahead = {"date": format_datetime(wall() + timedelta(minutes=8))}
        for n in range(200):
            clock.advance_to(clock.now() + timedelta(seconds=1))
            await poller.watch.compare_clock(f"http://{n}.example/x", ahead, clock.now())
        assert len(compared) <= 8
        assert set(await problems(poller.desk)) == {"clock"}
        for n in range(200):
            clock.advance_to(clock.now() + timedelta(seconds=1))
            await poller.watch.compare_clock(f"http://{n}.example/x", {"date": format_datetime(wall())}, clock.now())
        assert await problems(poller.desk) == {}


async def test_a_source_that_was_switched_off_is_not_called_well(tmp_path: Path) -> None:
    clock = VirtualClock(at("09:00"))
    async with poller_of(tmp_path, clock, *feeds(2)) as poller:
        (told,) = await later(poller, clock, 1, s0=BAD, s1=BAD)
        assert "来源0" in told
    async with poller_of(tmp_path, clock, feeds(2)[1]) as poller:
        assert await later(poller, clock, 15, s1=WELL) == []
        assert await later(poller, clock, 45) == ["【监测来源】\n已恢复：来源1。"]
