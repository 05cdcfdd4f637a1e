"""Files members send: fetched whole, told apart by their bytes, refused above the limit, gone after three days."""

import pytest

from bot.emulator.switches import Fault
from bot.wecom.errors import Kind, SendError
from bot.wecom.media import TooLarge, file_name, sniffed

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40


def media_id(emulator):
    return emulator.ledger_file.rows("select media_id from media order by rowid desc limit 1")[0]["media_id"]


async def test_a_picture_comes_back_byte_for_byte_with_its_chinese_name(client, emulator):
    emulator.note_file("zhangsan", "image", "现场照片.jpg", JPEG)
    got = await client.download(media_id(emulator))
    assert (got.name, got.media_type, got.body) == ("现场照片.jpg", "image/jpeg", JPEG)


async def test_a_revoked_token_is_replaced_once(client, emulator):
    emulator.note_file("zhangsan", "voice", "a.amr", b"#!AMR\nxxxxxx")
    await client.check()
    emulator.ledger_file.write("update token set revoked=1")
    assert (await client.download(media_id(emulator))).media_type == "audio/amr"


async def test_an_expired_file_is_gone_for_good(client, emulator, clock):
    emulator.note_file("zhangsan", "image", "a.jpg", JPEG)
    clock.forward(days=3, seconds=1)
    with pytest.raises(SendError) as caught:
        await client.download(media_id(emulator))
    assert (caught.value.code, caught.value.permanent) == (40007, True)


@pytest.mark.parametrize(("fault", "times"), [("reset", 2), ("http", 1), ("lost", 2)], ids=["reset", "http", "lost"])
async def test_a_broken_answer_may_be_asked_for_again(client, emulator, fault, times):
    """aiohttp itself repeats a GET once on a connection that was closed."""
    emulator.note_file("zhangsan", "image", "a.jpg", JPEG)
    emulator.switches.faults.append(Fault(kind=fault, path="media/get", code=502, times=times))
    with pytest.raises(SendError) as caught:
        await client.download(media_id(emulator))
    assert caught.value.kind is Kind.RETRY
    assert (await client.download(media_id(emulator))).body == JPEG


async def test_more_than_the_limit_is_not_read(client, emulator):
    emulator.note_file("zhangsan", "image", "a.jpg", JPEG)
    with pytest.raises(TooLarge):
        await client.download(media_id(emulator), most=1000)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\x00\x00\x00\x18ftypheic....", "image/heic"),
        (b"\x00\x00\x00\x18ftypisom....", "video/mp4"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<svg onload=alert(1)>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
    ids=["png", "heic", "mp4", "pdf", "svg", "empty"],
)
def test_the_type_is_what_the_bytes_say(head, kind):
    assert sniffed(head) == kind


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''%E7%8E%B0%E5%9C%BA.jpg", "现场.jpg"),
        ('attachment; filename="a\\b.jpg"', "b.jpg"),
        ("inline", ""),
    ],
)
def test_a_name_has_no_folders(header, name):
    assert file_name(header) == name
