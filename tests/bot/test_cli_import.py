"""`yqbot import`: previews write nothing, repeated imports change nothing, history raises no alarm, bad rows are named."""

from __future__ import annotations

import asyncio
import json
import tomllib
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.configuration import DEMO
from bot.store import open_store
from bot.store.port import StoredItem
from tests.monitors.test_hotline import FIRST, HEAD, SECOND, csv_of, workbook_of, xlsx


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(data: Path, *args: str) -> int:
    return main(["import", *args, "--config", str(DEMO), "--data", str(data)])


def waiting(data: Path) -> list[StoredItem]:
    async def ask() -> list[StoredItem]:
        store = await open_store("", data, readonly=True)
        try:
            return await store.unjoined(100)
        finally:
            await store.close()

    return asyncio.run(ask())


@pytest.fixture(params=["orders.xlsx", "orders.csv"])
def orders(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    rows = (HEAD, FIRST, ("1009", "", "", "", "", "", "", ""), SECOND)
    path.write_bytes(xlsx(*rows) if path.suffix == ".xlsx" else csv_of(*rows))
    return path


def test_a_preview_shows_columns_and_rows_and_writes_nothing(
    orders: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "hotline", str(orders), "--preview") == 0
    out, err = capsys.readouterr()
    assert "认出的列：编号＝工单编号、标题＝标题、内容＝诉求内容" in out
    assert "03-02 08:00 反映停水" in out
    assert "王小明" not in out
    assert "有 1 行无法读取，行号：3" in err
    assert not data.exists()


def test_orders_are_imported_once_and_their_progress_is_an_update(
    orders: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "hotline", str(orders)) == 0
    assert "新增2条，更新0条，已有0条" in capsys.readouterr().out
    assert run(data, "hotline", str(orders)) == 0
    assert "新增0条，更新0条，已有2条" in capsys.readouterr().out
    later = tmp_path / "later.xlsx"
    later.write_bytes(xlsx(HEAD, (*FIRST[:6], "已回访", "满意")))
    assert run(data, "hotline", str(later)) == 0
    assert "新增0条，更新1条，已有0条" in capsys.readouterr().out
    assert len(waiting(data)) == 2


def test_old_orders_can_be_kept_for_reading_only(orders: Path, data: Path) -> None:
    assert run(data, "hotline", str(orders), "--history") == 0
    assert waiting(data) == []


def test_history_is_stored_without_waiting_to_be_judged(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text(json.dumps({"t": "2026-01-02T08:00:00+08:00", "title": "青石县滑坡致3人死亡"}) + "\n", encoding="utf-8")
    assert run(data, "items", str(file)) == 0
    assert waiting(data) == []


def test_history_is_read_as_chinese_sites_write_it_and_a_bad_line_costs_only_itself(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "items.jsonl"
    lines = (
        '{"t": "2026年1月2日 08:00", "title": "青石县滑坡"}',
        "not json",
        '{"t": "2026-01-03 09:00:00", "title": "大湾村停水", "url": "https://a.example/1"}',
        '{"title": "没有时间"}',
    )
    file.write_bytes("\n".join(lines).encode("gb18030"))
    assert run(data, "items", str(file)) == 0
    shown = capsys.readouterr()
    assert "读出2条：新增2条" in shown.out
    assert "有 2 行无法读取，行号：2（不是 JSON）、4（缺少 t）" in shown.err
    assert run(data, "items", str(file)) == 0
    assert "新增0条，更新0条，已有2条" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("items", '{"t": "2099-01-02", "title": "x"}', "第1行读不了（内容不对）"),
        ("items", '{"t": "2026-01-02"}', "第1行读不了（缺少 title）"),
        ("items", "", "第1行读不了（是空的）"),
        ("items", "{", "第1行读不了"),
        ("hotline", "甲,乙\n1,2\n", "没有读出工单。未找到标题列或内容列，表头为：甲、乙"),
        ("opml", "<html/>", "文件里没有订阅地址"),
    ],
    ids=["future", "no title", "empty", "no json", "no columns", "no opml"],
)
def test_a_file_that_cannot_be_imported_says_why(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, text: str, said: str
) -> None:
    file = tmp_path / "x"
    file.write_text(text, encoding="utf-8")
    assert run(data, kind, str(file)) == 1
    assert said in capsys.readouterr().err


def test_a_sheet_is_chosen_by_name_and_the_others_are_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "months.xlsx"
    file.write_bytes(workbook_of(一月=[(*HEAD, "是否公开"), FIRST], 二月=[HEAD, SECOND]))
    assert run(data, "hotline", str(file), "--preview") == 0
    out, err = capsys.readouterr()
    assert "工作表：一月" in out
    assert "没有用到的列：是否公开" in out
    assert "没有读：二月；要读另外的，请加 --sheet 名称" in err
    assert run(data, "hotline", str(file), "--sheet", "二月") == 0
    out, err = capsys.readouterr()
    assert ("新增1条" in out, err) == (True, "")
    assert [r.item.title for r in waiting(data)] == ["路灯不亮"]
    assert run(data, "hotline", str(file), "--sheet", "三月") == 1
    assert "没有指定的工作表，文件里有：一月、二月" in capsys.readouterr().err


def test_history_names_nobody_and_is_found_again_under_its_own_words(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "items.jsonl"
    row = {"t": "2026-01-02 08:00", "title": "来电人王小明反映停水", "text": "王小明，男，电话13800001234，停水三天"}
    file.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    assert run(data, "items", str(file), "--preview") == 0
    assert "来电人王某反映停水" in capsys.readouterr().out
    assert run(data, "items", str(file)) == 0
    assert run(data, "items", str(file)) == 0
    assert "已有1条" in capsys.readouterr().out

    async def found() -> str:
        store = await open_store("", data, readonly=True)
        try:
            return "".join(r.item.title + r.item.text for r in await store.search("停水三天", 5))
        finally:
            await store.close()

    said = asyncio.run(found())
    assert ("停水三天" in said, "王小明" in said, "13800001234" in said) == (True, False, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "文件是空的"),
        ("工单编号,标题\n", "只有表头，下面没有工单"),
        ("<html><p>请登录</p></html>", "也不是另存为网页的表格"),
    ],
)
def test_a_table_without_orders_says_why(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = tmp_path / "x.csv"
    file.write_text(text, encoding="utf-8")
    assert run(data, "hotline", str(file)) == 1
    assert said in capsys.readouterr().err


def test_a_mapping_that_does_not_exist_is_named(orders: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, "hotline", str(orders), "--mapping", "nobody") == 1
    assert "没有名为 nobody 的列名对应" in capsys.readouterr().err


def test_subscriptions_go_out_and_come_back(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conf = tmp_path / "conf"
    conf.mkdir()
    row = '[[source]]\nid = "a"\nname = "甲 & 乙"\nkind = "feed"\nurl = "https://a.example/rss?x=1&y=2"\n'
    (conf / "sources.toml").write_text(row, encoding="utf-8")
    file = tmp_path / "out.opml"
    assert main(["import", "opml", str(file), "--export", "--config", str(conf)]) == 0
    capsys.readouterr()
    assert run(data, "opml", str(file)) == 0
    (back,) = tomllib.loads(capsys.readouterr().out)["source"]
    assert (back["name"], back["url"], back["enabled"]) == ("甲 & 乙", "https://a.example/rss?x=1&y=2", False)


LIST = """<?xml version="1.0" encoding="gb2312"?><opml version="2.0"><body>
<outline text="本地"><outline text="甲报" xmlUrl="https://a.example/rss?x=1&amp;y=2"/><outline text="更深"><outline
 text="乙&gt;网 > 要闻" xmlUrl='http://b.example/feed'></outline></outline></outline>
<outline text="甲报（重复）" xmlUrl="https://a.example/rss?x=1&amp;y=2"/>
<outline text="内网" xmlUrl="http://10.1.2.3:1200/x"/><outline text="丙" xmlUrl="feed://c.example/rss"/>
<outline text="丁" xmlUrl="file:///tmp/x"/><outline text="残缺" xmlUrl="https://d.exa"""


def test_a_subscription_list_comes_in_once_with_its_groups_and_what_it_needs(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, conf = tmp_path / "in.opml", tmp_path / "conf"
    file.write_bytes(LIST.encode("gb18030"))
    assert run(data, "opml", str(file)) == 0
    out, err = capsys.readouterr()
    rows = {row["name"]: row for row in tomllib.loads(out)["source"]}
    assert {name: row["url"] for name, row in rows.items()} == {
        "甲报": "https://a.example/rss?x=1&y=2",
        "乙>网 > 要闻": "http://b.example/feed",
        "内网": "http://10.1.2.3:1200/x",
        "丙": "http://c.example/rss",
    }
    assert (rows["甲报"]["tags"], rows["乙>网 > 要闻"]["tags"], "tags" in rows["丙"]) == (["本地"], ["更深"], False)
    assert [name for name, row in rows.items() if row.get("internal")] == ["内网"]
    assert ("读出4个订阅" in err, "不是网址，没有列出：丁" in err) == (True, True)
    conf.mkdir()
    (conf / "sources.toml").write_text(out, encoding="utf-8")
    assert main(["import", "opml", str(file), "--config", str(conf)]) == 0
    out, err = capsys.readouterr()
    assert (out.strip(), "读出0个订阅，另有4个已在配置中" in err) == ("", True)


def test_five_hundred_subscriptions_go_round(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, conf = tmp_path / "in.opml", tmp_path / "conf"
    rows = "".join(f'<outline text="源{n}" category="/本地/" xmlUrl="https://s{n}.example/rss"/>' for n in range(500))
    file.write_text(f"<opml><body>{rows}</body></opml>", encoding="utf-8")
    assert run(data, "opml", str(file)) == 0
    conf.mkdir()
    (conf / "sources.toml").write_text(capsys.readouterr().out.replace("enabled = false", "enabled = true"), encoding="utf-8")
    assert main(["import", "opml", str(tmp_path / "out.opml"), "--export", "--config", str(conf)]) == 0
    assert "已写出500个订阅" in capsys.readouterr().out
    assert run(data, "opml", str(tmp_path / "out.opml")) == 0
    back = tomllib.loads(capsys.readouterr().out)["source"]
    assert ([row["name"] for row in back], back[0]["tags"]) == ([f"源{n}" for n in range(500)], ["本地"])
