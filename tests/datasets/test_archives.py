"""Archives of others: harmless ones are read, hostile and damaged ones are refused."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from mmsia.datasets.archives import list_members, read_members, read_parts
from mmsia.errors import DataError, UnsafeFileError

CONTENT = {"set/a.txt": b"first", "set/in/b.bin": bytes(range(256)) * 40}
KINDS = ("zip", "tar", "tar.gz", "tar.bz2", "tar.xz")


def pack(path: Path, content: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in content.items():
                archive.writestr(name, data)
        return path
    mode = {"gz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}.get(path.suffix[1:], "w")
    with tarfile.open(path, mode) as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def read_all(path: Path) -> dict[str, bytes]:
    wanted = {member.name for member in list_members(path)}
    return {
        member.name: b"".join(read_parts(path, member, stream))
        for member, stream in read_members(path, wanted)
    }


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_packed_is_read(tmp_path: Path, kind: str) -> None:
    path = pack(tmp_path / f"x.{kind}", CONTENT)
    assert read_all(path) == CONTENT
    assert [m.size for m in list_members(path)] == [5, 10240]


@pytest.mark.parametrize("kind", ("zip", "tar"))
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../out.txt", "can leave"),
        ("set/../../out.txt", "can leave"),
        ("/etc/out.txt", "absolute"),
        ("C:/out.txt", "absolute"),
        ("set\\..\\out.txt", "can leave"),
    ],
)
def test_names_that_leave_the_folder_are_refused(
    tmp_path: Path, kind: str, name: str, what: str
) -> None:
    # after a harmless one
    path = pack(tmp_path / f"x.{kind}", {"set/a.txt": b"", name: b"hostile"})
    with pytest.raises(UnsafeFileError, match=f"{what}.*Nothing was written"):
        list_members(path)


def _special(path: Path, kind: bytes, target: str = "") -> Path:
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("set/link")
        entry.type, entry.linkname = kind, target
        archive.addfile(entry)
    return path


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.FIFOTYPE, "a device"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(
    tmp_path: Path, kind: bytes, what: str
) -> None:
    path = _special(tmp_path / "x.tar", kind, "a.txt")
    with pytest.raises(UnsafeFileError, match=f"{what}: 'set/link'"):
        list_members(path)


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("set/link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(UnsafeFileError, match="a link"):
        list_members(path)


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for name in ("set/a", "./set//a"):
            archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(UnsafeFileError, match="twice"):
        list_members(path)


@pytest.mark.parametrize("kind", ("zip", "tar.gz"))
def test_bombs_are_refused_by_what_they_declare(tmp_path: Path, kind: str) -> None:
    path = pack(tmp_path / f"x.{kind}", {"a": bytes(10**6), "b": bytes(10**6)})
    assert path.stat().st_size < 10**4
    assert len(list_members(path, limit=2 * 10**6)) == 2
    with pytest.raises(UnsafeFileError, match="up to b"):
        list_members(path, limit=2 * 10**6 - 1)


def test_a_bomb_that_declares_too_little_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"a": bytes(10**6)})
    data = bytearray(path.read_bytes())
    # the directory at the end says 1000 bytes in place of a million
    place = data.rindex((10**6).to_bytes(4, "little"))
    data[place : place + 4] = (1000).to_bytes(4, "little")
    path.write_bytes(data)
    assert list_members(path)[0].size == 1000
    with pytest.raises(DataError, match=r"cannot be read at a.*CRC"):
        read_all(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", (0.3, 0.6, 0.9))
def test_truncated_archives_are_named(tmp_path: Path, kind: str, share: float) -> None:
    noise = {f"set/{i}": bytes((i * j * j) % 251 for j in range(9000)) for i in (1, 2)}
    path = pack(tmp_path / f"x.{kind}", noise)
    data = path.read_bytes()
    # a tar is filled up with blocks of zeros that nobody misses
    end = len(data) if kind != "tar" else 2 * (512 + 9216)
    path.write_bytes(data[: int(share * end)])
    with pytest.raises(DataError, match=r"x\..*truncated or damaged"):
        read_all(path)


def test_a_tar_cut_between_two_files_is_truncated(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.tar", {"a": bytes(512), "b": bytes(512)})
    path.write_bytes(path.read_bytes()[:1024])
    with pytest.raises(DataError, match="mark of an end"):
        list_members(path)


@pytest.mark.parametrize("kind", ("tar", "tar.gz"))
def test_a_damaged_header_is_not_the_end(tmp_path: Path, kind: str) -> None:
    plain = pack(tmp_path / "y.tar", {"a": bytes(512), "b": b"x" * 512})
    data = bytearray(plain.read_bytes())
    data[1024 + 150] ^= 0xFF
    path = tmp_path / f"x.{kind}"
    if kind == "tar":
        path.write_bytes(data)
    else:
        import gzip

        path.write_bytes(gzip.compress(bytes(data)))
    with pytest.raises(DataError, match="mark of an end"):
        list_members(path)


def test_an_altered_byte_in_a_zip_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"0123456789" * 100)
    data = path.read_bytes().replace(b"0123456789", b"0123456780", 1)
    path.write_bytes(data)
    with pytest.raises(DataError, match="CRC"):
        read_all(path)


def test_other_files_are_no_archives(tmp_path: Path) -> None:
    for name in ("x.zip", "x.tar", "x.tar.gz"):
        (tmp_path / name).write_bytes(b"<html>not found</html>" * 100)
        with pytest.raises(DataError, match="damaged"):
            list_members(tmp_path / name)
    with pytest.raises(DataError, match="No such file"):
        list_members(tmp_path / "none.zip")
