"""Pasted share texts of the usual applications: the words and the link are found, the wrapping is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.share import platform_of, read_share

TITLE = "大湾村发生山体滑坡，有人被埋"


@pytest.mark.parametrize(
    ("text", "platform", "title", "author", "url"),
    [
        (
            f"7.43 复制打开抖音，看看【青石人的作品】{TITLE} # 滑坡 https://v.douyin.com/iRNBho6u/ 05/12 f@o.QK Lwf:/",
            "抖音",
            f"{TITLE} 滑坡",
            "青石人",
            "https://v.douyin.com/iRNBho6u/",
        ),
        (
            f"{TITLE} #突发  https://v.douyin.com/abc123/ 复制此链接，打开Dou音搜索，直接观看视频！",
            "抖音",
            f"{TITLE} 突发",
            "",
            "https://v.douyin.com/abc123/",
        ),
        (
            f'https://v.kuaishou.com/3xYz {TITLE} "石坪人"分享的作品 该作品在快手被播放过1.2万次，点击链接，打开【快手】直接观看！',
            "快手",
            TITLE,
            "石坪人",
            "https://v.kuaishou.com/3xYz",
        ),
        (f"【@青石发布：{TITLE}】 https://weibo.com/123/AbC", "微博", TITLE, "青石发布", "https://weibo.com/123/AbC"),
        (f"#大湾村滑坡# {TITLE} http://t.cn/A6xyz", "微博", f"大湾村滑坡 {TITLE}", "", "http://t.cn/A6xyz"),
        (
            f"青石人的视频号：{TITLE} https://weixin.qq.com/sph/AbCd",
            "视频号",
            TITLE,
            "青石人",
            "https://weixin.qq.com/sph/AbCd",
        ),
        (
            f"45 青石人发布了一篇小红书笔记，快来看吧！ 😆 {TITLE} 😆 http://xhslink.com/a1，复制本条信息，打开【小红书】App查看精彩内容！",
            "小红书",
            TITLE,
            "青石人",
            "http://xhslink.com/a1",
        ),
        (f"【{TITLE}-哔哩哔哩】 https://b23.tv/Ab1", "哔哩哔哩", TITLE, "", "https://b23.tv/Ab1"),
        ("https://v.douyin.com/only/", "抖音", "", "", "https://v.douyin.com/only/"),
    ],
    ids=["douyin", "douyin old", "kuaishou", "weibo quoted", "weibo topic", "channels", "xiaohongshu", "bilibili", "link only"],
)
def test_words_author_and_link_are_read(text: str, platform: str, title: str, author: str, url: str) -> None:
    shared = read_share(text)
    assert shared is not None
    assert (shared.platform, shared.title, shared.author, shared.url) == (platform, title, author, url)


@pytest.mark.parametrize(
    "text",
    ["大湾村滑坡 4人被埋 12345转", "已发布 12 https://www.luxi.example/1", "请打开会议室的门", "https://notdouyin.com/x 停水"],
)
def test_other_words_and_links_are_no_share_text(text: str) -> None:
    assert read_share(text) is None


@pytest.mark.parametrize(
    ("url", "platform"),
    [
        ("https://m.weibo.cn/1", "微博"),
        ("https://douyin.com.evil.example/1", ""),
        ("https://weixin.qq.com/other", ""),
        ("", ""),
    ],
)
def test_a_platform_is_known_by_its_own_hosts_only(url: str, platform: str) -> None:
    assert platform_of(url) == platform


def test_topics_are_kept() -> None:
    shared = read_share("停水三天 #青石县停水 #民生 https://v.douyin.com/x/")
    assert shared is not None
    assert shared.topics == ("青石县停水", "民生")


@given(st.text(max_size=200))
def test_any_text_is_read_or_left(text: str) -> None:
    shared = read_share(text + " https://v.douyin.com/x/")
    assert shared is not None
