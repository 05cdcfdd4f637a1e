"""The loader: layers, units of time, every mistake at once with its file and line, secrets from the environment only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from config.load import load, read
from config.period import Period, Span
from config.problem import ConfigError, Problem
from config.schema import Role, Settings

Write = Callable[..., Path]

CLAUSE = """
[[profile]]
code = "p"
name = "规定"
citation = "law"

[[clause]]
code = "answer"
profile = "p"
name = "回应"
duty = "应予回应。"
track = "public"
limit_minutes = 300
start = ["occurred_at"]
met_by = ["authoritative_info"]
ladder = "l"
citation = "law"

[citation.law]
document = "《某条例》"
article = "第一条"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Writes a settings folder: `folder(name, {"bot.toml": text})`."""

    def write(name: str, files: dict[str, str]) -> Path:
        for file, text in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def refused(*folders: Path, env: dict[str, str] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(folders, env or {})
    return caught.value.problems


def test_minutes_become_durations_and_a_named_citation_is_filled_in(folder: Write) -> None:
    settings = load([folder("own", {"clauses.toml": CLAUSE})], {})
    clause = settings.clauses[0]
    assert clause.limit == timedelta(hours=5)
    assert (clause.citation.document, clause.citation.article) == ("《某条例》", "第一条")
    assert clause.levels == ()


def test_a_later_folder_overrides_single_keys_and_keeps_the_rest(folder: Write) -> None:
    first = folder("default", {"clauses.toml": CLAUSE})
    second = folder("own", {"clauses.toml": '[[clause]]\ncode = "answer"\nprofile = "p"\nlimit_minutes = 60\n'})
    clause = load([first, second], {}).clauses[0]
    assert clause.limit == timedelta(hours=1)
    assert clause.duty == "应予回应。"


def test_limits_in_days_are_periods_with_their_extension(folder: Write) -> None:
    text = CLAUSE.replace("limit_minutes = 300", "limit_working_days = 20\nextension_working_days = 20")
    clause = load([folder("own", {"clauses.toml": text})], {}).clauses[0]
    assert clause.period == clause.extension == Period(unit=Span.WORKING_DAYS, count=20)
    assert clause.limit == timedelta(days=20)


def test_a_later_folder_may_count_in_days_what_an_earlier_one_has_in_hours(folder: Write) -> None:
    first = folder("default", {"clauses.toml": CLAUSE})
    second = folder("own", {"clauses.toml": '[[clause]]\ncode = "answer"\nprofile = "p"\nlimit_months = 3\n'})
    third = folder("unit", {"clauses.toml": '[[clause]]\ncode = "answer"\nprofile = "p"\nlimit_days = 15\n'})
    assert load([first, second], {}).clauses[0].period == Period(unit=Span.MONTHS, count=3)
    assert load([first, second, third], {}).clauses[0].period == Period(unit=Span.DAYS, count=15)
    assert load([first, second, third, first], {}).clauses[0].period is None


def test_the_holiday_table_of_a_later_folder_replaces_its_year(folder: Write) -> None:
    first = folder("default", {"holidays.toml": '[[year]]\nyear = 2030\noff = ["2030-01-01"]\nwork = []\n'})
    second = folder("own", {"holidays.toml": '[[year]]\nyear = 2030\noff = ["2030-10-01"]\nwork = []\n'})
    years = load([first, second], {}).holidays.years
    assert [sorted(y.off) for y in years.values()] == [[date(2030, 10, 1)]]


def test_a_later_folder_drops_an_entry_it_marks_removed(folder: Write) -> None:
    first = folder("default", {"clauses.toml": CLAUSE})
    second = folder("own", {"clauses.toml": '[[clause]]\ncode = "answer"\nprofile = "p"\nremoved = true\n'})
    assert load([first, second], {}).clauses == ()


def test_origins_name_the_file_and_line_that_decided_each_key(folder: Write) -> None:
    first = folder("default", {"clauses.toml": CLAUSE})
    second = folder("own", {"clauses.toml": '# 本单位从严\n[[clause]]\ncode = "answer"\nprofile = "p"\nlimit_minutes = 60\n'})
    origins = load([first, second], {}).origins
    assert origins["clause p.answer"] == "own/clauses.toml:2"
    assert origins["clause p.answer.limit_minutes"] == "own/clauses.toml:5"
    assert origins["clause p.answer.duty"] == "default/clauses.toml:11"


def test_shift_hours_and_weekdays_are_written_as_people_write_them(folder: Write) -> None:
    text = """
[[shift]]
name = "夜班"
days = ["周五", "周一"]
start = "20:00"
end = "08:00"
duty_officer = "a"
duty_leader = "b"
[[shift]]
name = "国庆"
date = 2026-10-01
start = "08:00"
end = "08:00"
duty_officer = "a"
duty_leader = "b"
"""
    night, holiday = load([folder("own", {"organisation.toml": text})], {}).organisation.shifts
    assert (night.start, night.end, night.days) == (1200, 1920, (0, 4))
    assert (holiday.start, holiday.end, holiday.date) == (480, 1920, "2026-10-01")


def test_ladder_steps_carry_their_unit_in_the_key(folder: Write) -> None:
    text = """
[notices]
first = ["duty_officer"]
[[ladder]]
code = "l"
[[ladder.step]]
code = "due"
minutes_after = 0
every_minutes = 30
times = 2
roles = ["principal"]
card = "overdue"
"""
    settings = load([folder("own", {"ladders.toml": text})], {})
    step = settings.ladders["l"].steps[0]
    assert (step.after, step.every, step.times, step.roles) == (0, 30, 2, (Role.PRINCIPAL,))
    assert settings.notices == {"first": (Role.DUTY_OFFICER,)}


MISTAKES = [
    pytest.param("bot.toml", '[bot]\nlistne = "x"\n', "Y004", 2, "listen", id="unknown-key-suggests-the-near-one"),
    pytest.param("bot.toml", "[bott]\nx = 1\n", "Y003", 1, "bot", id="unknown-section"),
    pytest.param("bot.toml", '[bot]\nwatch_days = "三"\n', "Y006", 2, "整数", id="text-for-a-number"),
    pytest.param("bot.toml", "[bot]\nlisten = 8710\n", "Y006", 2, "文字", id="number-for-a-text"),
    pytest.param("bot.toml", '[bot]\n\nlisten = "a\n', "Y001", 3, "TOML", id="broken-toml"),
    pytest.param("bot.toml", '[bot]\nlisten = "a"\nlisten = "b"\n', "Y001", 3, "两次", id="key-written-twice"),
    pytest.param("organisation.toml", '[[unit]]\ncode = "a"\n', "Y005", 1, "name", id="missing-key"),
    pytest.param("organisation.toml", '[[unit]]\nname = "甲局"\n', "Y013", 1, "代码", id="entry-without-code"),
    pytest.param("organisation.toml", '[unit]\nname = "甲局"\n', "Y003", 1, "[[unit]]", id="single-brackets"),
    pytest.param(
        "organisation.toml",
        '[[unit]]\ncode="a"\nname="甲"\n[[unit]]\ncode="a"\nname="乙"\n',
        "Y007",
        4,
        "重复",
        id="duplicate-id",
    ),
    pytest.param("wecom.txt.toml", "", "Y002", 0, "不认识", id="unknown-file"),
    pytest.param("bot.toml", '[wecom]\nsecret = "abc"\n', "Y008", 2, "YQBOT_WECOM_SECRET", id="secret-in-toml"),
    pytest.param(
        "bot.toml", '[bot]\ndatabase_url = "postgresql://u:p@h/d"\n', "Y008", 2, "YQBOT_DATABASE_URL", id="dsn-in-toml"
    ),
    pytest.param(
        "clauses.toml", CLAUSE.replace('citation = "law"', 'citation = "lost"', 1), "Y011", 5, "lost", id="unknown-citation"
    ),
    pytest.param("clauses.toml", CLAUSE.replace("300", "0"), "Y006", 13, "大于 0", id="zero-limit"),
    pytest.param("clauses.toml", CLAUSE.replace("300", '"5小时"'), "Y006", 13, "分钟", id="text-limit"),
    pytest.param("clauses.toml", CLAUSE.replace("limit_minutes = 300", "limit_days = 0"), "Y006", 13, "大于 0", id="zero-days"),
    pytest.param("clauses.toml", CLAUSE.replace("300", "300\nlimit_days = 5"), "Y006", 13, "只能写一个", id="hours-and-days"),
    pytest.param(
        "clauses.toml",
        CLAUSE.replace("limit_minutes = 300", "limit_days = 5\nlimit_working_days = 5"),
        "Y006",
        13,
        "只能写一个",
        id="two-kinds-of-days",
    ),
    pytest.param(
        "holidays.toml", '[[year]]\nyear = 2030\noff = ["2030-13-01"]\nwork = []\n', "Y504", 3, "2030-13-01", id="bad-day"
    ),
    pytest.param(
        "clauses.toml", CLAUSE.replace("limit_minutes", "limit_minute"), "Y004", 13, "limit_minutes", id="unit-missing-in-key"
    ),
    pytest.param(
        "ladders.toml",
        '[[ladder]]\ncode="l"\n[[ladder.step]]\ncode="s"\nminutes_left=1\nroles=["boss"]\n',
        "Y006",
        6,
        "duty_officer",
        id="unknown-role",
    ),
    pytest.param("ladders.toml", '[notices]\nfirst = ["boss"]\n', "Y006", 2, "boss", id="unknown-role-of-a-notice"),
    pytest.param(
        "organisation.toml",
        '[[shift]]\nname="x"\ndays=["周八"]\nstart="08:00"\nend="20:00"\nduty_officer="a"\nduty_leader="b"\n',
        "Y006",
        3,
        "周八",
        id="unknown-weekday",
    ),
    pytest.param(
        "organisation.toml",
        '[[shift]]\nname="x"\ndate="国庆"\nstart="08:00"\nend="20:00"\nduty_officer="a"\nduty_leader="b"\n',
        "Y006",
        3,
        "国庆",
        id="unreadable-date",
    ),
    pytest.param(
        "organisation.toml",
        '[[shift]]\nname="x"\nstart="08:00"\nend="20:00"\nduty_officer="a"\nduty_leader="b"\n',
        "Y006",
        1,
        "每天",
        id="shift-of-no-day",
    ),
    pytest.param("ladders.toml", '[[ladder]]\ncode="l"\nstep="x"\n', "Y006", 3, "方括号", id="text-for-a-list"),
    pytest.param("bot.toml", '[bot]\nlisten = "a"\nwatch_days = 1.5\n', "Y006", 3, "整数", id="fraction-for-a-number"),
    pytest.param(
        "organisation.toml",
        '[[shift]]\nname="x"\ndays=["周一"]\nstart="8点"\nend="20:00"\nduty_officer="a"\nduty_leader="b"\n',
        "Y006",
        4,
        "08:00",
        id="unreadable-hour",
    ),
]


@pytest.mark.parametrize(("file", "text", "id_", "line", "word"), MISTAKES)
def test_a_mistake_is_named_with_number_line_and_remedy(
    folder: Write, file: str, text: str, id_: str, line: int, word: str
) -> None:
    _, problems = read([folder("own", {file: text})], {})
    found = [p for p in problems if p.id == id_]
    assert found, problems
    assert (found[0].file, found[0].line) == (f"own/{file}", line)
    assert word in found[0].message + found[0].remedy
    assert found[0].remedy


def test_every_mistake_of_every_file_is_reported_at_once(folder: Write) -> None:
    own = folder(
        "own",
        {
            "bot.toml": '[bot]\nlistne = "x"\nwatch_days = "三"\n',
            "organisation.toml": '[[unit]]\ncode = "a"\n[[officer]]\nuserid = "b"\nname = 3\nunit = "a"\n',
            "scope.toml": "[scope\n",
        },
    )
    problems = refused(own)
    assert {p.id for p in problems} == {"Y001", "Y004", "Y005", "Y006"}
    assert {p.file for p in problems} == {"own/bot.toml", "own/organisation.toml", "own/scope.toml"}
    assert len(problems) == 5


def test_the_exception_reads_as_chinese_lines(folder: Write) -> None:
    with pytest.raises(ConfigError, match=r"配置有1处错误，请改正后重试。\nY004 错误 own/bot.toml:2"):
        load([folder("own", {"bot.toml": '[bot]\nlistne = "x"\n'})], {})


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "bot.toml").write_bytes("[bot]\n# 值班\n".encode("gb18030"))
    assert [(p.id, "UTF-8" in p.remedy) for p in refused(tmp_path)] == [("Y001", True)]


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "bot.toml").symlink_to(tmp_path / "gone")
    assert [(p.id, "权限" in p.remedy) for p in refused(tmp_path)] == [("Y001", True)]


def test_every_day_stands_for_seven(folder: Write) -> None:
    text = '[[shift]]\nname="全天"\ndays="每天"\nstart="00:00"\nend="24:00"\nduty_officer="a"\nduty_leader="b"\n'
    only = load([folder("own", {"organisation.toml": text})], {}).organisation.shifts[0]
    assert (only.days, only.start, only.end) == (tuple(range(7)), 0, 1440)


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    (tmp_path / "bot.toml").write_bytes(b'\xef\xbb\xbf[bot]\nlisten = "127.0.0.1:1"\n')
    assert load([tmp_path], {}).bot.listen == "127.0.0.1:1"


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    assert [p.id for p in refused(tmp_path / "nowhere")] == ["Y014"]


def test_the_environment_wins_over_toml(folder: Write) -> None:
    own = folder("own", {"bot.toml": '[bot]\nlisten = "127.0.0.1:1"\n[wecom]\ncorpid = "toml"\n'})
    env = {"YQBOT_LISTEN": "127.0.0.1:2", "YQBOT_WECOM_CORPID": "env", "YQBOT_WECOM_AGENTID": "1000002"}
    settings = load([own], env)
    assert (settings.bot.listen, settings.wecom.corpid, settings.wecom.agentid) == ("127.0.0.1:2", "env", 1000002)


def test_secrets_come_from_the_environment_or_a_file_and_are_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "aes"
    file.write_text("k" * 43 + "\n", encoding="utf-8")
    file.chmod(0o600)
    env = {
        "YQBOT_WECOM_SECRET": "hush-hush",
        "YQBOT_WECOM_AES_KEY_FILE": str(file),
        "YQBOT_DATABASE_URL": "postgresql://u:pw@h/d",
    }
    (tmp_path / "conf").mkdir()
    settings = load([tmp_path / "conf"], env)
    assert (settings.wecom.secret, settings.wecom.aes_key) == ("hush-hush", "k" * 43)
    assert "hush-hush" not in repr(settings)
    assert "pw@h" not in repr(settings)


@pytest.mark.parametrize(
    ("env", "mode", "ids"),
    [
        pytest.param({"YQBOT_WECOM_TOKEN_FILE": "{file}"}, 0o644, ["Y010"], id="readable-by-others"),
        pytest.param({"YQBOT_WECOM_TOKEN_FILE": "{file}", "YQBOT_WECOM_TOKEN": "x"}, 0o600, ["Y009"], id="given-twice"),
        pytest.param({"YQBOT_WECOM_TOKEN_FILE": "{file}-not-there"}, 0o600, ["Y009"], id="no-such-file"),
        pytest.param({"YQBOT_WECOM_AGENTID": "一号"}, 0o600, ["Y012"], id="agentid-not-a-number"),
    ],
)
def test_a_badly_given_secret_is_named(tmp_path: Path, env: dict[str, str], mode: int, ids: list[str]) -> None:
    file = tmp_path / "token"
    file.write_text("t", encoding="utf-8")
    file.chmod(mode)
    (tmp_path / "conf").mkdir()
    _, problems = read([tmp_path / "conf"], {k: v.format(file=file) for k, v in env.items()})
    assert [p.id for p in problems] == ids


def test_an_empty_secret_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("\n", encoding="utf-8")
    file.chmod(0o600)
    (tmp_path / "conf").mkdir()
    assert [p.id for p in refused(tmp_path / "conf", env={"YQBOT_WECOM_TOKEN_FILE": str(file)})] == ["Y009"]


def test_keys_of_vendors_come_from_the_environment_under_their_own_names(folder: Write) -> None:
    row = '[[source]]\nid = "nanhu-api"\nname = "南湖"\nkind = "vendor"\n'
    settings, _ = read([folder("own", {"vendors.toml": row})], {"YQBOT_INGEST_NANHU_API_SECRET": "hush-hush-hush-hush"})
    assert settings is not None
    assert settings.ingest_secrets == {"nanhu-api": "hush-hush-hush-hush"}
    assert "hush" not in repr(settings)


def test_a_mapping_names_fields_once_or_many_times_and_no_others(folder: Write) -> None:
    rows = '[[mapping]]\nid = "hotline"\ntitle = "事项"\ntext = ["反映", "诉求"]\n'
    settings, problems = read([folder("own", {"hotline.toml": rows})], {})
    assert settings is not None
    assert settings.mappings["hotline"].names == {"title": ("事项",), "text": ("反映", "诉求")}
    assert problems == ()
    _, problems = read([folder("bad", {"hotline.toml": '[[mapping]]\nid = "x"\nheading = "事项"\n'})], {})
    assert [p.id for p in problems] == ["Y006"]
    assert "没有这个字段" in problems[0].text


def test_files_of_other_loaders_are_left_alone(folder: Write) -> None:
    settings, problems = read([folder("own", {"policy.toml": "alarm_at = 0.6\n", "lexicon/x.toml": "[[group]]\n"})], {})
    assert isinstance(settings, Settings)
    assert problems == ()
