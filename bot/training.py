"""`yqbot train router|sentiment|rumor|gate FILE`: learn from the installation's own labelled rows; and reading the models again.

    rows of the CSV -> slots -> monitors.linear -> monitors.modelfile -> one file, written whole or not at all

The model is used with `yqbot triage --model NAME=FILE`, or from `models/NAME.model` in the data folder; that of the gate belongs to the
lexicon and is used as `lexicon/gate.model` of the settings.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.configuration import folders_of
from bot.labelled import Labelled, TrainingError, read_labelled
from config.oserror import why
from config.routing import RoutingError, load_functions
from config.wording import WordingError, load_wording
from monitors.hunch import HUNCH_HASHING, slots
from monitors.linear import BayesModel, Letter, LogisticModel, careful_threshold, train_bayes, train_logistic
from monitors.modelfile import KINDS, ModelFormatError, pack, unpack
from monitors.rumor import RUMOR_HASHING, RumorScorer
from monitors.sentiment import SENTIMENT_HASHING, SentimentScorer
from playbooks.assign import ROUTER_HASHING, Reader, letter_of

LEAST_ROWS = 20
POSITIVE: Mapping[str, tuple[str, ...]] = {
    "sentiment": ("negative", "负面", "消极", "1"),
    "rumor": ("rumor", "谣言", "疑似谣言", "1"),
}
ORDINARY = ("O", "ordinary", "普通", "0")
"""Labels of titles nobody must answer; every other label of `gate` is a matter."""
DEFAULT_TEXT: Mapping[str, str] = {"router": "title,detail", "sentiment": "text", "rumor": "text", "gate": "title"}
DEFAULT_LABEL: Mapping[str, str] = {"router": "unit", "sentiment": "label", "rumor": "label", "gate": "label"}
LOADED = ("router", "sentiment", "rumor")
"""Models an installation keeps in its data folder; that of the gate stands beside the words it helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The trained models an installation has; None = the shipped rules."""

    router: BayesModel | None = None
    sentiment: LogisticModel | None = None
    rumor: LogisticModel | None = None


def add_parser(sub: Any) -> None:
    """Adds `train` to the sub-parsers of `yqbot`."""
    about = "用本单位自己的标注数据训练模型：router 分办、sentiment 言论倾向、rumor 疑似谣言特征、gate 涉事标题"
    parser = sub.add_parser("train", help="训练分办、倾向、谣言特征、涉事标题模型", description=about)
    parser.add_argument("kind", choices=tuple(KINDS), metavar="router|sentiment|rumor|gate", help="训练哪一种模型")
    parser.add_argument("file", nargs="?", metavar="文件", help="标注数据，带表头的 CSV（UTF-8 或 GB18030）")
    parser.add_argument("--record", action="store_true", help="router：加上本系统记录的交办、改派和裁定")
    parser.add_argument("--text", default="", metavar="列名", help="文本列，多列用逗号分开（默认 title,detail 或 text）")
    parser.add_argument("--label", default="", metavar="列名", help="标签列（默认 unit 或 label）")
    parser.add_argument("--positive", default="", metavar="标签", help="sentiment、rumor 中算作“是”的标签")
    parser.add_argument("-o", "--output", required=True, metavar="模型文件", help="模型写到哪个文件")
    parser.add_argument("--config", type=Path, default=None, metavar="目录", help="配置目录")
    parser.add_argument("--data", type=Path, default=None, metavar="目录", help="数据目录（--record 时读）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train and write; 0 done, 1 with one line on stderr when it could not be done."""
    columns = [name.strip() for name in (args.text or DEFAULT_TEXT[args.kind]).split(",") if name.strip()]
    try:
        rows = _rows(args, columns)
        folders = folders_of(args.config, os.environ)
        report = train(args.kind, rows, folders, Path(args.output), positive=args.positive)
    except (TrainingError, RoutingError, WordingError) as error:
        print(error, file=sys.stderr)
        return 1
    print(report)
    return 0


def _rows(args: argparse.Namespace, columns: Sequence[str]) -> Labelled:
    """Rows of the file, of the record, or of both."""
    if not args.file and not args.record:
        raise TrainingError("请给出标注数据文件；训练分办模型也可用 --record 读本系统的交办记录。")
    if args.record and args.kind != "router":
        raise TrainingError("--record 只用于 router：系统记录里只有单位的决定，没有倾向和谣言标注。")
    none = Labelled(texts=(), labels=(), skipped=0)
    given = read_labelled(Path(args.file), columns, args.label or DEFAULT_LABEL[args.kind]) if args.file else none
    if not args.record:
        return given
    from bot.learned import recorded  # the store is opened only when asked for

    kept = recorded(args.config, args.data)
    return Labelled(texts=given.texts + kept.texts, labels=given.labels + kept.labels, skipped=given.skipped + kept.skipped)


def train(kind: str, rows: Labelled, folders: Sequence[Path], output: Path, *, positive: str = "") -> str:
    """Learn from the rows and write the model file; returns the sentence to show."""
    counts = Counter(rows.labels)
    if len(counts) < 2:
        raise TrainingError(f"标签列里只有一种标签（{next(iter(counts), '无')}），至少要有两种才能训练，请检查标签列。")
    if len(rows.labels) < LEAST_ROWS:
        raise TrainingError(f"可用的数据只有{len(rows.labels)}行，至少需要{LEAST_ROWS}行，请补充后再训练。")
    model: BayesModel | LogisticModel
    if kind == "router":
        model, quality = train_router(rows, folders)
    elif kind == "gate":
        model, quality = train_gate(rows)
    else:
        model, quality = train_posts(kind, rows, folders, positive)
    about = {"rows": len(rows.labels), "labels": dict(sorted(counts.items())), "held_out": quality}
    write_whole(output, pack(kind, model, about))
    skipped = f"，跳过空行{rows.skipped}行" if rows.skipped else ""
    return f"已训练“{KINDS[kind]}”模型：{len(rows.labels)}行、{len(counts)}种标签{skipped}；{quality}；已写入 {output}。"


def train_router(rows: Labelled, folders: Sequence[Path]) -> tuple[BayesModel, str]:
    """Router over all labels; quality from every fifth row held out of a trial."""
    reader = Reader(tuple(load_functions(*(folder / "routing" for folder in folders)).values()))
    letters = [letter_of(reader, texts[0], "\n".join(texts[1:])) for texts in rows.texts]
    kept = [index for index in range(len(letters)) if zlib.crc32(b"%d" % index) % 5]
    held = [index for index in range(len(letters)) if not zlib.crc32(b"%d" % index) % 5]
    trial = train_bayes([letters[i] for i in kept], [rows.labels[i] for i in kept], ROUTER_HASHING)
    right = [_rank(trial, letters[i], rows.labels[i]) for i in held]
    first, three = sum(rank < 1 for rank in right), sum(rank < 3 for rank in right)
    quality = f"留出{len(held)}行试判，第一候选对{first}行，前三候选含正确单位{three}行"
    return train_bayes(letters, rows.labels, ROUTER_HASHING), quality


def _rank(model: BayesModel, letter: Letter, label: str) -> int:
    """Place of the right label, 0 best; past the end where the trial never saw it."""
    if label not in model.labels:
        return len(model.labels) + 3
    scores = model.scores(letter)
    own = scores[model.labels.index(label)]
    return sum(score > own for score in scores)


def train_posts(kind: str, rows: Labelled, folders: Sequence[Path], positive: str) -> tuple[LogisticModel, str]:
    """Sentiment or rumour-likeness: one label against all others."""
    wanted = _positive_label(kind, set(rows.labels), positive)
    wording = load_wording(*(folder / f"{kind}.toml" for folder in folders))
    texts = ["\n".join(part for part in parts if part) for parts in rows.texts]
    if kind == "sentiment":
        scorer = SentimentScorer(wording)
        slots, hashing = [scorer.slots(text) for text in texts], SENTIMENT_HASHING
    else:
        marks = RumorScorer(wording)
        slots, hashing = [marks.slots(text) for text in texts], RUMOR_HASHING
    model = train_logistic(slots, [label == wanted for label in rows.labels], hashing)
    quality = "数据太少，未能试判" if model.held_f1 is None else f"留出五分之一试判，“{wanted}”的 F1 为 {model.held_f1:.2f}"
    return model, quality


def train_gate(rows: Labelled) -> tuple[LogisticModel, str]:
    """Titles that are a matter against ordinary ones; the threshold lets three ordinary titles in two hundred through at most."""
    matters = [label not in ORDINARY for label in rows.labels]
    if all(matters) or not any(matters):
        have = "、".join(sorted(set(rows.labels))[:8])
        raise TrainingError(
            f"标签列里要既有普通标题（{ORDINARY[0]} 或{ORDINARY[2]}）又有涉事标题，现有标签是：{have}，请补充后再训练。"
        )
    titles = [slots(" ".join(part for part in parts if part)) for parts in rows.texts]
    model = train_logistic(titles, matters, HUNCH_HASHING, epochs=30, rate=0.8, choose=careful_threshold)
    if model.held_f1 is None:
        return model, "数据太少，未能试判"
    return model, f"留出五分之一试判，普通标题误列不超过百分之一点五时 F1 为 {model.held_f1:.2f}（门槛 {model.threshold:.2f}）"


def _positive_label(kind: str, labels: set[str], asked: str) -> str:
    for label in (asked,) if asked else POSITIVE[kind]:
        if label in labels:
            return label
    have = "、".join(sorted(labels)[:8])
    wish = asked or "、".join(POSITIVE[kind][:2])
    raise TrainingError(f"标签列里没有“{wish}”，现有标签是：{have}；请用 --positive 指明哪一个算“是”。")


def load_models(named: Sequence[str]) -> Models:
    """Models of `NAME=FILE` pairs (`--model`); TrainingError with one sentence for the first that cannot be used."""
    found: dict[str, Any] = {}
    for pair in named:
        kind, equals, file = pair.partition("=")
        if not equals or kind not in LOADED or not file:
            raise TrainingError(f"--model {pair} 写法不对，应为 名称=文件，名称是 {'、'.join(LOADED)} 之一。")
        path = Path(file)
        try:
            found[kind] = unpack(path.read_bytes(), kind, path.name)
        except OSError as error:
            raise TrainingError(f"读不了模型文件 {path}：{why(error)}，请检查路径。") from error
        except ModelFormatError as error:
            raise TrainingError(str(error)) from error
    return Models(**found)


def models_in(data: Path) -> Models:
    """Models the installation keeps as `models/NAME.model` in its data folder."""
    folder = data / "models"
    return load_models([f"{kind}={path}" for kind in LOADED if (path := folder / f"{kind}.model").is_file()])


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: temporary file beside it, flushed to disk, then renamed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise TrainingError(f"写不了 {path}：所在目录不能写，请换一个可写的位置。") from error
    try:
        with os.fdopen(handle, "wb") as out:
            os.fchmod(handle, 0o644)  # the service may run as another user than the one who trained
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise TrainingError(f"写不了 {path}：{why(error)}，请检查磁盘空间和权限。") from error
