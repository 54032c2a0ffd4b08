from __future__ import annotations

import os

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

import mmsia.all  # noqa: F401, registers
from mmsia.cli.convert import spell_out
from mmsia.cli.main import main
from mmsia.engine.run_config import load_run_config
from mmsia.files import read_json

CONFIG = "configs/gog/gog_tiny.py"


class Trap:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def tiny_state():
    init_default_scope("mmpose")
    return MODELS.build(load_run_config(CONFIG).model).state_dict()


def test_the_word_weights_may_be_left_out():
    assert spell_out(["a.pth", "--trust"]) == ["weights", "a.pth", "--trust"]
    assert spell_out(["--trust", "a.pth"]) == ["weights", "--trust", "a.pth"]
    for words in (["weights", "a.pth"], ["mano", "a", "b"], ["--help"], []):
        assert spell_out(words) == words
    assert spell_out(["./mano"]) == ["weights", "./mano"]


def test_a_hostile_checkpoint_needs_trust(tmp_path, capsys):
    path, mark = tmp_path / "a.pth", tmp_path / "mark"
    torch.save({"state_dict": tiny_state(), "hook": Trap(mark)}, path)
    assert main(["convert", str(path)]) == 2
    said = capsys.readouterr().err
    assert "posix.mkdir" in said and "mmsia convert FILE --trust" in said
    assert list(tmp_path.iterdir()) == [path]
    assert main(["convert", str(path), "--trust"]) == 0
    assert mark.exists()
    assert "is no weight: hook" in capsys.readouterr().out
    record = read_json(tmp_path / "a.safetensors.json")
    assert record["source"]["trusted"] and record["source"]["names"] == "mmsia"


def test_a_config_checks_names_and_shapes(tmp_path, capsys):
    path, out = tmp_path / "a.pth", tmp_path / "out.safetensors"
    state = tiny_state()
    torch.save(state, path)
    words = ["convert", "weights", str(path), str(out), "--config", CONFIG]
    assert main(words) == 0
    assert f"{len(state)} weights" in capsys.readouterr().out
    out.unlink()
    del state["head.offset_convs.0.bias"]
    torch.save(state, path)
    assert main(words) == 2
    assert "1 missing: head.offset_convs.0.bias" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.pth"], "nothing at that path"),
        (["none.pth", "--start"], "--config beside it"),
        (["none.pth", "out.pth"], "suffix '.pth'"),
    ],
)
def test_bad_words(words, said, capsys):
    assert main(["convert", *words]) == 2
    assert said in capsys.readouterr().err
