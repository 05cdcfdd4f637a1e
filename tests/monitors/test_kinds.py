"""Each kind of source: a sample goes in, the expected document comes out; broken and hostile ones give what can be read."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.dates import BEIJING
from monitors.item import MAX_ENTRIES, ParsedDocument, items
from monitors.kinds import KINDS, better, parse, parse_fully
from monitors.kinds.hotlist import heat
from monitors.kinds.tolerant import parse_tolerant
from monitors.mend import Problem

DATA = Path(__file__).parents[1] / "data" / "feeds"
NOW = datetime(2026, 3, 3, tzinfo=UTC)
EIGHT = datetime(2026, 3, 2, 8, 0, tzinfo=BEIJING)


def sample(name: str, kind: str = "feed") -> ParsedDocument:
    return KINDS[kind]((DATA / name).read_bytes(), {}, "", NOW)


def codes(document: ParsedDocument) -> list[str]:
    return [problem.code for problem in document.problems]


def test_rss_is_read_with_its_modules() -> None:
    document = sample("feed/county.rss")
    first, second, third = document.entries
    assert (document.format, document.title, document.problems) == ("rss20", "青石县人民政府网", ())
    assert (first.id, first.title) == ("qs-1001", "大湾村发生山体滑坡 县里启动应急响应")
    assert first.url == "https://www.qingshi.example/zwgk/2026/0302/1001.html"
    assert (first.published, first.author) == (EIGHT, "县融媒体中心")
    assert first.summary == "3月2日清晨，大湾村发生山体滑坡。\n已转移群众 46 人。"
    assert (second.title, second.summary) == ("水 & 电恢复供应", "大部分村组已恢复。")
    assert second.url == "https://www.qingshi.example/zwgk/2026/0302/1002.html"
    assert second.published == EIGHT + timedelta(minutes=90)
    assert (third.url, third.published, third.raw_date) == ("", None, "近日")


def test_atom_is_read_with_its_types_and_base() -> None:
    document = sample("feed/bureau.atom")
    (entry,) = document.entries
    assert (document.format, document.title) == ("atom10", "自然资源局·公告")
    assert (entry.id, entry.title) == ("tag:qingshi.example,2026:1", "关于 a < b 的说明")
    assert (entry.url, entry.published) == ("https://zrzy.qingshi.example/gg/1.html", EIGHT)
    assert (entry.summary, entry.author) == ("第一段重点\n第二段", "办公室")


@pytest.mark.parametrize(
    ("name", "form", "title"),
    [("feed/list.rdf", "rss10", "征地补偿款何时到账"), ("feed/news.sitemap", "sitemap", "学校食堂接受检查")],
)
def test_other_xml_vocabularies_are_read(name: str, form: str, title: str) -> None:
    document = sample(name)
    (entry,) = document.entries
    assert (document.format, entry.title, entry.published) == (form, title, EIGHT)
    assert entry.url.startswith("https://")
    assert entry.id == entry.url


def test_json_feed_is_read_and_a_bad_entry_costs_only_itself() -> None:
    document = sample("jsonfeed/topics.json")
    first, second = document.entries
    assert (document.format, document.title, codes(document)) == ("jsonfeed", "青石热议", ["entries_unreadable"])
    assert (first.id, first.url, first.published) == ("1", "https://www.qingshi.example/t/1", EIGHT)
    assert (first.summary, first.author) == ("自来水公司回应", "编辑部")
    assert (second.id, second.url, second.published, second.raw_date) == ("2", "https://o.example/2", EIGHT, "2026-03-02 08:00")


def test_a_newsnow_list_gives_rank_and_heat_and_owns_up_to_its_cache() -> None:
    document = sample("hotlist/newsnow.json", "hotlist")
    first, second = document.entries
    assert (document.format, document.stale, codes(document)) == ("hotlist", True, ["entries_unreadable", "stale_cache"])
    assert document.problems[-1].detail == "2026-03-02 08:00"  # Beijing time, as it is shown
    assert (first.title, first.rank, first.hot) == ("青石县山体滑坡", 1, 1_234_000)
    assert (second.rank, second.hot, second.summary) == (2, None, "详细说明")


def test_a_plain_list_keeps_the_ranks_it_states() -> None:
    entries = sample("hotlist/plain.json", "hotlist").entries
    assert [(entry.title, entry.rank, entry.hot) for entry in entries] == [("第三名", 3, 1200), ("第一名", 1, 8800)]


@pytest.mark.parametrize("key", ["rank", "index"])
def test_a_list_that_counts_its_places_from_nought_is_ranked_from_one(key: str) -> None:
    rows = ",".join(f'{{"word": "话题{place}", "num": 9, "{key}": {place}}}' for place in (1, 0, 2))
    entries = parse(f'{{"data": {{"realtime": [{rows}]}}}}'.encode(), {}, "", NOW).entries
    assert [(entry.title, entry.rank) for entry in entries] == [("话题1", 2), ("话题0", 1), ("话题2", 3)]


def test_a_list_within_too_many_wrappers_is_no_list() -> None:
    body = b'{"data":' * 6 + b'[{"title":"x"}]' + b"}" * 6
    assert codes(KINDS["hotlist"](body, {}, "", NOW)) == ["not_a_feed"]


def test_a_long_list_and_a_long_json_feed_are_cut_and_counted() -> None:
    rows = ",".join('{"title":"x"}' for _ in range(MAX_ENTRIES + 3))
    for body in (f"[{rows}]", f'{{"version":"https://jsonfeed.org/version/1","items":[{rows}]}}'):
        document = parse(body.encode(), {}, "", NOW)
        assert len(document.entries) == MAX_ENTRIES
        assert document.problems == (Problem(code="too_many_entries", count=3),)


def test_work_orders_survive_rows_that_csv_refuses() -> None:
    body = "工单编号\t标题\n1\t停水\n2\t" + "长" * 200_000 + "\n3\t停电\n"
    document = KINDS["hotline"](body.encode(), {}, "", NOW)
    assert [entry.title for entry in document.entries] == ["停水", "停电"]
    assert [problem.code for problem in document.problems] == ["rows_unreadable"]


def test_a_wrapped_list_is_found() -> None:
    first, second = sample("hotlist/wrapped.json", "hotlist").entries
    assert (first.title, first.hot, first.url, first.published) == ("话题甲", 50_000, "", EIGHT)
    assert (second.title, second.rank) == ("话题乙", 2)


def test_news_of_a_portal_in_json_is_read_and_ranks_nothing() -> None:
    body = """{"code": 0, "data": {"total": 2, "rows": [
        {"ID": 7, "TITLE": "柳湾镇停水通知", "URL": "/n/7.html", "PUBLISH_TIME": "2026-03-02 08:00:00", "CONTENT": "<p>抢修</p>"},
        {"id": 8, "title": "柳湾镇公示", "url": "8.html", "docRelPubTime": "2026-03-01"}]}}"""
    first, second = parse(body.encode(), {}, "https://zw.example/zwgk/", NOW).entries
    assert (first.title, first.url, first.published, first.summary) == (
        "柳湾镇停水通知",
        "https://zw.example/n/7.html",
        EIGHT,
        "抢修",
    )
    assert (second.url, first.rank, second.rank) == ("https://zw.example/zwgk/8.html", None, None)


ROWS = '{"title": "青石县停水", "url": "http://a.example/1"}, {"title": "大湾村通电", "url": "http://a.example/2"}'


@pytest.mark.parametrize(
    "body",
    [
        f'{{"data": {{"cards": [{{"component": "top"}}, {{"content": [{ROWS}]}}]}}}}',
        f'{{"BBM54": [{ROWS}, {{"title": "第三条", "hot": 3}}]}}',
        '{"data": [{"target": {"title": "青石县停水"}, "detail_text": "12 万热度"}, {"target": {"title": "大湾村通电"}}]}',
        '{"data": {"word_list": [{"word": "青石县停水"}, {"word": "大湾村通电"}]}}',
    ],
    ids=["cards", "a channel's code", "a target within", "words"],
)
def test_lists_are_found_wherever_interfaces_keep_them(body: str) -> None:
    first, second, *_ = parse(body.encode(), {}, "", NOW).entries
    assert (first.title, first.rank, second.title, second.rank) == ("青石县停水", 1, "大湾村通电", 2)


@pytest.mark.parametrize(
    "body",
    [
        b'{"menu": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}',
        b'{"x": [{"title": "a", "url": "http://a.example/"}, {"title": "b", "url": "http://a.example/"}]}',
        b'{"data": [{"user": {"name": "a"}, "id": 1}]}',
    ],
    ids=["a menu", "two links", "persons"],
)
def test_other_lists_in_json_are_no_news(body: bytes) -> None:
    assert codes(parse(body, {}, "", NOW)) == ["not_a_feed"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "gb18030"])
def test_json_is_told_in_any_encoding(encoding: str) -> None:
    assert [entry.title for entry in parse(f"[{ROWS}]".encode(encoding), {}, "", NOW).entries] == ["青石县停水", "大湾村通电"]


def test_a_feed_in_the_wrapper_of_a_script_is_read_and_a_wrapper_around_nothing_is_none() -> None:
    row = '{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":"回调包裹"}]}'
    document = parse(f"jQuery11_177({row});".encode(), {}, "", NOW)
    assert (document.format, [entry.title for entry in document.entries]) == ("jsonfeed", ["回调包裹"])
    assert codes(parse(b"cb({});", {}, "", NOW)) == ["not_a_feed"]


def test_a_hot_list_published_as_a_feed_is_ranked_by_order() -> None:
    document = sample("feed/county.rss", "hotlist")
    assert [entry.rank for entry in document.entries] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("123万热度", 1_230_000),
        ("1.5亿", 150_000_000),
        ("8,800", 8800),
        ("3w", 30_000),
        ("", None),
        ("爆", None),
        ("1.2.3", None),
    ],
)
def test_heat_is_read_in_its_units(text: str, value: float | None) -> None:
    assert heat(text) == value


def test_work_orders_are_read_and_their_persons_covered() -> None:
    document = sample("hotline/orders.csv", "hotline")
    first, second = document.entries
    assert (first.id, first.title, first.published, first.author) == ("QS0001", "反映噪声扰民", EIGHT, "王某")
    for secret in ("王小明", "13800001234", "11010119900307123X", "501"):
        assert secret not in first.summary
    assert "幸福小区3号楼" in first.summary
    assert (second.title, second.published) == ("自来水发黄", EIGHT - timedelta(hours=8))
    assert document.problems == (Problem(code="rows_unreadable", count=1, detail="5"),)


def test_work_orders_without_known_columns_say_so() -> None:
    document = KINDS["hotline"]("甲,乙\n1,2\n".encode("gbk"), {}, "", NOW)
    assert (document.entries, codes(document)[-1]) == ((), "columns_missing")


def test_a_subscription_list_gives_its_addresses() -> None:
    document = sample("opml/list.opml")
    assert (document.format, document.title) == ("opml", "订阅清单")
    assert document.entries[0].title == "青石县政府网"
    assert document.entries[0].url == "https://www.qingshi.example/rss.xml?a=1&b=2"


ITEM = "<item><title>甲{n}</title><link>https://a.example/{n}</link></item>"


def rss(items: str, head: str = "") -> bytes:
    return f"{head}<rss version='2.0'><channel><title>题</title>{items}</channel></rss>".encode()


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        (rss("<item><title>水 & 电</title></item>"), ["水 & 电"]),
        (rss("<item><title>水&nbsp;电</title></item>"), ["水 电"]),
        (rss("<item><title>水\x08电</title></item>"), ["水电"]),
        (b"\n\xef\xbb\xbf" + rss("<item><title>水</title></item>", '<?xml version="1.0"?>'), ["水"]),
        (rss(ITEM.format(n=1) + ITEM.format(n=2))[:-60], ["甲1", "甲2"]),
        (rss("<item><title>甲</title></item><item><title>乙</item>"), ["甲", "乙"]),
        (rss("<item><title><b>粗</b>体</title></item>"), ["粗体"]),
        (b"<item><title>\xe7\x94\xb2</title></item>", ["甲"]),
        (rss("<x:item xmlns:x='http://x.example/'><x:title>甲</x:title></x:item>"), ["甲"]),
        (rss("<item><x:title xmlns:x='http://x.example/'>别家的题</x:title></item>"), [""]),
        (rss("<itunes:image/><item><title>甲</title></item>"), ["甲"]),
        (rss("<item><title>甲</title></item>").replace(b"rss", b"RSS"), ["甲"]),
        (rss("<item><title>" + "ä¸\xadå›½".replace("›", "\x9b") + "</title></item>"), ["中国"]),
    ],
    ids=[
        "&",
        "nbsp",
        "control",
        "bom",
        "cut",
        "unclosed",
        "markup",
        "no root",
        "foreign",
        "module",
        "undeclared",
        "upper",
        "scrambled",
    ],
)
def test_damage_never_costs_the_feed(body: bytes, titles: list[str]) -> None:
    assert [entry.title for entry in parse_fully(body, {}, "", NOW).entries] == titles


HEADS = (
    "",
    "\ufeff",
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '\ufeff<?xml version="1.0"?>\r\n<!-- 青石县 -->\n',
    '<!DOCTYPE rss [<!ENTITY 甲 "乙">]>',
    "服务器提示：\n",
    "  \n\n",
)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_whatever_stands_before_the_document_it_reads_the_same(head: str, encoding: str) -> None:
    rss = "<rss version='2.0'><channel><title>频道</title><item><title>青石县停水</title><guid>1</guid></item></channel></rss>"
    document = parse((head + rss).encode(encoding), {}, "", NOW)
    assert [(e.id, e.title) for e in document.entries] == [("1", "青石县停水")]
    assert (document.format, document.title) == ("rss20", "频道")
    assert "not_well_formed" not in codes(document)


def test_declared_entities_stay_unresolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    head = f'<!DOCTYPE rss [<!ENTITY f SYSTEM "{secret.as_uri()}"><!ENTITY a "LOL"><!ENTITY b "&a;&a;">]>'
    document = parse_fully(rss("<item><title>x&f;&b;</title></item>", head), {}, "", NOW)
    assert [entry.title for entry in document.entries] == ["x&f;&b;"]
    assert "entities_declared" in codes(document)


@pytest.mark.parametrize(
    ("body", "form", "code"),
    [
        (b"", "unknown", "empty"),
        (b"   \n", "unknown", "empty"),
        (b"<!DOCTYPE html><html><head><title>\xe7\x99\xbb\xe5\xbd\x95</title>", "html", "html_page"),
        (b'{"a": 1}', "json", "not_a_feed"),
        (b"{broken", "json", "unreadable"),
        (b"<sitemapindex/>", "sitemapindex", "sitemap_index"),
        (b"\x00\x01\x02\xff" * 50, "unknown", "not_a_feed"),
        ("服务器维护中，预计十点恢复。".encode(), "unknown", "not_a_feed"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "unknown", "not_a_feed"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: bytes, form: str, code: str) -> None:
    document = parse(body, {}, "", NOW)
    assert (document.format, document.entries) == (form, ())
    assert code in codes(document)


@pytest.mark.parametrize(
    "shown",
    [
        '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "停水 &amp; 停电"}]}',
        '&lt;?xml version="1.0" encoding="gb2312"?&gt;&lt;rss&gt;&lt;item&gt;&lt;title&gt;停水 &amp;amp; 停电&lt;/title&gt;&lt;/item&gt;&lt;/rss&gt;',
    ],
    ids=["json", "xml"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_document_shown_by_a_browser_is_read(shown: str, encoding: str) -> None:
    page = (
        f'\n<html><head><meta charset="{encoding}"></head><body><pre style="white-space: pre-wrap;">{shown}</pre></body></html>'
    )
    assert [entry.title for entry in parse(page.encode(encoding), {}, "", NOW).entries] == ["停水 & 停电"]


def test_json_behind_the_notices_of_a_script_is_read() -> None:
    notice = "<br />\n<b>Notice</b>:  Undefined index: id in <b>/www/a.php</b> on line <b>3</b><br />\n"
    document = parse(f"\ufeff{notice * 2}[{ROWS}]".encode(), {}, "", NOW)
    assert [entry.title for entry in document.entries] == ["青石县停水", "大湾村通电"]
    assert codes(document) == ["leading_junk"]
    assert [entry.title for entry in parse(notice.encode() + rss("<item><title>停水</title></item>"), {}, "", NOW).entries] == [
        "停水"
    ]


@pytest.mark.parametrize(
    "text", ["<body><pre>&lt;rss&gt;" * 5000, "<br/><b>x</b>" * 5000 + "[]", "<br/><b>x</b> [" * 5000, "<body><pre>[" * 5000]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_pages_in_pages_and_notices_without_end_do_no_harm(text: str, encoding: str) -> None:
    began = time.process_time()
    parse(text.encode(encoding), {}, "", NOW)
    assert time.process_time() - began < 2


def test_a_page_with_preformatted_text_is_a_page() -> None:
    assert codes(parse(b"<html><body><pre>404 not found</pre></body></html>", {}, "", NOW)) == ["html_page"]


def test_a_feed_without_entries_is_a_feed() -> None:
    assert codes(parse(rss(""), {}, "", NOW)) == []


def test_bases_of_links_are_relative_to_those_above() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/news/"><title>t</title>
        <entry xml:base="2026/"><title>a</title><link href="1.html"/></entry><entry><title>b</title><link href="2.html"/></entry></feed>"""
    entries = parse(body, {}, "https://b.example/feed.xml", NOW).entries
    assert [entry.url for entry in entries] == ["https://b.example/news/2026/1.html", "https://b.example/news/2.html"]


@pytest.mark.parametrize("space", ["http://www.w3.org/1999/xhtml", "urn:qingshi"])
def test_a_feed_in_a_namespace_of_its_own_is_read_like_any(space: str) -> None:
    text = (DATA / "feed/county.rss").read_text(encoding="utf-8").replace("<rss ", f'<rss xmlns="{space}" ', 1)
    document, plain = parse(text.encode(), {}, "", NOW), sample("feed/county.rss")
    assert (document.format, document.title, document.entries) == (plain.format, plain.title, plain.entries)


def test_a_link_that_a_writer_of_html_closed_too_early_is_read() -> None:
    body = rss("<item><title>a</title><link/>http://a.example/1\n<guid isPermaLink='false'>1</guid></item>")
    assert [entry.url for entry in parse(body, {}, "", NOW).entries] == ["http://a.example/1"]


def test_a_home_made_list_and_the_news_protocol_are_read() -> None:
    made = '<r><item title="停水" url="/1.html" date="2026-03-02 08:00"/><item title="停电" href="http://a.example/2"/></r>'
    first, second = parse(made.encode(), {}, "http://a.example/list.xml", NOW).entries
    assert (first.title, first.url, first.published) == ("停水", "http://a.example/1.html", EIGHT)
    assert (second.title, second.url, second.published) == ("停电", "http://a.example/2", None)
    news = "<document><webSite>a</webSite><item><title>停水</title><text>今晚八时起</text></item></document>"
    assert [entry.summary for entry in parse(news.encode(), {}, "", NOW).entries] == ["今晚八时起"]


def test_an_rdf_entry_without_a_link_is_where_it_is_about() -> None:
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
        <item rdf:about="https://lib.example/2"><title>a</title></item></rdf:RDF>"""
    assert [entry.url for entry in parse(body, {}, "", NOW).entries] == ["https://lib.example/2"]


def test_a_title_is_rid_of_what_cannot_be_seen_and_halves_of_characters_are_joined() -> None:
    body = rss("<item><title>停\u200b水\ufeff通知</title></item><item><title><![CDATA[快跑&#55357;&#56832;]]></title></item>")
    assert [entry.title for entry in parse(body, {}, "", NOW).entries] == ["停水通知", "快跑😀"]


def test_entries_lost_below_too_many_levels_are_found_by_the_tolerant_reading() -> None:
    deep = "<div>" * 3000 + "深" + "</div>" * 3000
    body = rss(f"<item><title>甲</title><description>{deep}</description></item><item><title>乙</title></item>")
    document = parse_fully(body, {}, "", NOW)
    assert [entry.title for entry in document.entries] == ["甲", "乙"]
    assert "tolerant" in codes(document)


def test_a_field_after_markup_that_never_ends_is_read() -> None:
    body = rss(
        "<item><title>厂房<br>起火</title><description><p>今晨<img src=a.jpg></p></description><link>http://a.example/1</link></item>"
    )
    (entry,) = parse(body, {}, "", NOW).entries
    assert (entry.title, entry.url, entry.summary) == ("厂房 起火", "http://a.example/1", "今晨")


def test_a_list_of_a_government_portal_is_read() -> None:
    document = parse((DATA / "feed/portal.datastore").read_bytes(), {}, "https://www.qingshi.example/col/col31/", NOW)
    first, second, third = document.entries
    assert (document.format, codes(document)) == ("datastore", ["entries_unreadable"])
    assert (first.title, first.url, first.published) == (
        "青石县应急管理局关于开展汛前地质灾害隐患排查工作的通知",
        "https://www.qingshi.example/art/2026/3/2/art_31_10021.html",
        datetime(2026, 3, 2, tzinfo=BEIJING),
    )
    assert (second.title, second.published) == ("大湾村供水管网抢修：今晚停水", EIGHT)
    assert (third.title, third.url, third.published, third.raw_date) == ("值班电话", "https://tel.qingshi.example/", None, "")


def test_a_portal_list_without_lines_is_quiet_and_one_too_long_is_cut() -> None:
    assert codes(parse(b"<datastore><recordset></recordset></datastore>", {}, "", NOW)) == []
    record = "<record><![CDATA[<a href='http://a.example/1'>x</a>]]></record>"
    document = parse(f"<datastore>{record * (MAX_ENTRIES + 2)}</datastore>".encode(), {}, "", NOW)
    assert (len(document.entries), document.problems) == (MAX_ENTRIES, (Problem(code="too_many_entries", count=2),))


def test_json_cut_off_keeps_its_whole_entries() -> None:
    body = (DATA / "jsonfeed/topics.json").read_bytes()
    document = parse(body[: body.index("没有标题".encode())], {}, "", NOW)
    assert (document.format, [entry.id for entry in document.entries]) == ("jsonfeed", ["1"])
    assert "cut_tail" in codes(document)


def test_a_flood_cut_by_us_is_not_called_damaged() -> None:
    document = parse(rss("<item><title>x</title></item>" * (MAX_ENTRIES + 5)), {}, "", NOW)
    assert (codes(document), document.suspect) == (["too_many_entries"], False)


def test_a_flood_is_cut_and_counted() -> None:
    document = parse(rss("".join(ITEM.format(n=n) for n in range(MAX_ENTRIES + 5))), {}, "", NOW)
    assert len(document.entries) == MAX_ENTRIES
    assert Problem(code="too_many_entries", count=5) in document.problems


def test_what_a_text_quotes_is_no_entry() -> None:
    quoting = "".join(
        f"<item><title>第{n}条</title><description><![CDATA[<item><entry>]]></description></item>" for n in range(1_100)
    )
    document = parse(rss(quoting), {}, "", NOW)
    assert (len(document.entries), document.problems) == (1_100, ())


@pytest.mark.parametrize(
    "torn", ['xmlns="http://a.example/\u3000b\u3000c"', "xmlns='a\xa0b\u2003c'", 'xmlns = "a b"', "xmlns:x='a\u3000b\u3000c'"]
)
def test_a_namespace_torn_by_blanks_costs_no_entry(torn: str) -> None:
    body = f"<rss version='2.0' {torn}><channel><item><title>山体滑坡</title></item></channel></rss>".encode()
    (entry,) = parse_tolerant(body, {}, "https://b.example/", NOW).entries
    assert entry.title == "山体滑坡"


def test_a_tolerant_reading_that_gives_up_costs_nothing_of_the_strict_one() -> None:
    body = "<rss version='2.0'><channel><item><title>山体滑坡</title></item><?x <![CDATA[?><item>&#55296;".encode()
    strict, loose = parse(body, {}, "https://b.example/", NOW), parse_tolerant(body, {}, "https://b.example/", NOW)
    assert [p.code for p in loose.problems] == ["tolerant_failed"]
    assert better(strict, loose).entries[0].title == "山体滑坡"


def test_an_empty_date_is_no_date_and_no_warning() -> None:
    body = b"<rss version='2.0'><channel><item><title>a</title><pubDate></pubDate></item></channel></rss>"
    (entry,) = parse_tolerant(body, {}, "https://b.example/", NOW).entries
    assert (entry.published, entry.raw_date) == (None, "")


def test_the_tolerant_reading_agrees_with_the_strict_one() -> None:
    body = (DATA / "feed/county.rss").read_bytes()
    strict, tolerant = parse(body, {}, "https://b.example/", NOW), parse_tolerant(body, {}, "https://b.example/", NOW)
    assert [(e.id, e.title, e.published) for e in strict.entries[:1]] == [
        (e.id, e.title, e.published) for e in tolerant.entries[:1]
    ]
    assert better(ParsedDocument(suspect=True), tolerant).entries == tolerant.entries


@pytest.mark.parametrize(
    "body",
    [
        b"<rss>" + b"<a " * 300_000,
        b"<rss>" + b"<item>" * 200_000,
        b"<rss><channel>" + b"<item/>" * 200_000,
        b"<rss><item><title>" + b"&#x" * 300_000,
        b"<rss><item><title>" + b"&lt;p " * 200_000,
        b"[" * 500_000,
        b'{"items":[' + b'{"a":' * 100_000,
        b'{"items":[' + b"{}," * 300_000,
        b"<opml>" + b"<outline " * 100_000,
        b"<feed xmlns='" + b"x" * 1_000_000,
        b"<rss><item><author>" + b"a@" * 20_000 + b"</author></item></rss>",
    ],
    ids=[
        "tags",
        "deep",
        "empty items",
        "references",
        "escaped",
        "brackets",
        "deep json",
        "empty rows",
        "opml",
        "attribute",
        "author",
    ],
)
def test_hostile_repetition_costs_seconds_at_most(body: bytes) -> None:
    began = time.process_time()
    parse(body, {}, "", NOW)
    assert time.process_time() - began < 5


SNIPPETS = st.sampled_from(
    [
        "<rss>",
        "<channel>",
        "<item>",
        "</item>",
        "<title>",
        "</title>",
        "<![CDATA[",
        "]]>",
        "&",
        "&amp;",
        "&#0;",
        "甲",
        "<link href='/x'/>",
        "<feed xmlns='http://www.w3.org/2005/Atom'>",
        "<entry>",
        "<content type='xhtml'>",
        "<!DOCTYPE x [",
        "<?xml version='1.0'?>",
        "\x00",
        '{"items":[',
        '{"title":"甲"}',
        "]",
        "}",
        ",",
        '"version":"https://jsonfeed.org/version/1"',
        "<pubDate>今天</pubDate>",
        "<outline xmlUrl='x'/>",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(SNIPPETS, max_size=25).map("".join),
    st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    st.sampled_from(sorted(KINDS)),
)
def test_any_mixture_of_pieces_gives_a_document(text: str, encoding: str, kind: str) -> None:
    document = KINDS[kind](text.encode(encoding), {"Content-Type": "text/xml"}, "https://b.example/", NOW)
    assert all(entry.published is None or entry.published.tzinfo is UTC for entry in document.entries)


SAMPLES = sorted(path for path in DATA.rglob("*.*"))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3), st.integers(0, 4)), max_size=12),
    st.floats(0, 1),
    st.sampled_from(sorted(KINDS)),
)
def test_a_damaged_sample_gives_a_document(
    sample_file: Path, wounds: list[tuple[float, bytes, int]], kept: float, kind: str
) -> None:
    body = bytearray(sample_file.read_bytes())
    for place, written, lost in wounds:
        start = int(place * len(body))
        body[start : start + lost] = written
    document = KINDS[kind](bytes(body[: int(kept * len(body)) + 1]), {}, "", NOW)
    assert len(items(document, "s", NOW)) <= len(document.entries)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_document(body: bytes) -> None:
    assert isinstance(parse(body, {}, "", NOW), ParsedDocument)
    assert isinstance(parse_tolerant(body, {}, "", NOW), ParsedDocument)
