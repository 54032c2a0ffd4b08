from __future__ import annotations

import os
import pickle

import pytest
import torch

from mmsia.errors import DataError, UnsafeFileError
from mmsia.models.weights.loading import read_checkpoint
from mmsia.models.weights.pickles import names_in_pickles


class Trap:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("protocol", range(6))
def test_names_are_read_and_nothing_runs(protocol, tmp_path):
    path, mark = tmp_path / "a.pth", tmp_path / "mark"
    path.write_bytes(pickle.dumps({"x": Trap(mark)}, protocol=protocol))
    assert names_in_pickles(path) == ["posix.mkdir"]
    with pytest.raises(UnsafeFileError, match=r"posix\.mkdir.*--trust"):
        read_checkpoint(path)
    assert not mark.exists()


def test_torchs_old_format_has_several_pickles(tmp_path):
    path, mark = tmp_path / "a.pth", tmp_path / "mark"
    stored = {"weight": torch.ones(3), "x": Trap(mark)}
    torch.save(stored, path, _use_new_zipfile_serialization=False)
    assert names_in_pickles(path) == ["posix.mkdir"]
    del stored["x"]
    torch.save(stored, path, _use_new_zipfile_serialization=False)
    assert names_in_pickles(path) == []
    assert torch.equal(read_checkpoint(path)["weight"], torch.ones(3))


@pytest.mark.parametrize("data", [b"", b"P", b"PK\x03\x04", b"text that is none"])
def test_what_is_no_pickle_is_damaged_not_hostile(data, tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(data)
    assert names_in_pickles(path) == []
    with pytest.raises(DataError, match="cannot be read as weights") as caught:
        read_checkpoint(path)
    assert not isinstance(caught.value, UnsafeFileError)
