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
    ("今日头条", ("toutiao.com", "toutiaocdn.com", "snssdk.com")),
    ("哔哩哔哩", ("bilibili.com", "b23.tv")),
    ("知乎", ("zhihu.com",)),
    ("百度", ("baidu.com", "mbd.baidu.com")),
)
_WRAPPING: Final = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"复制(?:此|本|该)?(?:条)?(?:链接|信息|口令|后|这段)?[，,]?\s*(?:直接)?(?:打开|到|去)\s*[【\[]?(?:Dou音|抖音|快手|小红书|微博|今日头条)[】\]]?"
        r"(?:极速版|短视频|App|APP|搜索|客户端)*[，,]?\s*(?:搜索|直接观看视频|查看精彩内容|看看|查看|直接观看)*[！!。，,]?",
        r"打开\s*[【\[]?(?:Dou音|抖音|快手|小红书|微博|今日头条)[】\]]?(?:极速版|App|APP|搜索)*[，,]?\s*(?:直接观看视频|直接观看|查看精彩内容|查看)?[！!。]?",
        r"该作品在快手(?:极速版)?(?:已)?被播放过?\s*[\d.,万亿wW+]+\s*次[，,]?\s*点击链接[，,]?",
        r"(?:点击链接[，,]?)(?:直接)?(?:打开|观看)?[！!。]?",
        r"长按复制(?:此|这)条(?:消息|信息)[，,]?",
        r"(?:快来|一起来?)看(?:看)?吧[！!~。]?",
        r"^\s*\d{1,2}(?:\.\d{1,2})?\s+(?=\S)",
        r"(?<![\w@])[A-Za-z0-9]{1,4}:/(?:\s|$)",
        r"(?<!\S)\d{2}/\d{2}(?!\S)",
        r"(?<!\S)[A-Za-z]{1,4}@[A-Za-z]\.[A-Za-z]{1,4}(?!\S)",
        r"(?:来自|分享自)\s*@?[^\s，。]{1,20}(?:客户端|网页版)",
        r"[-—_ ]+哔哩哔哩(?:_bilibili)?(?=】|$)",
        r"^\s*分享(?:了|一条|一个)?(?:视频|微博|链接|文章)?[：:]\s*",
    )
)
_AUTHOR: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"看看【([^】]{1,30}?)的(?:图文)?作品】",
        r"[“\"]([^”\"]{1,30})[”\"]分享的作品",
        r"([^\s，。！!？?]{1,24})发布了一篇小红书笔记[，,]?",
        r"([^\s，。！!？?：:]{1,24})的视频号[：:]",
        r"【?@([^\s：:】]{1,30})[：:]",
    )
)
_TOPIC: Final = re.compile(r"#\s?([^#\s@]{1,30})#?")
_CALLED: Final = re.compile(r"复制.{0,12}打开|打开【?(?:抖音|Dou音|快手|小红书)|发布了一篇小红书笔记|分享的作品")
_FACES: Final = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")


def read_share(text: str) -> Shared | None:
    """The post that a pasted share text points to; None where the text has no link of a known platform nor such a call."""
    match = _URL.search(text)
    url = match.group(0).rstrip(".,;:!?") if match else ""
    platform = platform_of(url) or _named(text)
    if not platform or not (url or _CALLED.search(text)):
        return None
    words, author = _URL.sub(" ", text), ""
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
    names = (("抖音", ("抖音", "Dou音")), ("快手", ("快手",)), ("小红书", ("小红书",)), ("微博", ("微博",)))
    return next((name for name, words in names if any(w in text for w in words)), "")


def _title(words: str) -> str:
    """What the post says: faces and brackets off, topics kept as words, blanks and stray marks cut."""
    words = _TOPIC.sub(lambda m: f" {m[1]} ", _FACES.sub(" ", words))
    words = re.sub(r"[【】\[\]]", " ", words)
    words = " ".join(words.split())
    return words.strip(" ，,。、；;：:~！!…-—|“”\"'")
