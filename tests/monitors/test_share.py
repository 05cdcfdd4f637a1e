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


@pytest.mark.parametrize(
    ("text", "platform", "author"),
    [
        (
            f"9.28 复制打开抖音，看看【青石人的图文作品】{TITLE} https://v.douyin.com/a/ F@h.oD 06/14 :1pm qEh:/ ",
            "抖音",
            "青石人",
        ),
        (f"0.28 07/13 :2pm s@R.kp Slc:/ {TITLE} https://v.douyin.com/a/ 复制此链接，打开抖音搜索，直接观看视频！", "抖音", ""),
        (f"#在抖音，记录美好生活#{TITLE} https://v.douyin.com/a/ 复制此链接，打开【抖音短视频】，直接观看视频！", "抖音", ""),
        (f"【抖音】https://v.douyin.com/a/ 5@9.com :4pm 我正在看【{TITLE}】长按复制此条消息，打开抖音APP查看", "抖音", ""),
        (f"2.53 复制打开抖音，看看【青石人发布的评论】  {TITLE} https://v.douyin.com/a/ UyG:/", "抖音", "青石人"),
        (
            f'https://v.kuaishou.com/a "{TITLE} " 该作品在快手被播放过 12,345 次，点击链接，打开【快手极速版】直接观看！',
            "快手",
            "",
        ),
        (
            f"石坪人发了一个快手作品，一起来看！ http://v.kuaishou.com/a 复制此链接，打开【快手App】直接观看！ {TITLE}",
            "快手",
            "石坪人",
        ),
        (f"【快手】看看{TITLE} https://v.kuaishou.com/a 复制此消息，打开【快手】直接观看！", "快手", ""),
        (f"分享@青石发布 的微博：{TITLE} https://m.weibo.cn/status/1?wm=3", "微博", "青石发布"),
        (f"【青石发布的微博】{TITLE} 全文： https://weibo.com/1/a", "微博", "青石发布"),
        (f"{TITLE} \u200b\u200b https://weibo.com/1/a", "微博", ""),
        (f"{TITLE} 微博正文 - 微博全文 https://m.weibo.cn/detail/1", "微博", ""),
        (f"{TITLE} http://t.cn/a （分享自 @微博轻享版）", "微博", ""),
        (f"#视频号 {TITLE} 微信扫码或复制到微信打开 https://channels.weixin.qq.com/web/pages/feed?eid=a", "视频号", ""),
        (f"[视频号]青石人: {TITLE}", "视频号", "青石人"),
        (f"微信视频号「青石人」发布了视频：{TITLE}", "视频号", "青石人"),
        (
            f"76 【{TITLE} - 青石人 | 小红书 - 你的生活指南】 😆 SrKdGTy7cqRFbvV 😆 https://www.xiaohongshu.com/discovery/item/6?a=b",
            "小红书",
            "青石人",
        ),
        (f"{TITLE} http://xhslink.com/o/7a \n复制后打开【小红书】查看笔记！", "小红书", ""),
        (
            f"【小红书】{TITLE} 😆 AbC123xyZ 😆 http://xhslink.com/m/9a 复制本条信息，打开【小红书】App查看精彩内容！",
            "小红书",
            "",
        ),
        (f"{TITLE} https://b23.tv/a UP主：青石人 视频简介：无", "哔哩哔哩", ""),
        (f"【{TITLE} - 今日头条】 https://toutiao.com/group/7/", "今日头条", ""),
        (f"在今日头条看到：{TITLE}\n点击链接打开👉https://m.toutiao.com/is/a/ Ab@cD.eF :8pm", "今日头条", ""),
        (f"{TITLE} - 青石人的回答 - 知乎 https://www.zhihu.com/question/1/answer/2", "知乎", "青石人"),
        (f"西瓜视频 {TITLE} https://v.ixigua.com/a/ 复制此链接，打开【西瓜视频】，直接观看视频~", "西瓜视频", ""),
        (f"{TITLE} https://tieba.baidu.com/p/1?share=1", "百度贴吧", ""),
    ],
)
def test_nothing_of_the_wrapping_of_any_application_is_left(text: str, platform: str, author: str) -> None:
    shared = read_share(text)
    assert shared is not None
    assert (shared.platform, shared.title, shared.author) == (platform, TITLE, author)


@pytest.mark.parametrize(
    "text",
    [
        "46 青石人发布了一篇小红书笔记，快来看看吧！ 😆 w9Xk2mqL0abcDEF 😆 http://xhslink.com/a，复制本条信息，打开【小红书】App查看精彩内容！",
        "长按复制此条消息，打开抖音搜索，查看TA的更多作品。 https://v.douyin.com/a/ 7@3.com :0pm",
        "看了这么多快手，还是「石坪人」最有趣 http://www.gifshow.com/s/a 复制此链接，打开【快手App】直接观看！",
    ],
)
def test_a_share_text_that_says_nothing_of_the_matter_has_no_title(text: str) -> None:
    shared = read_share(text)
    assert shared is not None
    assert shared.title == ""


@pytest.mark.parametrize(
    "words", ["群众无法打开微信 航班延误 CA1234", "11/28晚大湾村断电", "请看看：停水3.5天", "去微博投诉无人管"]
)
def test_words_of_the_post_that_look_like_wrapping_stay(words: str) -> None:
    shared = read_share(f"{words} https://v.douyin.com/a/")
    assert shared is not None
    assert shared.title == words


def test_topics_are_kept() -> None:
    shared = read_share("停水三天 #青石县停水 #民生 https://v.douyin.com/x/")
    assert shared is not None
    assert shared.topics == ("青石县停水", "民生")


@given(st.text(max_size=200))
def test_any_text_is_read_or_left(text: str) -> None:
    shared = read_share(text + " https://v.douyin.com/x/")
    assert shared is not None
