"""Shared switches: what is missing is skipped with a reason, or fails where everything is required."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """With YQBOT_REQUIRE_ALL=1 a skip for a missing program is a failure; recorded data may still be absent."""
    if os.environ.get("YQBOT_REQUIRE_ALL") != "1" or call.excinfo is None:
        return
    if call.excinfo.errisinstance(pytest.skip.Exception) and "共享" not in str(call.excinfo.value):
        reason = str(call.excinfo.value)
        call.excinfo = pytest.ExceptionInfo.from_exception(AssertionError(f"required here, but skipped: {reason}"))
