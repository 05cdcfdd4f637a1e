"""What to do about a page or an account of one's own that cannot be read: it is ours to mend, not somebody else's to be waited for."""

from __future__ import annotations

from typing import Final

from config.schema import Source

CALL: Final = "请立即通知运维单位排查"
LOOK: Final = "请用浏览器打开核对：改版的请改 url 或 expect，被篡改、被劫持的请立即按网站应急预案处理"
BLOCKED: Final = "可能是网站防护拦了值班台：用手机打开正常的，请运维单位放行本机；打不开的，请立即通知运维单位排查"
SITE: Final = {
    "tls": "请运维单位立即更换证书，证书过期后群众的浏览器会拦住网站",
    "dns": "请运维单位立即核对域名是否到期、解析是否被改",
    "not_found": "请核对页面是否被撤下；网址已换的请改 sources.toml 中的 url",
    "gone": "请核对页面是否被撤下；网址已换的请改 sources.toml 中的 url",
    **dict.fromkeys(("refused", "challenge", "too_many_requests"), BLOCKED),
    **dict.fromkeys(
        ("unexpected", "login_page", "login_form", "needs_login", "bad_redirect", "too_many_redirects", "empty"), LOOK
    ),
}
OURS: Final = frozenset({"address_refused", "bad_url", "own_error", "folder", "format"})
"""Reasons that lie in our configuration: their usual advice holds."""
CHANNELS: Final = "；打不开会耽误回应，请备好其他发布渠道"
ACCOUNT: Final = "；这期间看不到本单位账号是否正常，请打开账号核对"


def own_advice(source: Source, code: str, usual: str) -> str:
    """The advice for a failing source; `usual` is that for a source of somebody else."""
    if not source.own:
        return usual
    if source.kind != "site":
        return usual + ACCOUNT
    return (usual if code in OURS else SITE.get(code, CALL)) + CHANNELS
