"""Every figure of a review comes from a record that can be named; what is not recorded is said to be missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.configuration import DEMO, settings_of
from bot.reports import compose, figures
from bot.reports.blocks import Paragraph, Table
from bot.reports.chronicle import reason_text
from bot.reports.clock_rows import verdict
from bot.reports.facts import axes, conclusion, findings
from bot.store.port import Problem
from playbooks.incident import Basis, Clock, ClockState, Instant
from tests.bot.matter import at, land_money, landslide_night, messages, morning, rumour

RULES = settings_of(DEMO, {})
NOW = at("18:00")


@pytest.fixture(scope="module")
def matter():
    return morning(landslide_night(RULES))


@pytest.fixture(scope="module")
def review(matter):
    return figures(matter.incident, matter.stored(), messages(matter), RULES, now=NOW)


def of(rows, **wanted):
    return [r for r in rows if all(getattr(r, k) == v for k, v in wanted.items())]


def test_vouchers_lead_to_the_event_they_name(matter, review):
    by_seq = {e.seq: e for e in matter.stored()}
    for t in review.toll:
        assert by_seq[t.seq].data["figure"]["value"] == t.value
    for r in review.releases:
        assert by_seq[r.seq].kind == "evidence"
    for g in review.gates:
        if g.at is not None:
            assert by_seq[g.seq].data["gate"] in ("countersign", "secrecy")
    for line in (*review.handling, *review.opinion):
        assert by_seq[line.seq].kind == line.kind
    for p in review.people:
        assert {by_seq[s].actor for s in p.vouchers} == {RULES.organisation.officer(by_seq[p.vouchers[0]].actor).userid}


def test_the_first_statement_is_late_by_the_stated_time(review):
    clock = of(review.clocks, name="5小时内发布权威信息")[0]
    assert (clock.start_name, clock.start_at, clock.due_at) == ("事发", at("02:10"), at("07:10"))
    assert (clock.actual_at, clock.margin, clock.verdict) == (at("07:30"), timedelta(minutes=-20), "超时")
    assert clock.start_evidence == "应急管理局接警记录"
    assert clock.since.occurred == timedelta(hours=5, minutes=20)
    assert clock.since.detected == timedelta(hours=5, minutes=6)
    assert clock.since.recognised is None


def test_the_conference_counts_from_when_it_was_held_not_entered(review):
    clock = of(review.clocks, name="24小时内举行新闻发布会")[0]
    assert (clock.actual_at, clock.verdict, clock.on_time) == (at("16:00"), "按时", True)
    release = of(review.releases, kind="新闻发布会")[0]
    assert release.late
    assert release.recorded_at == at("16:40")


def test_upward_reports_have_their_own_table(review):
    assert [c.name for c in review.upward_clocks] == ["首报上级总值班室"]
    assert review.upward_clocks[0].verdict == "按时"
    assert [u.at for u in review.upward] == [at("02:52")]
    assert not of(review.clocks, track="upward")


def test_the_toll_moves_by_standing_and_source(review):
    deaths = [(t.at, t.value, t.standing) for t in review.toll if t.metric == "遇难"]
    assert deaths == [(at("03:45"), 2, "网传"), (at("03:50"), 4, "核定"), (at("06:02"), 11, "核定")]


def test_orders_keep_the_minutes_of_dispute(review):
    first, second = review.turns
    assert (first.unit, first.waited, first.returned_at) == ("自然资源局", timedelta(minutes=25), at("03:20"))
    assert (second.unit, second.waited) == ("应急管理局", timedelta(minutes=7))


def test_gates_without_a_name_are_missing(review):
    state = {g.gate: g.at for g in review.gates}
    assert state == {"会商": None, "会签": at("05:12"), "保密审查": at("06:20"), "审定": None}


def test_spread_reconciles(review):
    s = review.spread
    assert sum(n for _, n in s.by_source) == sum(n for _, n in s.by_hour) == s.total == 6
    assert (s.before, s.after) == (5, 1)


def test_messages_are_counted_from_their_rows(review):
    m = review.sent
    assert (m.total, m.delivered, m.failed, m.late, m.escalations) == (3, 2, 1, 1, 1)
    assert m.t_ack == timedelta(minutes=1)


def test_late_entries_keep_both_times(review):
    late = [x for x in review.opinion if x.late and x.kind == "noted"]
    assert [(x.at, x.recorded_at) for x in late] == [(at("02:30"), at("17:30"))]


def test_the_two_tracks_are_kept_apart(review):
    assert {x.kind for x in review.handling} <= {"figure", "verified", "graded", "start_set", "leader_told", "evidence"}
    assert "figure" not in {x.kind for x in review.opinion}


@pytest.mark.parametrize(
    "words",
    [
        "5小时内发布权威信息应于11月22日 07:10前，实际11月22日 07:30，超出20分钟",
        "签收至会签97分钟，为最长环节",
        "未见会商、审定登记",
        "权威信息的发布登记缺审核人",
        "1条提醒未能送达",
        "交办后退回1次",
    ],
)
def test_problems_are_facts_with_numbers(review, words):
    assert any(words in text for text in findings(review))


def test_a_machine_writes_no_blame(review):
    text = "".join(findings(review)) + conclusion(review) + "".join("".join(a) for a in axes(review))
    for word in ("失职", "瞒报", "责任人", "不力", "原因是"):
        assert word not in text


def test_the_conclusion_fits_a_leader(review):
    text = conclusion(review)
    assert len(text) <= 200
    assert "按时1项，超时1项" in text
    assert "核定遇难11人" in text


def test_intervals_between_releases_are_no_statutory_verdict(review):
    assert of(review.clocks, repeating=True)
    assert "滚动发布" not in axes(review)[0][1]


STATES = [
    ("met", ClockState.MET, {}, "按时", True),
    ("late", ClockState.MET_LATE, {}, "超时", False),
    ("late_by_regrade", ClockState.MET_LATE, {"by_regrade": True}, "升级时已届满", None),
    ("overdue", ClockState.OVERDUE, {}, "超时，尚未办理", False),
    ("overdue_by_regrade", ClockState.OVERDUE, {"by_regrade": True}, "升级时已届满", None),
    ("waived", ClockState.WAIVED, {"outcome": "waived"}, "免除", None),
    ("superior", ClockState.OTHER_OUTCOME, {"outcome": "superior_release"}, "上级统一发布", None),
    ("other_form", ClockState.OTHER_OUTCOME, {"outcome": "other_form"}, "以其他形式发布", None),
    ("not_public", ClockState.OTHER_OUTCOME, {"outcome": "not_public"}, "线下办理、不公开回应", None),
    ("latent", ClockState.PENDING, {"latent": True}, "预置，未触发", None),
    ("pending", ClockState.PENDING, {}, "未到期", None),
    ("superseded", ClockState.SUPERSEDED, {"outcome": "regrade"}, "不再适用（等级变化，由新时限替代）", None),
]


@pytest.mark.parametrize(("state", "more", "word", "on_time"), [s[1:] for s in STATES], ids=[s[0] for s in STATES])
def test_verdicts(state, more, word, on_time):
    clock = Clock(
        id="x",
        code="x",
        cycle=1,
        name="x",
        duty="x",
        track="public",
        ladder="x",
        start_kind="occurred_at",
        start_at=at("02:10"),
        limit_minutes=300,
        due_at=at("07:10"),
        basis=(Basis(clause="x", profile="x", text="x", due_at=at("07:10")),),
        settings_hash="x",
        armed_at=at("02:24"),
        state=state,
        **more,
    )
    assert verdict(clock) == (word, on_time)


def test_a_grade_that_came_after_the_limit_is_listed_apart(matter):
    m = landslide_night(RULES)
    clocks = tuple(replace(c, by_regrade=True) if c.code == "first_statement_5h" else c for c in m.incident.clocks)
    f = figures(replace(m.incident, clocks=clocks), m.stored(), [], RULES, now=NOW)
    assert any("升级时已届满" in x and "不计承办单位超时" in x for x in findings(f))
    assert "超时：" not in axes(f)[0][1]


def test_a_matter_with_nothing_recorded_says_so():
    m = rumour(RULES)
    f = figures(m.incident, m.stored(), [], RULES, now=NOW)
    texts = [b.text for b in compose(f).blocks if isinstance(b, Paragraph)]
    for name in ("人数记录", "发布登记（六项要素）", "核实结果", "报送记录", "提醒记录"):
        assert any(t.startswith(f"{name}：无数据") for t in texts), name
    assert "未见公开回应登记" in conclusion(f)


def test_an_old_rumour_is_named_with_the_record_that_recognised_it():
    m = rumour(RULES)
    assert figures(m.incident, m.stored(), [], RULES, now=NOW).old_rumour is None
    m.note("noted", at("10:33"), note="old_rumour", text="2025-03-02《关于青山水库溃坝传言的情况说明》 ")
    f = figures(m.incident, m.stored(), [], RULES, now=NOW)
    texts = [b.text for b in compose(f).blocks if isinstance(b, Paragraph)]
    said = next(t for t in texts if t.startswith("旧谣新传："))
    assert said.startswith("旧谣新传：2025-03-02已澄清《关于青山水库溃坝传言的情况说明》。")
    assert f"凭证号{m.incident.number}-{m.stored()[-1].seq:04d}" in said


def test_a_broken_chain_is_said(matter):
    events = matter.stored()
    assert figures(matter.incident, events, [], RULES, now=NOW).chain.whole
    changed = [*events[:5], replace(events[5], hash="0" * 64), *events[6:]]
    assert not figures(matter.incident, changed, [], RULES, now=NOW).chain.whole
    assert not figures(matter.incident, [*events[:5], *events[6:]], [], RULES, now=NOW).chain.whole


def test_outages_of_the_tool_are_those_of_its_time(matter):
    during = Problem(kind="wecom", subject="send", detail="企业微信未应答", first_at=at("03:00"), last_at=at("03:10"))
    before = replace(during, first_at=at("01:00"), last_at=at("01:10"), resolved_at=at("01:10"))
    f = figures(matter.incident, matter.stored(), [], RULES, now=NOW, problems=[during, before])
    assert [o.first_at for o in f.outages] == [at("03:00")]


def test_names_stand_only_in_the_annex(review):
    paper = compose(review)
    body, annex = [], []
    part = body
    for block in paper.blocks:
        if getattr(block, "text", "").startswith("附件　"):
            part = annex
        part.append(block)
    names = {p.name for p in review.people}
    assert len(names) == 5
    said = " ".join(_texts(body))
    assert not {n for n in names if n in said}
    assert names <= set(" ".join(_texts(annex)).split())


def _texts(blocks):
    for b in blocks:
        if isinstance(b, Table):
            yield from (cell for row in b.rows for cell in row)
        elif hasattr(b, "text"):
            yield b.text


def test_free_text_is_covered_too():
    m = landslide_night(RULES)
    m.act("note", "zhouwen", at("12:00"), note="referral", text="王建国转公安网安，电话13812345678")
    f = figures(m.incident, m.stored(), [], RULES, now=NOW)
    assert "王建国" not in f.referrals[0].result
    assert "13812345678" not in f.referrals[0].result


def test_a_grievance_has_durations_from_recognition():
    m = land_money(RULES)
    m.act("sign", "zhaomin", at("11:00"))
    m.act("release", "chenjing", at("15:00"), kind="online_reply", url="https://a.example/2")
    f = figures(m.incident, m.stored(), [], RULES, now=NOW)
    clock = of(f.clocks, name="48小时内予以回应")[0]
    assert clock.since.recognised == at("15:00") - at("10:20")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("deaths=11>=10 《条例》第四条", "遇难11，达到10（《条例》第四条）"),
        ("missing=7", "网传失联7人"),
        ("geo/滑坡@hazards.toml:53", "“滑坡”"),
        ("hazard_toll@rules.toml:22", "规则（rules.toml:22）"),
        ("forced", "值班报告或热线来电，即时提醒"),
        ("指挥部核报遇难4人", "指挥部核报遇难4人"),
    ],
    ids=["threshold", "figure", "word", "rule", "code", "person"],
)
def test_recorded_reasons_are_said_in_words(reason, words):
    assert reason_text(reason) == words


def test_an_item_as_evidence_is_named_by_source_and_title(matter):
    starts = replace(matter.incident.starts, detected_at=Instant(value=at("02:24"), source="system", evidence="i2"))
    f = figures(replace(matter.incident, starts=starts), matter.stored(), [], RULES, now=NOW)
    assert of(f.starts, name="监测发现")[0].evidence == "热线来电：石坪镇大湾村村民来电：房后山体滑坡，有人被埋"


def test_replies_and_redrawn_cards_are_no_reminders(matter):
    more = [replace(m, id=f"x{m.id}", kind=kind) for m in messages(matter) for kind in ("reply", "update")]
    f = figures(matter.incident, matter.stored(), [*messages(matter), *more], RULES, now=NOW)
    assert f.sent.total == 3
