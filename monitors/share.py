"""What a phone's "share" button puts on the clipboard: the words and the short link of a post. Read, never fetched.

Each application wraps them in its own call to open it; what is left when the wrapping is taken off is what the post says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """`platform` as people call it; `title` what the post says, "" if only a link was shared; `author` "" if not named."""

    platform: str
    title: str
    url: str
    author: str = ""
    topics: tuple[str, ...] = ()


_URL: Final = re.compile(r"https?://[0-9A-Za-z.\-_~:/?#@!$&*+;=%]+")
_HOSTS: Final = (
    ("抖音", ("douyin.com", "iesdouyin.com")),
    ("快手", ("kuaishou.com", "gifshow.com", "chenzhongtech.com", "kwai.com")),
    ("微博", ("weibo.com", "weibo.cn", "t.cn")),
    ("视频号", ("channels.weixin.qq.com", "weixin.qq.com/sph", "wxa.wxs.qq.com")),
    ("公众号", ("mp.weixin.qq.com",)),
    ("小红书", ("xiaohongshu.com", "xhslink.com", "xhs.cn")),
    ("西瓜视频", ("ixigua.com",)),
    ("今日头条", ("toutiao.com", "toutiaocdn.com", "snssdk.com", "toutiaoimg.cn")),
    ("哔哩哔哩", ("bilibili.com", "b23.tv", "bili2233.cn")),
    ("知乎", ("zhihu.com",)),
    ("百度贴吧", ("tieba.baidu.com",)),
    ("百度", ("baidu.com", "mbd.baidu.com")),
    ("腾讯新闻", ("inews.qq.com", "new.qq.com", "news.qq.com")),
    ("美篇", ("meipian.cn", "meipian.me")),
)
_APP: Final = (
    r"[【\[「]?(?:Dou音|抖音|快手|小红书|微博|今日头条|头条|西瓜视频|哔哩哔哩|B站)(?:极速版|短视频|概念版|火山版)?"
    r"(?:App|APP|app|客户端|搜索)*[】\]」]?(?:App|APP|app|客户端|搜索)*"
)
_LOOK: Final = (
    r"(?:[，,]?\s*(?:直接)?(?:搜索|观看(?:视频|直播)?|查看(?:精彩内容|笔记|商品详情|详情|更多|TA的更多作品|Ta的更多作品)?|看看|打开|收听|参与)"
    r")*[！!。.~～，,]*"
)
"""What a call promises behind the name of the application."""
_WRAPPING: Final = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"微信扫码或复制到微信打开|微信扫一扫(?:观看|查看)?",
        rf"(?:长按)?复制(?:此|本|该|这|下方)?(?:条|段)?(?:链接|信息|消息|内容|口令|微博)?(?:后|到)?[，,]?\s*(?:直接)?(?:打开|到|去|在)\s*{_APP}{_LOOK}",
        rf"(?:点击(?:下方)?链接[，,]?)?(?:直接)?打开\s*{_APP}{_LOOK}",
        r"该作品在快手(?:极速版)?(?:已)?被播放过?\s*[\d.,万亿wW+]+\s*次[，,]?",
        r"点击(?:下方)?链接[，,]?(?:直接)?(?:打开|观看|查看)?[！!。👉]*",
        r"(?:长按)?复制(?:此|本|该|这|下方)(?:条|段)?(?:链接|消息|信息)[，,]?",
        r"(?:快来|一起来?)(?:看|围观)(?:看)?(?:吧)?[！!~。]*",
        r"来和我一起支持\S{0,2}吧[。！!]?",
        r"[#＃]在抖音，?记录美好生活[#＃]?|[#＃](?:抖音|快手|视频号|微博)(?:直播|视频)?(?=\s)",
        r"^\s*\d{1,2}(?:\.\d{1,2})?(?:\s+(?=\S)|(?=【))",
        r"(?<!\S)[A-Z]{2}\d{4}(?=\s*:/)",
        r"(?<![\w@])[A-Za-z0-9]{1,4}\s?:/(?=\s|$)|(?<!\S):/(?=\s|$)",
        r"(?<!\S):?\d{1,2}[ap]m(?!\w)",
        r"(?<!\S)\d{2}/\d{2}(?!\S)",
        r"(?<!\S)[A-Za-z0-9]{1,4}@[A-Za-z0-9]{1,3}\.[A-Za-z]{1,4}(?!\S)",
        r"^\s*(?:[【\[](?:抖音|快手|小红书|视频号|微信视频号|今日头条|微博|哔哩哔哩|西瓜视频|抖音商城)[】\]]|西瓜视频\s)",
        r"^\s*(?:我正在看|在今日头条看到[：:]|看看(?=[^】]{4}))",
        r"[（(]?(?:来自|分享自)\s*@?[^\s，。（）()]{1,20}(?:客户端|网页版|轻享版)[)）]?",
        r"\s*微博正文\s*-\s*微博全文|\s*全文\s*[：:]?\s*$",
        r"\s{0,4}[-—_|]{1,3}\s{0,4}(?:哔哩哔哩(?:_bilibili)?|今日头条|知乎|小红书(?:\s*-\s*你的生活指南)?|抖音|快手|微博|百度贴吧)(?=\s*[】\n]|\s*$)",
        r"UP主[：:].*$|视频简介[：:].*$",
        r"^\s*分享(?:了|一条|一个)?(?:视频|微博|链接|文章|图片)?[：:]\s*",
    )
)
_AUTHOR: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:看看)?【([^】]{1,30}?)(?:的(?:图文)?作品|发布的(?:作品|评论|视频|图文)|的(?:视频|直播|微博))】",
        r"[“\"]([^”\"]{1,30})[”\"]分享的作品",
        r"([^\s，。！!？?]{1,24})发布了一篇小红书笔记[，,]?",
        r"([^\s，。！!？?]{1,24})发了一个快手作品[，,]?",
        r"看了这么多快手，还是「([^」]{1,30})」最有趣",
        r"(?:来自|分享|转发)?@([^\s：:】]{1,30})\s*的微博[：:]",
        r"([^\s，。！!？?：:【】]{1,24})的微博视频",
        r"微信视频号「([^」]{1,30})」发布了?视频[：:]?",
        r"[【\[]视频号[】\]]([^\s，。！!？?：:]{1,24})[：:]",
        r"([^\s，。！!？?：:]{1,24})的视频号[：:]",
        r"【?@([^\s：:】]{1,30})[：:]",
        r"\s-\s([^|【】]{1,24}?)\s\|\s小红书\s-\s你的生活指南",
        r"\s-\s([^-【】]{1,24}?)的(?:回答|文章|想法)(?=\s*-\s*知乎)",
    )
)
_TOPIC: Final = re.compile(r"#\s?([^#\s@]{1,30})#?")
_CALLED: Final = re.compile(
    r"复制.{0,12}打开|打开【?(?:抖音|Dou音|快手|小红书)|发布了一篇小红书笔记|分享的作品|[【\[]视频号[】\]]|微信视频号「[^」]{1,30}」"
)
_FACES: Final = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")
_CODE: Final = re.compile("(?<=[\U0001f600-\U0001f64f])\\s*[0-9A-Za-z]{9,24}\\s*(?=[\U0001f600-\U0001f64f])")
"""The code of a note, between two faces."""
_UNSEEN: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")


def read_share(text: str) -> Shared | None:
    """The post that a pasted share text points to; None where the text has no link of a known platform nor such a call."""
    match = _URL.search(text)
    url = match.group(0).rstrip(".,;:!?") if match else ""
    platform = platform_of(url) or _named(text)
    if not platform or not (url or _CALLED.search(text)):
        return None
    words, author = _CODE.sub(" ", _URL.sub(" ", _UNSEEN.sub("", text))), ""
    for pattern in _AUTHOR:
        if found := pattern.search(words):
            author = author or found[1].strip()
            words = words[: found.start()] + " " + words[found.end() :]
    for pattern in _WRAPPING:
        words = pattern.sub(" ", words)
    topics = tuple(dict.fromkeys(t.strip("#＃") for t in _TOPIC.findall(words)))
    return Shared(platform=platform, title=_title(words), url=url, author=author, topics=topics)


def platform_of(url: str) -> str:
    """The platform an address belongs to, "" for any other site."""
    bare = re.sub(r"^https?://", "", url.lower())
    host = bare.split("/", 1)[0].split(":", 1)[0]
    for name, hosts in _HOSTS:
        for known in hosts:
            if ("/" in known and bare.startswith(known)) or host == known or host.endswith("." + known):
                return name
    return ""


def _named(text: str) -> str:
    """The platform a share text without link calls to open."""
    if not _CALLED.search(text):
        return ""
    names = (
        *(("视频号", ("【视频号】", "[视频号]", "微信视频号「")), ("抖音", ("抖音", "Dou音")), ("快手", ("快手",))),
        *(("小红书", ("小红书",)), ("微博", ("微博",))),
    )
    return next((name for name, words in names if any(w in text for w in words)), "")


def _title(words: str) -> str:
    """What the post says: faces and brackets off, topics kept as words, blanks and stray marks cut."""
    words = _TOPIC.sub(lambda m: f" {m[1]} ", _FACES.sub(" ", words))
    words = re.sub(r"[【】\[\]]", " ", words)
    words = " ".join(words.split())
    return words.strip(" ，,。、；;：:~！!…-—|“”\"'")
