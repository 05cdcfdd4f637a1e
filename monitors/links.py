"""Addresses of pages: made absolute, and reduced to what names the page."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

_TRACKING: Final = re.compile(
    r"^(?:utm_\w+|spm(?:_\w+)?|from|share\w*|scene|nonce|sign|token|sid|sessionid|jsessionid|phpsessid|wfr|fr|isappinstalled"
    r"|vd_source|bxsign|refer\w*|uicode|luicode|lfid|fbclid|gclid)=|^[\w-]{0,12}=(?:1\d{9}|1\d{12}|0\.\d{6,})$",
    re.I,
)
"""Parameters that follow the visitor, and values that are an instant or a random number (cache busters)."""
_CONTROL: Final = re.compile(r"[\x00-\x1f]+")
_SESSION_PATH: Final = re.compile(r";jsessionid=[^/?#]*", re.I)


def bare_url(url: str) -> str:
    """`url` without what does not name the page: scheme, www., tracking and session parameters, fragment, last slash."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.") + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return url
    query = parts.query and urlencode([(k, v) for k, v in parse_qsl(parts.query, True) if not _TRACKING.match(f"{k}={v}")])
    fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""
    path = _SESSION_PATH.sub("", parts.path) if ";" in parts.path else parts.path
    return urlunsplit(("", host, path.rstrip("/"), query, fragment))


def web_link(href: str, base: str) -> str:
    """Absolute http(s) address of `href`, "" for any other scheme; a relative one stays relative without a base."""
    if " " in href or not href.isprintable():
        href = "".join(_CONTROL.sub("", href).split())
    href = href[:2_000]
    if not href:
        return ""
    if href[:8].lower().startswith(("http://", "https://")):
        return href
    try:
        address = urljoin(base, href)
    except ValueError:
        return ""
    scheme = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", address)
    return address if scheme is None or scheme[0].lower() in ("http:", "https:") else ""
