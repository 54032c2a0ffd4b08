"""`mmsia benchmark hand-mesh` compares equal parts alone, and tells who was there."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from mmsia.bench.speed import hand_mesh
from mmsia.cli.main import main
from mmsia.datasets.simulated.twohands_model import read_hand_model
from mmsia.errors import DataError
from mmsia.ops.hand_mesh import pose_hand

WORDS = ["benchmark", "hand-mesh", "--batch", "2", "--rounds", "3"]


class FakePeer:
    """Takes what smplx.MANO takes, and poses by the loop; `shift` metres beside."""

    shift = 0.0

    def __init__(self, path: str, ext: str, batch_size: int, num_pca_comps: int):
        assert Path(path).name == "MANO_RIGHT.npz" and ext == "npz"
        assert (batch_size, num_pca_comps) == (2, 45)
        self.model = read_hand_model(path)
        self.np_hand_components = self.model.hands_components

    def __call__(self, betas, global_orient, hand_pose):
        posed = [
            pose_hand(self.model, *(each.detach().double().numpy() for each in hand))[0]
            for hand in zip(
                global_orient, hand_pose, betas, torch.zeros(2, 3), strict=True
            )
        ]
        vertices = torch.from_numpy(np.stack(posed)).float() + self.shift
        slope = 0 * (betas.sum() + global_orient.sum() + hand_pose.sum())
        return types.SimpleNamespace(vertices=vertices + slope)


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> type[FakePeer]:
    kind = type("Peer", (FakePeer,), {})
    module = types.ModuleType("smplx")
    module.MANO = kind
    monkeypatch.setitem(sys.modules, "smplx", module)
    monkeypatch.setattr(hand_mesh, "has_smplx", lambda: True)
    return kind


def test_without_smplx_it_says_so_and_times_the_loop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    monkeypatch.setattr(hand_mesh, "has_smplx", lambda: False)
    out = tmp_path / "speed.json"
    assert main([*WORDS, "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "smplx is not installed here" in printed
    assert "2 hands, forward + backward" in printed
    forward, both = json.loads(out.read_text())["measured"]
    assert set(forward["times_ms"]) == {"layer", "numpy, a hand at a time"}
    assert set(both["times_ms"]) == {"layer"}
    assert forward["differences_m"]["numpy, a hand at a time"] < 1e-6
    assert all(len(times) == 3 for times in forward["times_ms"].values())


def test_with_smplx_it_is_timed_too(peer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(WORDS) == 0
    printed = capsys.readouterr().out
    assert printed.count("smplx.MANO ") == 2 and "not installed" not in printed


def test_a_peer_that_differs_is_refused(peer) -> None:
    peer.shift = 2e-5
    with pytest.raises(DataError, match=r"smplx\.MANO.*the same to 1e-05 m"):
        hand_mesh.benchmark_hand_mesh(2, hand_mesh.FORWARD, rounds=1)
    peer.shift = float("nan")
    with pytest.raises(DataError, match="got nan m"):
        hand_mesh.benchmark_hand_mesh(2, hand_mesh.FORWARD, rounds=1)


def test_wrong_arguments_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "hand-mesh", "--batch", "0"]) == 2
    assert "--batch" in capsys.readouterr().err
