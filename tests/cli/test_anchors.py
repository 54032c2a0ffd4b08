from __future__ import annotations

import os

import pytest
import torch

from mmsia.bench.anchors import Standing, load_anchors, load_states
from mmsia.cli.main import main
from mmsia.datasets.simulated.crowds import write_crowds


def test_without_weights_they_are_listed(capsys):
    assert main(["anchors"]) == 0
    said = capsys.readouterr().out
    for anchor in load_anchors().values():
        assert f"{anchor.id}: " in said and anchor.url in said and anchor.page in said


def test_what_is_not_here_is_told_and_kept(tmp_path, capsys):
    words = ["anchors", "--weights", str(tmp_path), "--data-root", str(tmp_path)]
    assert main([*words, "--work-dir", str(tmp_path / "work")]) == 2
    said = capsys.readouterr().out
    assert said.count("needs-weights") == len(load_anchors())
    states = load_states(tmp_path / "work").values()
    assert {state.standing for state in states} == {Standing.NOT_RUN}


def test_another_file_under_the_name_is_refused(tmp_path, capsys):
    anchor = load_anchors()["mmpose-res50"]
    (tmp_path / anchor.file).write_bytes(b"something else")
    words = ["anchors", anchor.id, "--weights", str(tmp_path)]
    work = ["--work-dir", str(tmp_path / "work")]
    assert main([*words, "--data-root", str(tmp_path), *work]) == 2
    assert "begins with 04af38ce" in capsys.readouterr().out


class Trap:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def test_a_hostile_file_fails_and_leaves_no_trace(tmp_path, capsys):
    mark, anchor = tmp_path / "mark", load_anchors()["gog-release"]
    torch.save({"model_state_dict": {}, "hook": Trap(mark)}, tmp_path / anchor.file)
    write_crowds(tmp_path / "data" / "coco", 1, seed=2)
    words = ["anchors", anchor.id, "--weights", str(tmp_path)]
    words += ["--data-root", str(tmp_path / "data"), "--num-draws", "2"]
    assert main([*words, "--work-dir", str(tmp_path / "work")]) == 1
    said = capsys.readouterr().out
    assert "posix.mkdir" in said and "mmsia convert FILE --trust" in said
    assert not mark.exists()
    (state,) = load_states(tmp_path / "work").values()
    assert state.standing is Standing.FAILED and "posix.mkdir" in state.why


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such"], "there is no anchor 'no-such'"),
        (["--weights", "w"], "--data-root beside --weights"),
    ],
)
def test_bad_words(words, said, capsys):
    assert main(["anchors", *words]) == 2
    assert said in capsys.readouterr().err
