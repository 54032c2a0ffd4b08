"""P3: a damaged checkpoint is set aside, said in one line, the one before is used."""

from __future__ import annotations

import io
import logging
import shutil

import pytest
import torch

from mmsia.bench.training import train
from mmsia.engine.atomic_checkpoints import find_last_checkpoint
from mmsia.files import sha256_file


def flip(place):
    def damage(data):
        changed = bytearray(data)
        changed[place] ^= 1
        return bytes(changed)

    return damage


def flip_in_a_weight(data):
    stored = torch.load(io.BytesIO(data), weights_only=True)["state_dict"]
    tensor = max(stored.values(), key=torch.Tensor.numel)
    place = data.index(tensor.numpy().tobytes())
    return flip(place + 4)(data)


DAMAGES = {
    "empty": lambda data: b"",
    "one-byte": lambda data: data[:1],
    "half": lambda data: data[: len(data) // 2],
    "last-byte-gone": lambda data: data[:-1],
    "digest-gone": lambda data: data[:-77],
    "bit-of-a-weight": flip_in_a_weight,
    "first-bit": flip(0),
    "bit-of-the-digest": flip(-3),
    "bit-of-the-digests-name": flip(-70),
    "longer": lambda data: data + b"\0",
}


@pytest.fixture
def half_done(unbroken, tmp_path):
    """The checkpoints of a training, as if it had been killed before its end."""
    folder = tmp_path / "run"
    shutil.copytree(unbroken, folder)
    (folder / "weights.pth").unlink()
    (folder / "trained.json").unlink()
    return folder


@pytest.mark.parametrize("kind", DAMAGES)
def test_the_one_before_is_used(kind, half_done, caplog):
    newest = half_done / "iter_8.pth"
    assert find_last_checkpoint(half_done) == newest
    newest.write_bytes(DAMAGES[kind](newest.read_bytes()))
    damaged = newest.read_bytes()
    with caplog.at_level(logging.WARNING, logger="mmsia"):
        assert find_last_checkpoint(half_done) == half_done / "iter_4.pth"
    assert not newest.exists()
    assert (half_done / "iter_8.pth.corrupt").read_bytes() == damaged
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 1 and "\n" not in lines[0]
    assert str(half_done / "iter_8.pth.corrupt") in lines[0]
    assert find_last_checkpoint(half_done) == half_done / "iter_4.pth"


@pytest.mark.parametrize("damaged", [("iter_8.pth",), ("iter_8.pth", "iter_4.pth")])
def test_the_training_ends_with_the_same_weights(
    damaged, half_done, unbroken, request_for
):
    for name in damaged:
        path = half_done / name
        path.write_bytes(DAMAGES["bit-of-a-weight"](path.read_bytes()))
    result = train(request_for(half_done))
    assert result.digest == sha256_file(unbroken / "weights.pth")
    aside = {path.name for path in half_done.glob("*.corrupt")}
    assert aside == {f"{name}.corrupt" for name in damaged}


def test_torch_itself_would_not_notice_the_flipped_bit(half_done):
    """The reason for a digest of our own."""
    path = half_done / "iter_8.pth"
    path.write_bytes(DAMAGES["bit-of-a-weight"](path.read_bytes()))
    torch.load(path, weights_only=True)


def test_damaged_weights_of_a_finished_training_are_made_again(
    unbroken, request_for, tmp_path
):
    folder = tmp_path / "run"
    shutil.copytree(unbroken, folder)
    path = folder / "weights.pth"
    path.write_bytes(DAMAGES["half"](path.read_bytes()))
    result = train(request_for(folder))
    assert result.digest == sha256_file(unbroken / "weights.pth") == sha256_file(path)
    assert (folder / "trained.json.corrupt").exists()
