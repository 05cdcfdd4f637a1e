"""Model files: one header line of JSON that says what is inside, then the compressed weights. Bytes in, values out.

b"YQBOT-MODEL 1\\n" + header JSON + b"\\n" + zlib(little-endian 16-bit weights)
"""

import hashlib
import json
import sys
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from monitors.linear import BayesModel, Hashing, LogisticModel

MAGIC = b"YQBOT-MODEL "
VERSION = 1
KINDS: Mapping[str, str] = {"router": "承办单位分办", "sentiment": "言论倾向", "rumor": "疑似谣言特征", "gate": "涉事标题"}


class ModelFormatError(ValueError):
    """The bytes are no model that can be used here; the message is the Chinese sentence to show."""


def pack(kind: str, model: LogisticModel | BayesModel, about: Mapping[str, object]) -> bytes:
    """File content for a model. `about` (rows, labels, column names ...) is kept in the header for people."""
    if isinstance(model, BayesModel):
        arrays = [model.rarity, *model.columns]
        body: dict[str, object] = {"labels": model.labels, "counts": model.counts, "functions": model.functions}
    else:
        arrays = [model.weights]
        body = {"bias": model.bias, "threshold": model.threshold, "held_f1": model.held_f1}
    payload = zlib.compress(b"".join(_little(values).tobytes() for values in arrays), 9)
    header = {
        "kind": kind,
        "about": dict(about),
        "hashing": asdict(model.hashing),
        "scale": model.scale,
        "arrays": len(arrays),
        "sha256": hashlib.sha256(payload).hexdigest(),
        **body,
    }
    text = json.dumps(header, ensure_ascii=False, sort_keys=True).encode()
    return MAGIC + b"%d\n" % VERSION + text + b"\n" + payload


def unpack(data: bytes, kind: str, name: str) -> LogisticModel | BayesModel:
    """The model of a file's content; ModelFormatError with a clear sentence when it is foreign, damaged or of another kind.

    `name` is how the message names the file.
    """
    header, payload = _open(data, name)
    if header.get("kind") != kind:
        have = KINDS.get(str(header.get("kind")), "其他用途")
        raise ModelFormatError(f"模型文件 {name} 是“{have}”模型，不能当作“{KINDS.get(kind, kind)}”模型使用，请换用对应的文件。")
    try:
        return _build(header, zlib.decompress(payload))
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise ModelFormatError(f"模型文件 {name} 内容不完整，请用 yqbot train 重新生成。") from error


def header_of(data: bytes, name: str) -> dict[str, Any]:
    """The header of a model file, for display."""
    return _open(data, name)[0]


def _open(data: bytes, name: str) -> tuple[dict[str, Any], bytes]:
    if not data.startswith(MAGIC):
        raise ModelFormatError(f"{name} 不是本程序生成的模型文件，请用 yqbot train 生成后再指定。")
    first, _, rest = data.partition(b"\n")
    if first != MAGIC + b"%d" % VERSION:
        raise ModelFormatError(f"模型文件 {name} 的格式版本与本程序不符，请用当前版本的 yqbot train 重新生成。")
    head, _, payload = rest.partition(b"\n")
    try:
        header = json.loads(head)
    except ValueError as error:
        raise ModelFormatError(f"模型文件 {name} 的文件头已损坏，请用 yqbot train 重新生成。") from error
    if not isinstance(header, dict) or hashlib.sha256(payload).hexdigest() != header.get("sha256"):
        raise ModelFormatError(f"模型文件 {name} 已损坏或被改动（校验值不符），请用 yqbot train 重新生成。")
    return header, payload


def _build(header: Mapping[str, Any], raw: bytes) -> LogisticModel | BayesModel:
    hashing = Hashing(**header["hashing"])
    size, count = 2 << hashing.bits, int(header["arrays"])
    if len(raw) != size * count:
        raise ValueError("length")
    arrays = [_little(array("h", raw[index * size : (index + 1) * size])) for index in range(count)]
    scale = float(header["scale"])
    if "labels" not in header:
        bias, threshold, f1 = float(header["bias"]), float(header["threshold"]), header.get("held_f1")
        return LogisticModel(hashing=hashing, weights=arrays[0], scale=scale, bias=bias, threshold=threshold, held_f1=f1)
    labels = tuple(str(label) for label in header["labels"])
    if len(labels) != count - 1:
        raise ValueError("labels")
    return BayesModel(
        hashing=hashing,
        labels=labels,
        counts=tuple(header["counts"]),
        rarity=arrays[0],
        columns=tuple(arrays[1:]),
        scale=scale,
        functions={name: tuple(weights) for name, weights in header["functions"].items()},
    )


def _little(values: "array[int]") -> "array[int]":
    """Little-endian order in the file whatever the machine."""
    if sys.byteorder == "little":
        return values
    swapped = array("h", values)
    swapped.byteswap()
    return swapped
