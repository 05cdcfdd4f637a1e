"""Checks across entries: each mistake is planted into the sound demo settings and must be found, alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import config
from config.check import across, folder_problems, problems
from config.load import load
from config.problem import Problem, errors
from config.schema import Citation, Ladder, MailSettings, Officer, Role, Settings, Shift, Source, StepRule, Unit

ROOT = Path(config.__file__).parent
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SOUND = load([ROOT / "default", ROOT / "demo"], {})

Change = Callable[[Settings], Settings]


def organisation(**changes: Any) -> Change:
    return lambda s: replace(s, organisation=replace(s.organisation, **changes))


def bot(**changes: Any) -> Change:
    return lambda s: replace(s, bot=replace(s.bot, **changes))


def clause(code: str, **changes: Any) -> Change:
    return lambda s: replace(
        s, clauses=tuple(replace(c, **changes) if c.id == f"national-default.{code}" else c for c in s.clauses)
    )


def officer(userid: str, **changes: Any) -> Change:
    return lambda s: organisation(
        officers=tuple(replace(o, **changes) if o.userid == userid else o for o in s.organisation.officers)
    )(s)


def without_role(role: Role) -> Change:
    return lambda s: organisation(
        officers=tuple(replace(o, roles=tuple(r for r in o.roles if r != role)) for o in s.organisation.officers)
    )(s)


def unit(code: str, **changes: Any) -> Change:
    return lambda s: organisation(units=tuple(replace(u, **changes) if u.code == code else u for u in s.organisation.units))(s)


def unit_alone(**changes: Any) -> Change:
    return lambda s: organisation(units=(*s.organisation.units, Unit(code="new", name="新设局", **changes)))(s)


def step(**changes: Any) -> Change:
    """The first rung of the 5 h ladder, changed."""

    def change(s: Settings) -> Settings:
        old = s.ladders["statement"]
        first = replace(old.steps[0], **changes)
        return replace(s, ladders={**s.ladders, "statement": replace(old, steps=(first, *old.steps[1:]))})

    return change


def ladder(code: str, *steps: StepRule) -> Change:
    return lambda s: replace(s, ladders={**s.ladders, code: Ladder(code=code, steps=steps)})


def threshold(id_: str, **changes: Any) -> Change:
    return lambda s: replace(s, thresholds=tuple(replace(t, **changes) if t.id == id_ else t for t in s.thresholds))


def category(code: str, **changes: Any) -> Change:
    return lambda s: replace(s, categories={**s.categories, code: replace(s.categories[code], **changes)})


def playbook(id_: str, **changes: Any) -> Change:
    return lambda s: replace(s, playbooks=tuple(replace(p, **changes) if p.id == id_ else p for p in s.playbooks))


def source(**changes: Any) -> Change:
    new = replace(Source(id="new", name="新信源", kind="feed", url="https://example.invalid/feed.xml"), **changes)
    return lambda s: replace(s, sources=(*s.sources, new))


def keyed(secret: str) -> Change:
    """A vendor among the sources, with this key."""
    return lambda s: replace(s, sources=(*s.sources, Source(id="v", name="v", kind="vendor")), ingest_secrets={"v": secret})


def mail(**changes: Any) -> Change:
    return lambda s: replace(s, mail=replace(MailSettings(host="mail.example.invalid", sender="a@example.invalid"), **changes))


def mailbox(address: str) -> Change:
    def change(s: Settings) -> Settings:
        first, *rest = s.organisation.officers
        return organisation(officers=(replace(first, email=address), *rest))(mail()(s))

    return change


def shifts(change: Callable[[Shift], Shift | None]) -> Change:
    return lambda s: organisation(shifts=tuple(x for x in map(change, s.organisation.shifts) if x))(s)


def rung(code: str = "x", **changes: Any) -> StepRule:
    return replace(StepRule(code=code, roles=(Role.DUTY_OFFICER,), left=10), **changes)


def drop(name: str, key: str) -> Change:
    return lambda s: replace(s, **{name: {k: v for k, v in getattr(s, name).items() if k != key}})


def test_a_missing_holiday_table_is_said_from_november_on() -> None:
    def said(now: datetime, change: Change = lambda s: s) -> list[tuple[str, bool]]:
        return [(p.id, p.is_error) for p in across(change(SOUND), now) if p.id in ("Y601", "Y602")]

    assert said(datetime(2026, 10, 31, 15, 0, tzinfo=UTC)) == []
    assert said(datetime(2026, 10, 31, 17, 0, tzinfo=UTC)) == [("Y602", False)], "1 November in Beijing"
    assert said(datetime(2027, 1, 5, tzinfo=UTC)) == [("Y601", False)]
    hours_only: Change = lambda s: replace(s, clauses=tuple(c for c in s.clauses if c.period is None))  # noqa: E731
    assert said(datetime(2027, 1, 5, tzinfo=UTC), hours_only) == []


PLANTED = [
    pytest.param(bot(profile="nowhere"), "Y101", id="profile-does-not-exist"),
    pytest.param(
        lambda s: replace(s, profiles={**s.profiles, "jiangsu-land": replace(s.profiles["jiangsu-land"], floor="nowhere")}),
        "Y102",
        id="floor-does-not-exist",
    ),
    pytest.param(clause("sign", profile="nowhere"), "Y103", id="clause-of-no-profile"),
    pytest.param(clause("sign", ladder="nowhere"), "Y104", id="clause-with-unknown-ladder"),
    pytest.param(clause("sign", citation=Citation(document="", article="")), "Y105", id="clause-without-citation"),
    pytest.param(clause("sign", when="tomorrow"), "Y107", id="unknown-condition"),
    pytest.param(clause("sign", start=("noon",)), "Y107", id="unknown-start"),
    pytest.param(clause("sign", met_by=("goodwill",)), "Y107", id="unknown-evidence"),
    pytest.param(clause("sign", track="secret"), "Y107", id="unknown-track"),
    pytest.param(clause("response_48h", levels=("grave",)), "Y107", id="unknown-level"),
    pytest.param(clause("verify", needs=0), "Y108", id="no-evidence-needed"),
    pytest.param(clause("sign", start=()), "Y109", id="no-start"),
    pytest.param(clause("response_48h", levels=("general",)), "Y110", id="level-without-any-public-limit"),
    pytest.param(clause("first_statement_5h", limit=timedelta(minutes=60)), "Y111", id="rung-before-the-clock-starts"),
    pytest.param(step(after=0), "Y112", id="two-times-on-one-rung"),
    pytest.param(step(left=None), "Y112", id="no-time-on-a-rung"),
    pytest.param(step(left=-5), "Y112", id="negative-time"),
    pytest.param(step(every=30), "Y113", id="repeat-before-due"),
    pytest.param(step(times=3), "Y113", id="times-without-interval"),
    pytest.param(step(code="due"), "Y114", id="rung-code-twice"),
    pytest.param(
        lambda s: ladder("sign", rung(roles=(Role.ARBITER,), left=None, after=0))(without_role(Role.ARBITER)(s)),
        "Y115",
        id="rung-that-reaches-nobody",
    ),
    pytest.param(without_role(Role.ARBITER), "Y120", id="arbiter-never-appointed"),
    pytest.param(shifts(lambda x: replace(x, deputy_duty="")), "Y120", id="no-deputy-on-any-shift"),
    pytest.param(step(roles=()), "Y116", id="rung-without-role"),
    pytest.param(ladder("statement", *(rung(code=f"r{n}", left=n) for n in range(1, 5))), "Y117", id="too-many-countdowns"),
    pytest.param(ladder("statement", rung()), "Y118", id="silence-after-due"),
    pytest.param(ladder("spare", rung()), "Y119", id="ladder-nobody-uses"),
    pytest.param(without_role(Role.PRINCIPAL), "Y120", id="role-nobody-holds"),
    pytest.param(lambda s: replace(s, notices={**s.notices, "lunch": (Role.ADMIN,)}), "Y121", id="unknown-notice"),
    pytest.param(drop("notices", "latent"), "Y122", id="missing-notice"),
    pytest.param(threshold("work_safety.deaths", minima={"huge": 1}), "Y201", id="unknown-level-of-a-threshold"),
    pytest.param(threshold("work_safety.deaths", minima={"major": 10, "significant": 30}), "Y202", id="minima-not-falling"),
    pytest.param(threshold("work_safety.deaths", minima={}), "Y202", id="no-minima"),
    pytest.param(threshold("fallback.deaths", category="other"), "Y203", id="no-fallback"),
    pytest.param(category("flood", table="nowhere"), "Y204", id="table-without-rows"),
    pytest.param(category("flood", neutral=""), "Y205", id="no-neutral-wording"),
    pytest.param(category("flood", neutral="3人死亡"), "Y205", id="wording-with-a-toll"),
    pytest.param(drop("categories", "other"), "Y206", id="no-other-category"),
    pytest.param(category("flood", lead="nowhere"), "Y207", id="lead-function-unknown"),
    pytest.param(playbook("flood", categories=("nowhere",)), "Y211", id="playbook-of-unknown-category"),
    pytest.param(playbook("flood", levels=("grave",)), "Y211", id="playbook-of-unknown-level"),
    pytest.param(playbook("flood", avoid=()), "Y212", id="playbook-without-avoid"),
    pytest.param(playbook("flood", verify=("",)), "Y212", id="playbook-without-verify"),
    pytest.param(playbook("flood", units=("nowhere",)), "Y213", id="playbook-with-unknown-unit"),
    pytest.param(
        lambda s: replace(s, playbooks=tuple(p for p in s.playbooks if p.categories)), "Y214", id="category-without-playbook"
    ),
    pytest.param(organisation(units=(), officers=(), shifts=()), "Y301", id="no-organisation"),
    pytest.param(organisation(name=""), "Y301", id="organisation-without-name"),
    pytest.param(organisation(press_office=""), "Y307", id="no-press-office"),
    pytest.param(
        lambda s: unit("spz", duty_phone="")(officer("liuhe", roles=())(s)), "Y302", id="unit-whose-officers-sign-nothing"
    ),
    pytest.param(
        lambda s: without_role(Role.APPROVER)(replace(s, notices={**s.notices, "returned": (Role.APPROVER,)})),
        "Y115",
        id="notice-that-reaches-nobody",
    ),
    pytest.param(unit_alone(), "Y302", id="unit-without-officer-or-phone"),
    pytest.param(unit("spz", duty_phone=""), None, id="unit-with-officers-only-is-fine"),
    pytest.param(officer("liqiang", unit="nowhere"), "Y303", id="officer-of-no-unit"),
    pytest.param(officer("liqiang", roles=("boss",)), "Y304", id="unknown-role"),
    pytest.param(
        lambda s: organisation(
            officers=(*s.organisation.officers, Officer(userid="LiQiang", name="李墙", unit="yjj", roles=("admin",)))
        )(s),
        "Y305",
        id="userid-differs-only-in-case",
    ),
    pytest.param(officer("liqiang", board="owner"), "Y306", id="unknown-board-role"),
    pytest.param(organisation(arbiter="nowhere"), "Y307", id="arbiter-is-no-unit"),
    pytest.param(unit("spz", kind="village"), "Y308", id="unknown-unit-kind"),
    pytest.param(unit("spz", territory=""), "Y310", id="town-without-territory"),
    pytest.param(organisation(level="galaxy"), "Y311", id="unknown-level-of-government"),
    pytest.param(
        lambda s: officer("jiangke", board="")(without_role(Role.ADMIN)(s)),
        "Y312",
        id="no-administrator",
    ),
    pytest.param(officer("wangjianguo", phone=""), "Y313", id="leader-without-phone"),
    pytest.param(unit("slj", functions=("nowhere",)), "Y315", id="unit-with-unknown-function"),
    pytest.param(shifts(lambda x: replace(x, duty_officer="ghost")), "Y320", id="shift-of-unknown-person"),
    pytest.param(shifts(lambda x: None if x.name == "夜班" and x.days == (2,) else x), "Y321", id="gap-in-the-rota"),
    pytest.param(shifts(lambda x: replace(x, end=x.end + 30)), "Y322", id="shifts-overlap"),
    pytest.param(shifts(lambda x: replace(x, duty_leader=x.duty_officer)), "Y323", id="officer-is-his-own-leader"),
    pytest.param(shifts(lambda x: replace(x, duty_leader="")), "Y326", id="shift-without-leader"),
    pytest.param(shifts(lambda x: replace(x, duty_officer="", deputy_duty="")), "Y326", id="shift-without-officer"),
    pytest.param(source(kind="telepathy"), "Y401", id="unknown-source-kind"),
    pytest.param(source(url="ftp://example.invalid/x"), "Y402", id="unknown-address"),
    pytest.param(source(kind="folder", url="file:hotline"), "Y402", id="folder-without-its-whole-path"),
    pytest.param(source(kind="vendor", url=""), "Y406", id="vendor-without-key"),
    pytest.param(keyed("short"), "Y406", id="vendor-with-a-short-key"),
    pytest.param(keyed("long-enough-for-a-key"), None, id="vendor-with-key"),
    pytest.param(source(mapping="nobody"), "Y407", id="mapping-not-defined"),
    pytest.param(source(kind="folder", url="file:/srv/hotline", mapping="vendor"), None, id="folder-with-mapping"),
    pytest.param(source(interval=1), "Y403", id="interval-too-short"),
    pytest.param(source(url="http://127.0.0.1:4444/api/s?id=weibo"), "Y408", id="address-of-the-inner-network"),
    pytest.param(source(url="http://[fd00::1]/feed"), "Y408", id="address-of-the-inner-network-v6"),
    pytest.param(source(url="http://10.1.2.3/feed", internal=True), None, id="inner-network-as-intended"),
    pytest.param(source(url="http://10.1.2.3/feed", enabled=False), None, id="inner-network-switched-off"),
    pytest.param(source(url="demo:/county-news.xml"), "Y404", id="address-twice"),
    pytest.param(lambda s: replace(s, sources=()), "Y405", id="no-source-on"),
    pytest.param(lambda s: replace(s, scope=replace(s.scope, functions=("nowhere",))), "Y410", id="scope-of-unknown-function"),
    pytest.param(lambda s: replace(s, scope=replace(s.scope, province="")), "Y411", id="county-without-province"),
    pytest.param(bot(quiet_from="晚上十点"), "Y420", id="unreadable-hour"),
    pytest.param(bot(quiet_forward_to="23:00"), "Y420", id="forward-into-the-night"),
    pytest.param(bot(listen="8710"), "Y421", id="listen-without-host"),
    pytest.param(bot(zero_report_at="8点"), "Y420", id="zero-report-hour"),
    pytest.param(bot(brief_at=("8点",)), "Y420", id="brief-hour"),
    pytest.param(bot(brief_at=("23:00",)), "Y420", id="brief-at-night"),
    pytest.param(bot(original_days=0), "Y422", id="no-term-of-originals"),
    pytest.param(bot(watch_days=0), "Y422", id="no-watch-period"),
    pytest.param(bot(public_url="yq.example.invalid"), "Y423", id="address-without-scheme"),
    pytest.param(bot(thin_categories=("nowhere",)), "Y424", id="thin-category-unknown"),
    pytest.param(lambda s: replace(s, wecom=replace(s.wecom, corpid="ww1")), "Y425", id="wecom-half-configured"),
    pytest.param(
        lambda s: replace(s, wecom=replace(s.wecom, corpid="w", agentid=1, secret="s", bot_id="b", bot_secret="c")),
        None,
        id="smart-bot-needs-no-callback",
    ),
    pytest.param(lambda s: replace(s, wecom=replace(s.wecom, passive_card_reply="ja")), "Y427", id="passive-unknown"),
    pytest.param(lambda s: replace(s, wecom=replace(s.wecom, bot_id="b1")), "Y428", id="smart-bot-half-configured"),
    pytest.param(mail(security="ssl"), "Y429", id="mail-way-unknown"),
    pytest.param(mail(security="none", username="u"), "Y429", id="mail-password-in-clear"),
    pytest.param(mail(sender="值班台"), "Y429", id="mail-sender-no-address"),
    pytest.param(mail(), "Y430", id="mail-to-nobody"),
    pytest.param(mailbox("不是邮箱"), "Y431", id="mailbox-unreadable"),
    pytest.param(
        lambda s: replace(s, wecom=replace(s.wecom, corpid="w", agentid=1, secret="s", token="t", aes_key="short")),
        "Y426",
        id="aes-key-too-short",
    ),
]


FROM_FILES = {"Y207", "Y208", "Y315", "Y410"}
"""Found only by reading the routing table."""


def ids(settings: Settings, id_: str | None) -> set[str]:
    return {p.id for p in (problems if id_ in FROM_FILES else across)(settings, NOW)}


@cache
def ids_of_sound(from_files: bool) -> set[str]:
    return ids(SOUND, "Y207" if from_files else None)


@pytest.mark.parametrize(("change", "id_"), PLANTED)
def test_a_planted_mistake_is_found(change: Change, id_: str | None) -> None:
    before, after = ids_of_sound(id_ in FROM_FILES), ids(change(SOUND), id_)
    if id_ is None:
        assert after == before
    else:
        assert id_ not in before
        assert id_ in after


def test_the_demo_settings_have_no_error() -> None:
    assert errors(problems(SOUND, NOW)) == ()


def test_the_product_alone_is_no_error_but_says_that_nobody_is_there() -> None:
    alone = load([ROOT / "default"], {})
    found = problems(alone, NOW)
    assert errors(found) == ()
    assert "Y301" in {p.id for p in found}


def test_unverified_sources_are_shown_once_a_document() -> None:
    found = [p for p in across(SOUND, NOW) if p.id == "Y106"]
    assert found
    assert len({p.message for p in found}) == len(found)
    assert not any(p.is_error for p in found)


def test_problems_name_the_line_of_the_key_they_concern() -> None:
    found = next(p for p in across(clause("sign", ladder="nowhere")(SOUND), NOW) if p.id == "Y104")
    line = (ROOT / found.file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert line == 'ladder = "sign"'


def test_the_gap_message_names_the_first_gap() -> None:
    change = shifts(lambda x: None if x.name == "夜班" and x.days == (2,) else x)
    found = next(p for p in across(change(SOUND), NOW) if p.id == "Y321")
    assert "03月04日 20:00至03月05日 08:00" in found.message


def test_broken_lexicon_places_and_routing_of_the_installation_are_reported(tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "own.toml").write_text("[[rule]]\nid = 'x'\n", encoding="utf-8")
    (tmp_path / "places.toml").write_text('[[place]]\nname = "大湾村"\nin = "999999"\n', encoding="utf-8")
    (tmp_path / "routing").mkdir()
    (tmp_path / "routing" / "functions.toml").write_text("[[functio]]\n", encoding="utf-8")
    found: list[Problem] = folder_problems(load([ROOT / "default", tmp_path], {}))
    assert {p.id for p in found} == {"Y502", "Y503", "Y505"}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("release_words.toml", "出稿体检词表"),
        ("subjects.toml", "卡片事由词表"),
        ("sentiment.toml", "帖文倾向词表"),
        ("rumor.toml", "传言用语词表"),
        ("letters.toml", "来信词表"),
        ("dispositions.toml", "舆情分类词表"),
    ],
)
@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[[group]]\nid = "x"\nweigth = 1\n', 3, "不认识 weigth"),
        ("[[grou]]\n", 1, "不认识 grou"),
        ("= 1", 1, "不是正确的 TOML"),
    ],
)
def test_a_word_list_of_the_installation_with_a_mistake_is_named(
    tmp_path: Path, name: str, what: str, text: str, line: int, said: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = folder_problems(load([ROOT / "default", tmp_path], {}))
    assert [(p.id, p.key) for p in found] == [("Y501", what)]
    assert found[0].place == f"{tmp_path.name}/{name}:{line}"
    assert said in found[0].message


def test_a_category_without_any_lead_is_an_error_where_no_unit_takes_the_rest() -> None:
    few = organisation(units=tuple(u for u in SOUND.organisation.units if u.code != "zfb"))(SOUND)
    found = [p for p in problems(few, NOW) if p.id == "Y208"]
    assert [p.is_error for p in found] == [True]
    assert "预决算" in found[0].message


def test_no_category_is_left_over_where_the_units_lead_them_all() -> None:
    every = {c.lead for c in SOUND.categories.values()}
    whole = unit("zfb", functions=tuple(sorted(every)))(SOUND)
    assert not [p for p in problems(whole, NOW) if p.id == "Y208"]
