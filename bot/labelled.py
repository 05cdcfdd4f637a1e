"""Labelled rows to learn from, as a CSV the installation keeps: read whole, or one sentence that says what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.oserror import why


class TrainingError(Exception):
    """Nothing was learned or read; the message is one Chinese sentence that says what and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Rows of a labelled file: the text columns of each row, its label, and how many rows were left out as empty."""

    texts: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    skipped: int


def read_labelled(path: Path, columns: Sequence[str], label: str) -> Labelled:
    """Rows of a labelled CSV; TrainingError names the file and what is missing."""
    reader = csv.DictReader(io.StringIO(_decoded(path), newline=""))
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = header
        missing = [name for name in (*columns, label) if name not in header]
        if missing:
            have = "、".join(header[:12]) or "（空）"
            raise TrainingError(
                f"{path.name} 没有“{'、'.join(missing)}”列，现有的列是：{have}；请用 --text、--label 指明列名。"
            )
        texts, labels, skipped = [], [], 0
        for row in reader:
            parts = tuple((row.get(name) or "").strip() for name in columns)
            value = (row.get(label) or "").strip()
            if not value or not any(parts):
                skipped += 1
                continue
            texts.append(parts)
            labels.append(value)
    except csv.Error as error:
        raise TrainingError(f"{path.name} 第{reader.line_num}行不是有效的 CSV，请检查引号和分隔符。") from error
    return Labelled(texts=tuple(texts), labels=tuple(labels), skipped=skipped)


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TrainingError(f"读不了 {path}：{why(error)}，请检查路径和权限。") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise TrainingError(f"{path.name} 不是文本文件，请另存为 UTF-8 编码的 CSV 再训练。")
