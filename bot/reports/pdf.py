"""A finished Word file as PDF, by the office program of the machine: the layout is that of the Word file, not a second one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = ("soffice", "libreoffice")
PATIENCE = 180
"""Seconds a conversion may take; a first start of the office program builds its profile."""


class NoPdf(Exception):
    """No PDF can be made here; the message says what to do instead."""


def pdf_of(docx: bytes) -> bytes:
    """The file as PDF; raises NoPdf. Runs a program: call it outside the event loop."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        raise NoPdf(
            "本机没有 LibreOffice，生成不了 PDF；请安装（Debian：apt install libreoffice-writer），或用 --format docx 再另存为 PDF。"
        )
    with tempfile.TemporaryDirectory(prefix="yqbot-pdf-") as folder:
        source = Path(folder) / "paper.docx"
        source.write_bytes(docx)
        profile = f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}"
        command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(source)]
        try:
            subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
            return source.with_suffix(".pdf").read_bytes()
        except (OSError, subprocess.SubprocessError) as e:
            raise NoPdf("LibreOffice 没有转成 PDF，请稍后再试，或用 --format docx 再另存为 PDF。") from e
