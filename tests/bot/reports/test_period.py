"""日报、周报、月报、年报: what counts where, totals that reconcile, no nought where there is no data, one paper in every format."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from docx import Document

from bot.__main__ import main
from bot.configuration import DEMO, settings_of
from bot.labels import BEIJING
from bot.reports import markdown
from bot.reports.blocks import Table
from bot.reports.pdf import NoPdf, pdf_of
from bot.reports.period import NoPeriod, PeriodFigures, figures, meant, stretch
from bot.reports.period_paper import compose_period
from bot.store import open_store
from playbooks.incident import Incident
from tests.bot.matter import at, land_money, landslide_night, morning

RULES = settings_of(DEMO, {})
NOW = at("18:00", day=26)


def matters() -> list[Incident]:
    drill = replace(landslide_night(RULES, number=90).incident, drill=True)
    return [morning(landslide_night(RULES)).incident, land_money(RULES).incident, drill]


def of(kind: str, text: str = "", now: datetime = NOW, found: list[Incident] | None = None) -> PeriodFigures:
    return figures(matters() if found is None else found, RULES, meant(kind, text, now), now)


@pytest.mark.parametrize(
    ("kind", "text", "begin", "end", "title"),
    [
        ("brief", "2026-11-22", (11, 22), (11, 23), "2026年11月22日"),
        ("weekly", "2026-11-22", (11, 16), (11, 23), "2026年11月16日至11月22日"),
        ("weekly", "2026-11-23", (11, 23), (11, 30), "2026年11月23日至11月29日"),
        ("monthly", "2026-11", (11, 1), (12, 1), "2026年11月"),
        ("monthly", "", (11, 1), (12, 1), "2026年11月"),
    ],
)
def test_a_stretch_runs_from_midnight_to_midnight(
    kind: str, text: str, begin: tuple[int, int], end: tuple[int, int], title: str
) -> None:
    found = meant(kind, text, NOW)
    assert (found.begin, found.end) == (datetime(2026, *begin, tzinfo=BEIJING), datetime(2026, *end, tzinfo=BEIJING))
    assert found.title == title
    assert found.before.end == found.begin


def test_a_year_begins_in_january() -> None:
    found = meant("annual", "2026", NOW)
    assert (found.begin.year, found.end.year, found.before.title) == (2026, 2027, "2025年")


@pytest.mark.parametrize(
    ("kind", "text"), [("brief", "明天"), ("brief", "2026-11-27"), ("monthly", "13"), ("annual", "2027"), ("annual", "x")]
)
def test_what_is_no_stretch_is_one_sentence(kind: str, text: str) -> None:
    with pytest.raises(NoPeriod, match="请"):
        meant(kind, text, NOW)


def test_matters_limits_and_releases_count_where_they_happened() -> None:
    f = of("brief", "2026-11-22")
    assert f.now is not None
    assert f.now.opened == len(f.matters) == sum(n for _, n in f.by_level) == sum(n for _, n in f.by_category)
    assert f.now.opened == sum(n for _, n in f.by_unit) == 2
    assert f.now.limits.due == sum(k.due for k in f.clauses) == sum(k.due for k in f.units)
    assert f.now.limits.due == f.now.limits.on_time + len(f.missed)
    assert f.now.limits.late == 1
    assert f.now.releases == sum(n for _, n in f.forms)
    assert f.now.conferences == 1
    assert f.now.released is not None
    assert not [row for row in f.matters if row[0] == "90号"]


def test_before_the_desk_began_there_is_no_data_and_after_it_there_is_a_nought() -> None:
    before, after = of("monthly", "2026-09"), of("brief", "2026-11-25")
    assert before.now is None
    assert "值班台尚未启用，没有记录" in markdown.render(compose_period(before))
    assert of("brief", "2026-11-22").before is None
    assert after.now is not None
    assert (after.now.opened, after.now.acknowledged) == (0, None)
    text = markdown.render(compose_period(after))
    assert "| 立案 | 0件 |" in text
    assert "| 提醒到点收到 | 无数据 |" in text


def test_a_year_shows_its_months_and_they_add_up() -> None:
    f = of("annual", "2026")
    assert [name for name, n in f.months if n is not None] == ["11月"]
    (table,) = [b for b in compose_period(f).blocks if isinstance(b, Table) and b.name == "逐月数字"]
    assert table.rows[0] == ("1月", *["无数据"] * 6)
    assert f.now is not None
    assert table.rows[-1] == (
        "合计", str(f.now.opened), str(f.now.emergencies), str(f.now.limits.due),
        str(f.now.limits.late), f.now.limits.rate, str(f.now.releases),
    )  # fmt: skip


def test_a_matter_of_a_thin_category_is_named_by_its_number_alone() -> None:
    found = [replace(land_money(RULES).incident, category="mass_incident", title="李家村村民聚集")]
    text = markdown.render(compose_period(of("monthly", "2026-11", found=found)))
    assert "专线事项" in text
    assert "李家村" not in text


def test_limits_that_have_not_come_yet_are_not_counted() -> None:
    early = of("monthly", "2026-11", now=at("03:00"), found=[landslide_night(RULES).incident])
    assert early.now is not None
    assert early.now.limits.due == len([k for k in early.clauses if k.due])
    assert all(c[4] != "未登记" or c[5] != "未到期" for c in early.missed)


def test_a_stretch_of_a_leap_day() -> None:
    assert stretch("brief", date(2028, 2, 29)).end - stretch("brief", date(2028, 2, 29)).begin == timedelta(days=1)


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    store = await open_store("", tmp_path / "data")
    await landslide_night(RULES).save(store)
    await store.close()
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("kind", "option", "text"),
    [("brief", "--date", "2026-11-22"), ("weekly", "--date", "2026-11-22"), ("monthly", "--month", "2026-11"), ("annual", "--year", "2026")],
)  # fmt: skip
def test_the_commands_print_and_write(
    data: Path, tmp_path: Path, kind: str, option: str, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("bot.cli_report.wall", lambda: NOW)
    common = [option, text, "--data", str(data), "--config", str(DEMO)]
    assert main(["report", kind, *common]) == 0
    assert "| 立案 | 1件 |" in capsys.readouterr().out
    target = tmp_path / "r.docx"
    assert main(["report", kind, *common, "-o", str(target)]) == 0
    assert "鹿溪县人民政府政务舆情" in "".join(p.text for p in Document(str(target)).paragraphs)
    assert main(["report", kind, *common, "--format", "docx"]) == 1
    assert "请用 -o 写明文件" in capsys.readouterr().err
    assert main(["report", kind, *common, "-o", str(tmp_path / "r.xyz")]) == 1
    assert main(["report", kind, option, "不是", "--data", str(data), "--config", str(DEMO)]) == 1
    assert "写法不对" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="没有安装 LibreOffice")
def test_a_review_comes_as_pdf(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "r.pdf"
    args = ["report", "review", "12", "--format", "pdf", "-o", str(target), "--data", str(data), "--config", str(DEMO)]
    assert main(args) == 0
    assert target.read_bytes().startswith(b"%PDF-")


def test_without_an_office_program_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoPdf, match="--format docx"):
        pdf_of(b"")
