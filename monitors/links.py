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
    """Absolute http(s) address of `href`, "" for any other scheme; a relative one stays relative without a base.

    Blanks at its ends and around line breaks go, as in a browser; one inside is part of the address and is written %20.
    """
    if " " in href or not href.isprintable():
        lines = (line.strip() for line in _CONTROL.split(href))
        href = "".join("".join(lines).replace(" ", "%20").split())
    if "&amp;" in href:  # escaped once more inside CDATA or JSON
        href = href.replace("&amp;", "&")
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
