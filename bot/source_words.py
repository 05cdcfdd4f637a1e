"""Why a source could not be read, in words, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "timeout": ("响应超时", "请核对对方网站是否正常、本机网络是否通畅"),
    "dns": ("域名解析不了", "请核对网址拼写和本机的域名解析设置"),
    "connection": ("连接不上", "请核对网址、端口和本机到对方的网络"),
    "disconnected": ("连上后被对方断开", "一般会自行恢复；持续一天以上的，请核对网址和端口，再问来源单位是否限制了访问"),
    "bad_answer": ("应答不是正常的网页应答", "请核对网址和端口（http、https 是否写反），用浏览器打开看看"),
    "tls": ("安全证书无效", "请核对网址；对方证书过期的，请联系来源单位"),
    "address_refused": ("地址指向内部网络，已拒绝访问", "确属单位内网来源的，请在 sources.toml 中写 internal = true"),
    "login_page": ("被转到登录页", "请改用不需登录的地址，或请来源单位开通接口"),
    "login_form": ("给出的是登录页", "请改用不需登录的地址，或请来源单位开通接口"),
    "empty": ("内容是空的", "一般会自行恢复；持续半天以上的，请用浏览器打开核对，或联系来源单位"),
    "needs_login": ("需要登录", "请改用不需登录的地址，或请来源单位开通接口"),
    "refused": ("对方拒绝访问", "请调大轮询间隔；仍不行的，请联系来源单位放行"),
    "challenge": ("对方要求人机验证", "程序通不过：请换一个地址（同一内容的订阅、接口），或请来源单位放行本机"),
    "not_found": ("网址不存在", "请到来源网站核对新地址"),
    "gone": ("来源已关闭", "请更换来源，或在 sources.toml 中停用"),
    "too_many_requests": ("对方要求放慢", "请在 sources.toml 中调大 interval_seconds"),
    "server_error": ("对方服务器出错", "一般会自行恢复；持续一天以上的，请联系来源单位"),
    "bad_status": ("对方应答异常", "请核对网址"),
    "too_many_redirects": ("跳转次数过多", "请用浏览器打开核对最终地址"),
    "unknown_encoding": ("压缩方式不认识", "请联系来源单位"),
    "broken_body": ("内容中断", "一般会自行恢复；反复出现的，请联系来源单位"),
    "bad_redirect": ("跳转到打不开的网址", "请用浏览器打开核对最终地址，改正 sources.toml 中的 url"),
    "bad_url": ("网址写错", "请改正 sources.toml 中的 url"),
    "format": ("内容读不出", "请用浏览器打开核对，改正 sources.toml 中的 url 或 kind"),
    "folder": ("目录读不了", "请核对目录是否存在、本服务的用户能否读取"),
    "unexpected": ("网页内容不对", "请用浏览器打开核对：改版的请改 expect，被篡改、被劫持的请立即按网站应急预案处理"),
    "own_error": ("处理出错", "请把日志交给开发单位"),
}
AT_ONCE: Final = frozenset({"gone", "address_refused", "bad_url"})
"""Reasons that do not pass by themselves: told at the first failure."""
NETWORK: Final = tuple(REASONS[code][0] for code in ("timeout", "dns", "connection", "disconnected"))


def reason_text(code: str, detail: str = "", status: int = 0) -> str:
    """``网址不存在（404）``: what the last error was, for the source page."""
    what = REASONS.get(code, REASONS["own_error"])[0]
    more = str(status) if status not in (0, 200) else detail if code in ("format", "folder", "own_error", "unexpected") else ""
    return f"{what}（{more}）" if more else what


def code_of(text: str) -> str:
    """The reason whose text this is; "own_error" for any other."""
    return next((code for code, (what, _) in REASONS.items() if text.startswith(what)), "own_error")
