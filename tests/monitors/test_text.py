import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.text import bare, nfkc, normalise, sentences


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("３人死亡，１．２万人转移", "3人死亡,1.2万人转移"),
        ("<p>塌方&nbsp;<b>3</b> 人</p>", "塌方3人"),
        ("看这里 https://example.org/a?b=1 快看", "看这里 快看"),
        ("//@某平台:转发 @某某单位 请核实", ":转发 请核实"),
        ("联系 a@example.org 报名", "联系 a@example.org 报名"),
        ("#暴雨#多地积水", "暴雨 多地积水"),
        ("死亡 3 人", "死亡3人"),
        ("隐\u200b形\ufeff字", "隐形字"),
        ("第一段 \n\n  第二段", "第一段\n第二段"),
        ("1<2且3>2", "1<2且3>2"),
        ("", ""),
    ],
    ids=[
        "full-width",
        "tags",
        "url",
        "mention",
        "mail",
        "hashtag",
        "blank-at-digit",
        "invisible",
        "lines",
        "less-than",
        "empty",
    ],
)
def test_normalise_gives_one_plain_form(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


def test_a_mention_without_an_end_does_not_swallow_the_post() -> None:
    post = "@" + "山体滑坡三人被埋" * 6
    assert "三人被埋" in normalise(post)


def test_bare_is_equal_for_reposts_that_differ_in_marks_only() -> None:
    assert bare("【突发】某地：塌方，3人被埋！") == bare("突发 某地塌方 ３人被埋 https://t.example/x")
    assert bare("某地塌方3人被埋") != bare("某地塌方4人被埋")


def test_sentences_keep_their_closing_mark_and_decimal_points() -> None:
    assert sentences("发生5.1级地震。无伤亡!\n后续\n\n") == ("发生5.1级地震。", "无伤亡!", "后续")


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("，：（）！？；　ａＺ１ﬁ①㎏é")), max_size=60))
def test_the_short_way_to_nfkc_is_nfkc(text: str) -> None:
    assert nfkc(text) == unicodedata.normalize("NFKC", text)
