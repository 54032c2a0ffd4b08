"""How far TNet's structure is from a printed count that it was not chosen by.

Leave one cell out: among the structures kept as data (docs/cganet.md), the one whose
largest error over the other cells is least predicts the cell that was left out.
"""

from __future__ import annotations

import re

import pytest
import torch
from mmpose.registry import MODELS
from torch.utils.flop_counter import FlopCounterMode

import mmsia.all  # noqa: F401, registers
from mmsia.bench.recipe import load_catalogue
from mmsia.models.backbones.tnet import STRUCTURES

CELLS = {
    "c": "table1#c-tnet-d1w64-roi-guider.params",
    "d": "table1#d-dichotomy-extended-area.params",
    "f": "table1#f-roi-guider-x2.params",
    "masks": "table6#ours-tnet-d1w64-384.params",
    "d3w64": "table4#ours-d3w64.params",
    "flops": "table4#ours-d3w64.flops",
}
WIDTHS = (240, 256)


def build(**config):
    with torch.device("meta"):
        return MODELS.build(config)


def size(module):
    return sum(p.numel() for p in module.parameters())


def single_models(arch, width):
    """Parameters of rows, in units of 2^20."""
    tnet = build(type="TNet", depth=1, width=64, arch=arch)
    channels = tnet.out_channels

    def total(lines, **options):
        head = build(type="CenterLineHead", in_channels=channels[0], lines=lines)
        guider = build(
            type="ROIGuider", in_channels=channels, channels=width, **options
        )
        return (size(tnet) + size(head) + size(guider)) / 2**20

    return {
        "c": total(False),
        "d": total(True),
        "f": total(True, num_guiders=2),
        "masks": total(True, num_keypoints=1),
    }


def separated_model(arch):
    """Parameters in units of 10^6, multiply-adds in those of 10^9."""
    tnet = dict(type="TNet", depth=3, width=64, arch=arch, out_indices=(0,))
    head = dict(
        type="HeatmapHead",
        in_channels=build(**tnet).out_channels[0],
        out_channels=17,
        deconv_out_channels=None,
        loss=dict(type="KeypointMSELoss"),
    )
    model = build(type="TopdownPoseEstimator", backbone=tnet, head=head)
    model.eval()
    with (
        torch.device("meta"),
        torch.no_grad(),
        FlopCounterMode(display=False) as counter,
    ):
        model(torch.empty(1, 3, 256, 192), None, mode="tensor")
    return {"d3w64": size(model) / 1e6, "flops": counter.get_total_flops() / 2e9}


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue()


@pytest.fixture(scope="module")
def errors(catalogue):
    """Structure -> error of each cell in percent."""
    printed = {}
    for name, cell in CELLS.items():
        table, row, column = re.split("[#.]", cell)
        rows = catalogue[f"cganet/{table}"].table.rows
        [value] = [each.values[column] for each in rows if each.id == row]
        printed[name] = float(value)
    counted = {
        (arch, width): {**single_models(arch, width), **separated_model(arch)}
        for arch in STRUCTURES
        for width in WIDTHS
    }
    return {
        structure: {n: 100 * (found[n] / printed[n] - 1) for n in CELLS}
        for structure, found in counted.items()
    }


def left_out(errors, cell):
    def worst(structure):
        return max(abs(e) for n, e in errors[structure].items() if n != cell)

    return errors[min(errors, key=worst)][cell]


def test_the_remark_s_errors_are_those_of_cells_left_out(catalogue, errors):
    found = {cell: abs(left_out(errors, cell)) for cell in CELLS}
    words = " ".join(catalogue["cganet/table1"].recipe.remark.split())
    most = max(found[cell] for cell in ("c", "d", "f", "masks"))
    assert f"at most {most:.1f} % here and in Table 6" in words
    assert f"{found['flops']:.1f} % (FLOPs)" in words
    assert f"{found['d3w64']:.1f} % (parameters)" in words
    assert f"{len(STRUCTURES)} structures" in words.replace("four", "4")
