from __future__ import annotations

import io
import zipfile

import pytest
import torch

from mmsia.engine.sealed_files import find_damage, seal
from mmsia.errors import InputError


@pytest.fixture
def data():
    buffer = io.BytesIO()
    torch.save({"weight": torch.arange(500.0), "meta": {"iter": 3}}, buffer)
    return buffer.getvalue()


def test_a_sealed_file_is_one_that_torch_reads(data, tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(b"".join(seal(data)))
    assert find_damage(path) is None
    stored = torch.load(path, weights_only=True)
    assert stored["meta"] == {"iter": 3}
    assert torch.equal(stored["weight"], torch.arange(500.0))
    with zipfile.ZipFile(path) as archive:
        assert archive.comment.startswith(b"mmsia-sha256:")


def test_any_flipped_bit_is_found(data, tmp_path):
    path = tmp_path / "a.pth"
    sealed = b"".join(seal(data))
    for place in range(0, len(sealed), 7):
        changed = bytearray(sealed)
        changed[place] ^= 0x10
        path.write_bytes(changed)
        assert find_damage(path) is not None, place


def test_any_missing_end_is_found(data, tmp_path):
    path = tmp_path / "a.pth"
    sealed = b"".join(seal(data))
    for size in (*range(0, len(sealed), 61), *range(len(sealed) - 120, len(sealed))):
        path.write_bytes(sealed[:size])
        assert find_damage(path) is not None, size


def test_files_of_others_need_only_be_whole(data, tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(data)
    assert find_damage(path) is None
    path.write_bytes(data[:-1])
    assert find_damage(path) == "the end of the file is missing"


def test_only_what_torch_writes_is_sealed(data):
    for other in (b"", b"text", data + b"x", b"".join(seal(data))):
        with pytest.raises(InputError, match=r"torch\.save"):
            list(seal(other))
