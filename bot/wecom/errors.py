"""What an answer of WeCom means for the sender: every error code the bot must handle, and the exceptions it becomes.

Facts: developer.work.weixin.qq.com document 90313 (global error codes). Texts of the server are never matched.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What to do about an error code."""

    RETRY = "R"  # jittered back-off, at most three times
    TOKEN = "T"  # fetch the token once more, repeat the call once
    FATAL = "F"  # configuration; tell the administrator, do not loop
    DATA = "D"  # our own data or a bug; log, do not repeat
    HANDLE = "S"  # depends on the meaning; the caller decides


def _table(rows: Iterable[tuple[Kind, Iterable[int], str]]) -> Mapping[int, tuple[Kind, str]]:
    return MappingProxyType({code: (kind, meaning) for kind, codes, meaning in rows for code in codes})


CODES: Mapping[int, tuple[Kind, str]] = _table(
    (
        (Kind.RETRY, (-1, 6000), "企业微信系统繁忙，稍候自动重发"),
        (Kind.TOKEN, (40001, 40014, 42001), "访问凭证失效，自动重新获取"),
        (Kind.RETRY, (45009, 45033, 45035, 45036), "调用过于频繁，过了限制时段再发"),
        (Kind.FATAL, (60020,), "本机地址不在企业可信IP内，请在管理后台添加"),
        (Kind.FATAL, (40013, 40056, 40091, 41002, 41004, 301002), "企业编号、应用编号或密钥不匹配，请核对配置"),
        (Kind.FATAL, (48001, 48002, 48005, 48006, 50003, 60031), "应用没有权限或已停用，请在管理后台启用"),
        (Kind.FATAL, (48010,), "加密协议版本过低，请升级运行环境"),
        (Kind.HANDLE, (81013,), "收件人全部无效或不在应用可见范围，改发其他值班人员"),
        (Kind.DATA, (82001, 81012, 82002, 82003, 40032), "收件人为空或超出数量上限"),
        (Kind.HANDLE, (40003, 40031, 46004, 60111, 60011, 60021, 92000), "成员不存在或不在可见范围，请核对名册"),
        (Kind.HANDLE, (40007, 40145), "素材已过期，需要重新上传"),
        (Kind.DATA, (40004, 40005, 40006, 40009, 44001, 45001), "文件类型、大小不合规定或内容为空"),
        (Kind.DATA, (40008, 40058, 40063, 41001, 41011, 41033, 44004), "消息类型或参数有误"),
        (Kind.DATA, (40033,), "请求中含有转义汉字，须用原样汉字"),
        (Kind.DATA, (45002, 40206, 82004), "消息过长"),
        (Kind.HANDLE, (40201, 40204, 85002), "内容被反垃圾机制拦截，改发不含内容的提示卡片"),
        (Kind.FATAL, (43012,), "应用没有配置接收消息的地址，不能发送按钮卡片"),
        (Kind.DATA, range(42014, 42021), "卡片任务编号或按钮有误"),
        (Kind.DATA, (*range(42027, 42031), 42033), "卡片缺少必填内容"),
        (Kind.DATA, (42031, *range(42035, 42038), 42042, 42047), "卡片类型或列表条数有误"),
        (Kind.DATA, (*range(42038, 42042), *range(42043, 42047), *range(42049, 42052)), "卡片按钮、选项或跳转有误"),
        (Kind.HANDLE, (42052,), "消息发出已超过24小时，不能撤回"),
        (Kind.HANDLE, (60140,), "卡片更新码无效、已用或过期，改发新卡片"),
        (Kind.DATA, (82101,), "没有指定要更新卡片的人员"),
        (Kind.HANDLE, (82102,), "要更新卡片的人员不是原收件人"),
        (Kind.DATA, (40050, *range(86001, 86009), 86215, 86216), "群聊参数有误"),
        (Kind.FATAL, (93000, 93001, 93004, 93008), "群机器人不可用，请重新添加"),
        (Kind.DATA, (93017, 93018), "群机器人消息内容有误"),
        (Kind.HANDLE, (40029, 42003, 42022), "登录码无效、过期或已用，请重新登录"),
        (Kind.FATAL, (50001, 50002, 80001, 85005, 85008, 85111), "可信域名或备案有误，请在管理后台核对"),
        (Kind.DATA, (84025,), "登录参数有误"),
        (Kind.HANDLE, (846601, *range(846604, 846610), 846625, 853000), "智能机器人暂不可用"),
    )
)
# A block lasts as long as its window; the minute window is the usual one (document 90312).
RETRY_AFTER: Mapping[int, float] = MappingProxyType({45009: 60.0, 45033: 5.0, 45035: 1.0, 45036: 60.0})
UNKNOWN_CODE = (Kind.DATA, "企业微信返回了未登记的错误")
# On gettoken these mean a wrong or reset secret, which no repetition mends.
FATAL_ON_TOKEN = frozenset({40001, 40014, 42001})


def classify(code: int, *, on_token: bool = False) -> tuple[Kind, str]:
    """Return the kind of `code` and its meaning in Chinese; codes never seen count as our data."""
    if on_token and code in FATAL_ON_TOKEN:
        return Kind.FATAL, "应用密钥错误或已重置，请核对配置"
    return CODES.get(code, UNKNOWN_CODE)


class WeComError(Exception):
    """Anything that went wrong between the bot and WeCom."""


class SendError(WeComError):
    """WeCom refused, or was never reached: the request had no effect.

    `retry_after` is in seconds (None: the caller's own back-off); `code` is the errcode, 0 where there was no answer.
    """

    def __init__(self, code: int, kind: Kind, meaning: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{meaning}（代码{code}）" if code else meaning)
        self.code = code
        self.kind = kind
        self.retry_after = retry_after

    @property
    def permanent(self) -> bool:
        """Whether repeating the same request cannot help."""
        return self.kind is not Kind.RETRY

    @classmethod
    def from_code(cls, code: int, *, on_token: bool = False) -> "SendError":
        kind, meaning = classify(code, on_token=on_token)
        return cls(code, kind, meaning, retry_after=RETRY_AFTER.get(code))


class OutcomeUnknown(WeComError):
    """The request left, no usable answer came back: WeCom may or may not have acted. Repeat it byte for byte."""
