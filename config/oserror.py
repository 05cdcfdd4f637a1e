"""Why the operating system refused, in a few Chinese words that fit into brackets."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Final

_WORDS: Final[Mapping[int, str]] = {
    errno.ENOENT: "文件或目录不存在",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EISDIR: "这是一个目录",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EEXIST: "已经存在",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已满",
    errno.EROFS: "磁盘只读",
    errno.ENAMETOOLONG: "名称太长",
    errno.EMFILE: "打开的文件太多",
    errno.EIO: "磁盘读写出错",
    errno.EADDRINUSE: "已被其他程序占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
}


def why(error: OSError) -> str:
    """The reason in Chinese; what has no word of ours keeps the system's own."""
    return _WORDS.get(error.errno or 0) or error.strerror or "读写出错"
