"""What SQLite refused, as its caller is to see it: one Chinese sentence for a person."""

from __future__ import annotations

import sqlite3

from bot.store.engine import StoreError


def explain(error: sqlite3.Error) -> StoreError:
    """The Chinese sentence of a database error."""
    text = str(error).lower()
    if "full" in text:
        return StoreError("磁盘已满，数据没有写入，请立即清理数据目录所在磁盘。")
    if "readonly" in text or "read-only" in text:
        return StoreError("数据库文件不可写，请检查数据目录的权限和磁盘状态。")
    if "locked" in text or "busy" in text:
        return StoreError("数据库被其他程序锁住，数据没有写入，请关闭正在打开数据库文件的其他程序。")
    if "malformed" in text or "not a database" in text:
        return StoreError("数据库文件已损坏，请停止服务，用最近的备份恢复（yqbot restore）。")
    if "unable to open" in text:
        return StoreError("数据库文件打不开，请检查数据目录是否存在、权限是否正确。")
    return StoreError(f"数据库读写出错（{error}），请运行 yqbot doctor 查看原因。")


def shown(error: BaseException) -> BaseException:
    """An error as its caller is to see it."""
    if isinstance(error, sqlite3.Error):
        return explain(error)
    if isinstance(error, StopIteration):  # a future cannot carry it, and its callers would wait for ever
        return RuntimeError("unit raised StopIteration")
    return error
