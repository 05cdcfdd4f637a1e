"""Bytes are read as what they are, whatever the header or the prolog says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.charset import decode, unscramble, unscrambled

TEXT = "青石县小学食堂被指使用过期食材，家长要求公开检测结果。当地已成立联合调查组。堃垚镕喆"


def document(encoding: str, declared: str) -> bytes:
    prolog = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{prolog}<rss><channel><item><title>{TEXT}</title></item></channel></rss>".encode(encoding)


@pytest.mark.parametrize("header", ["", "text/xml", "text/xml; charset=iso-8859-1"])
@pytest.mark.parametrize("declared", ["", "utf-8", "GB2312", "gbk", "ISO-8859-1", "bogus"])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030", "utf-8-sig", "utf-16"])
def test_chinese_is_read_right_under_any_claim(encoding: str, declared: str, header: str) -> None:
    assert TEXT in decode(document(encoding, declared), header).text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("big5", "臺北市政府今天召開記者會，說明本次停水的原因以及後續的補償方案"),
        ("cp932", "東京都は本日、記者会見を開き、今後の対応について説明しました"),
        ("euc_jp", "東京都は本日、記者会見を開き、今後の対応について説明しました"),
        ("cp949", "서울시는 오늘 기자회견을 열고 앞으로의 대응을 설명했습니다"),
        ("koi8-r", "Сегодня администрация города провела пресс-конференцию о ремонте"),
        ("cp1251", "Сегодня администрация города провела пресс-конференцию о ремонте"),
        ("cp1252", "Conférence de presse à l’hôtel de ville, où l’été a été évoqué"),
    ],
)
def test_undeclared_bytes_are_told_by_what_they_spell(encoding: str, text: str) -> None:
    found = decode(f"<rss><item><title>{text}</title></item></rss>".encode(encoding))
    assert text in found.text


def test_a_few_broken_bytes_do_not_change_the_charset() -> None:
    body = (f"<title>{TEXT}</title>" * 5).encode()
    found = decode(body[:40] + b"\xff\xfe" + body[40:])
    assert found.encoding == "utf-8"
    assert TEXT in found.text
    assert [problem.code for problem in found.problems] == ["bytes_lost"]


def test_a_tail_cut_inside_a_character_costs_that_character_only() -> None:
    body = f"<title>{TEXT}</title>".encode("gbk", "ignore")[:-9]
    found = decode(body[:-1], "text/xml; charset=gbk")
    assert "青石县小学食堂被指使用过期食材" in found.text


def test_a_broken_byte_behind_a_mark_is_counted_and_changes_no_charset() -> None:
    broken = decode(b"\xef\xbb\xbf" + document("utf-8", "").replace(b"<channel>", b"<channel>\xe3", 1))
    ascii_only = decode(b"\xef\xbb\xbf<rss><width\xe378</width></rss>")
    for read in (broken, ascii_only):
        assert (read.encoding, [p.code for p in read.problems]) == ("utf-8", ["bytes_lost"])
    assert decode(b"\xef\xbb\xbf" + "工单编号,标题\n1,青石县大湾村停水三天无人来修".encode("gbk")).encoding == "gb18030"


@pytest.mark.parametrize(
    ("encoding", "declared", "header"),
    [("gbk", "gbk", "big5"), ("big5", "big5", "utf-8"), ("big5", "big5", "euc-jp"), ("gbk", "gbk", "latin-1")],
)
def test_of_two_claims_the_one_that_fits_is_believed(encoding: str, declared: str, header: str) -> None:
    text = {"gbk": "青石县发布防汛公告，请居民转移", "big5": "臺北市政府公告停課"}[encoding]
    body = f'<?xml version="1.0" encoding="{declared}"?><rss><title>{text}</title></rss>'.encode(encoding)
    assert text in decode(body, f"text/xml; charset={header}").text


@pytest.mark.parametrize("text", ["停水停电", "停电", "停水 停水 停水 停电"])
def test_a_short_text_in_gbk_is_what_it_is_declared_although_most_of_it_looks_like_utf8(text: str) -> None:
    body = f'<?xml version="1.0" encoding="gb2312"?><rss><title>{text}</title></rss>'
    assert text in decode(body.encode("gbk")).text
    assert text in decode(body.encode()).text


def test_a_short_text_in_gbk_need_not_be_declared() -> None:
    assert "停水停电" in decode("<rss><title>停水停电</title></rss>".encode("gbk")).text


OURS, THEIRS = "本站编发的消息：云溪县柳湾镇昨夜停水", "转载的条目：青渡市通报供水管网抢修进展"


@pytest.mark.parametrize(("main", "pasted"), [("utf-8", "gbk"), ("gbk", "utf-8")])
@pytest.mark.parametrize("declared", ["utf-8", "gbk"])
def test_entries_pasted_in_another_charset_are_read_each_in_its_own(main: str, pasted: str, declared: str) -> None:
    ours = f"<title>{OURS}</title>".encode(main) * 4
    body = f'<?xml version="1.0" encoding="{declared}"?><r>'.encode() + ours + f"<title>{THEIRS}</title></r>".encode(pasted)
    found = decode(body)
    assert (found.text.count(OURS), found.text.count(THEIRS)) == (4, 1)
    assert ("charset_mixed", 1) in [(problem.code, problem.count) for problem in found.problems]
    assert "bytes_lost" not in [problem.code for problem in found.problems]


def test_a_broken_byte_in_a_text_makes_it_no_other_charset() -> None:
    body = (f"<title>{OURS}</title>" * 4).encode() + f"<title>{THEIRS}</title>".encode().replace("载".encode(), b"\xe8\xbd")
    found = decode(body)
    assert THEIRS.replace("载", "\ufffd") in found.text
    assert [problem.code for problem in found.problems] == ["bytes_lost"]


def test_a_lie_is_reported() -> None:
    assert [problem.detail for problem in decode(document("utf-8", "gb2312")).problems] == ["gb18030->utf-8"]


def test_a_charset_that_python_keeps_for_other_things_is_no_charset() -> None:
    assert decode(document("utf-8", "base64")).text.endswith("</rss>")


def test_text_once_read_as_western_is_put_right() -> None:
    assert unscramble("中国政府网".encode().decode("latin-1")) == "中国政府网"


def test_a_western_text_scrambled_twice_is_put_right_too() -> None:
    assert unscramble("Kältewelle à Paris – 5 €".encode().decode("cp1252")) == "Kältewelle à Paris – 5 €"


def test_only_the_scrambled_part_is_touched() -> None:
    assert unscramble("中文 Café " + "国".encode().decode("cp1252")) == "中文 Café 国"


@given(
    st.text(alphabet=st.sampled_from("中国a ÃÂâãäåæçèéïð\u0080\u00b8\u00ad\u2013\u00a9"), max_size=60),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_a_document_is_put_right_like_its_text(text: str, encoding: str) -> None:
    body = text.encode(encoding)
    decoded = decode(body)
    assert unscrambled(decoded, body) == unscramble(decoded.text)


@pytest.mark.parametrize("text", ["Café Ærø", "中国", "naïve résumé", ""])
def test_text_that_is_as_it_should_be_stays(text: str) -> None:
    assert unscramble(text) == text


@given(st.binary(max_size=400), st.sampled_from(["", "text/xml; charset=gbk", "text/xml; charset=utf-16", "x; charset=\u00e9"]))
def test_any_bytes_give_text(body: bytes, header: str) -> None:
    assert isinstance(decode(body, header).text, str)


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=200))
def test_valid_utf8_always_wins(text: str) -> None:
    body = b'<?xml version="1.0" encoding="gb2312"?><t>' + text.encode() + b"</t>"
    assert text in decode(body).text or "\x00" in text
