"""Files of officers: bytes once a digest, whole again, erasable, checked by verify."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from bot.store import SqlStore
from bot.store.attachments import PART
from bot.store.kept import Attachment
from bot.store.verify import verify
from tests.bot.store.samples import T0, changed, event, open_one

BIG = bytes(range(256)) * (PART // 256 + 7)


def picture(ident: str, *, state: str = "kept", by: str = "zhangsan") -> Attachment:
    return Attachment(id=ident, name="现场.jpg", kind="image", by=by, at=T0, media_type="image/jpeg", state=state)


async def erase(store: SqlStore) -> None:
    incident = await store.incident(1)
    assert incident is not None
    assert await store.commit(changed(incident, event("noted", note="erased", text="本人申请")))


async def test_bytes_come_back_whole_with_their_digest(store: SqlStore) -> None:
    assert await store.add_attachment(picture("p1"), BIG)
    assert not await store.add_attachment(picture("p1"), b"other"), "a repeated delivery changes nothing"
    found = await store.attachment("p1")
    assert found is not None
    assert found[1] == BIG
    assert (found[0].sha256, found[0].size) == (hashlib.sha256(BIG).hexdigest(), len(BIG))


async def test_a_wanted_file_is_fetched_later_or_given_up(store: SqlStore) -> None:
    await store.add_attachment(picture("p1", state="wanted"), None)
    await store.miss_attachment("p1", "超时", lost=False)
    (row,) = await store.wanted_attachments()
    assert (row.tries, row.note) == (1, "超时")
    await store.keep_attachment("p1", "a.jpg", "image/jpeg", b"abc")
    assert await store.wanted_attachments() == []
    await store.add_attachment(picture("p2", state="wanted"), None)
    await store.miss_attachment("p2", "已过期", lost=True)
    assert await store.wanted_attachments() == []


async def test_files_wait_for_their_matter(store: SqlStore) -> None:
    await open_one(store)
    await store.add_attachment(picture("p1"), b"abc")
    await store.add_attachment(picture("p2", by="lisi"), b"abc")
    (mine,) = await store.loose_attachments("zhangsan", T0 - timedelta(minutes=1))
    assert await store.place_attachments([mine.id], 1) == 1
    assert await store.place_attachments([mine.id], 2) == 0, "once placed it stays"
    assert [a.id for a in await store.attachments_of(1)] == ["p1"]
    assert await store.loose_attachments("zhangsan", T0) == []


async def test_erasing_removes_bytes_unless_another_matter_shares_them(store: SqlStore) -> None:
    await open_one(store)
    for ident in ("p1", "p2"):
        await store.add_attachment(picture(ident), b"abc")
    await store.place_attachments(["p1"], 1)
    await erase(store)
    assert (await store.attachment("p1") or (None, b"x"))[1] == b""
    assert (await store.attachment("p2") or (None, b""))[1] == b"abc"
    await store.place_attachments(["p2"], 1)
    await erase(store)
    assert await store.engine.read(lambda tx: list(tx.rows("select n from attachment_part"))) == []
    assert (await store.engine.read(verify)).faults == ()


async def test_changed_bytes_are_found(store: SqlStore) -> None:
    await store.add_attachment(picture("p1"), b"abc")
    await store.engine.write(lambda tx: tx.run("update attachment_part set body = 'AAAA'"))
    assert "附件内容与校验码不符" in (await store.engine.read(verify)).faults[0].text
