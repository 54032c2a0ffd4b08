"""How many structures meet CGANet's printed counts: docs/identifiability.md, again.

A grid of what the paper leaves open, each TNet counted on the meta device with the
parts around it. Margins as in `test_cganet_counts.py`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from functools import cache

import pytest
import torch
from mmpose.registry import MODELS
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import mmsia.all  # noqa: F401, registers the parts
from mmsia.bench.published import load_published
from mmsia.models.backbones.tnet import STRUCTURES
from mmsia.paths import project_root

MEBI = 2**20
GRID = {
    "widths": [(1, 2, 3, 4), (1, 2, 4, 4), (1, 2, 4, 6), (1, 2, 4, 8)],
    "stem_blocks": [1, 2, 3],
    "trunk_blocks": [2, 3, 4],
    "trunk_fuses": [False, True],
    "blocks": [1, 2, 3],
    "descents": [1, 3],
    "sequential": [False, True],
}
GUIDERS = (224, 240, 256, 272)
ONE = (
    "table1#c-tnet-d1w64-roi-guider",
    "table1#d-dichotomy-extended-area",
    "table6#ours-tnet-d1w64-384",
)
"""Rows with one guider: the same network but for small heads."""
TWO = "table1#f-roi-guider-x2"


def build(**config) -> nn.Module:
    with torch.device("meta"):
        return MODELS.build(config)


def size(**config) -> int:
    return sum(p.numel() for p in build(**config).parameters())


@cache
def heads(channels: tuple[int, ...], guider: int) -> dict[str, int]:
    """What stands on TNet in each row."""
    dense = dict(type="CenterLineHead", in_channels=channels[0])
    roi = dict(in_channels=channels, channels=guider)
    lines = size(**dense)
    parts = (
        size(**dense, lines=False) + size(type="ROIGuider", **roi),
        lines + size(type="ROIGuider", **roi),
        lines + size(type="ROIMaskGuider", **roi),
    )
    two = lines + size(type="ROIGuider", num_guiders=2, **roi)
    return {**dict(zip(ONE, parts, strict=True)), TWO: two}


class Candidate:
    """One structure of the grid and one width of ROIGuider."""

    def __init__(self, arch: dict, guider: int, backbone: nn.Module, printed) -> None:
        self.arch, self.guider, self.printed = arch, guider, printed
        alone = sum(p.numel() for p in backbone.parameters())
        self.total = {
            row: (alone + more) / MEBI
            for row, more in heads(backbone.out_channels, guider).items()
        }

    def meets(self, row: str) -> bool:
        return abs(self.total[row] / self.printed[row]["params"] - 1) < 0.03

    def one(self) -> bool:
        return all(self.meets(row) for row in ONE)

    def two(self) -> bool:
        return self.meets(TWO)

    @property
    def separated(self) -> tuple[float, float]:
        """Parameters and multiply-adds of TNet-D3W64 with its last convolution."""
        return _separated(tuple(self.arch.items()))

    def parameters(self, units: tuple[float, ...] = (1e6, MEBI)) -> bool:
        row = self.printed["table4#ours-d3w64"]
        count = self.separated[0]
        return any(abs(count / unit / row["params"] - 1) < 0.03 for unit in units)

    def flops(self) -> bool:
        row = self.printed["table4#ours-d3w64"]
        return abs(self.separated[1] / 1e9 / row["flops"] - 1) < 0.05


@cache
def _separated(arch: tuple) -> tuple[float, float]:
    tnet = build(type="TNet", depth=3, width=64, arch=dict(arch), out_indices=(0,))
    (width,) = tnet.out_channels
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        tnet.eval()(torch.empty(1, 3, 256, 192))
    count = sum(p.numel() for p in tnet.parameters()) + 17 * (width + 1)
    return count, counter.get_total_flops() / 2 + 17 * width * 64 * 48


@pytest.fixture(scope="module")
def printed():
    tables = load_published(
        project_root() / "reproduce" / "published" / "cganet.yaml"
    ).tables
    return {
        f"{table.id.split('/')[1]}#{row.id}": {
            name: float(value)
            for name, value in row.values.items()
            if name in ("params", "flops") and value is not None
        }
        for table in tables
        for row in table.rows
    }


@pytest.fixture(scope="module")
def grid(printed) -> list[Candidate]:
    found = []
    for values in itertools.product(*GRID.values()):
        arch = dict(zip(GRID, values, strict=True))
        backbone = build(type="TNet", depth=1, width=64, arch=arch)
        found += [Candidate(arch, width, backbone, printed) for width in GUIDERS]
    return found


@pytest.fixture(scope="module")
def page() -> str:
    text = (project_root() / "docs" / "identifiability.md").read_text(encoding="utf-8")
    return " ".join(text.partition("## TNet")[2].partition("\n## ")[0].split())


def kept(grid: list[Candidate], *tests: Callable[[Candidate], bool]) -> list[Candidate]:
    """Those that pass all tests, the cheap ones asked first."""
    return [each for each in grid if all(test(each) for test in tests)]


@pytest.mark.slow
def test_how_many_fit(grid, page):
    own = kept(grid, Candidate.one, Candidate.two)
    fit = kept(own, Candidate.parameters, Candidate.flops)
    assert f"{len(grid):,} combinations" in page
    assert f"{len(own)} meet the single model" in page
    assert f"**{len(fit)} meet every count**" in page
    ten, two = (sum(c.parameters((unit,)) for c in fit) for unit in (1e6, MEBI))
    assert f"{ten} if Table 4 counts in 10^6, {two} if it counts in 2^20" in page
    assert {each.arch["blocks"] for each in fit} == {2}
    assert {each.arch["widths"][-1] for each in fit} == {4}
    assert {each.guider for each in fit} == {240, 256}
    for name in ("stem_blocks", "trunk_fuses", "descents", "sequential"):
        assert {each.arch[name] for each in fit} == set(GRID[name]), name


def row_of(name: str, values: list[float]) -> str:
    return f"| {name} | {len(values)} | {min(values):.1f} to {max(values):.1f} |"


@pytest.mark.slow
def test_what_a_left_out_count_could_have_been(grid, page):
    """Of those that meet all others, from the least to the most."""
    own = kept(grid, Candidate.one, Candidate.two)
    table4 = (Candidate.parameters, Candidate.flops)
    left_out = {
        "parameters with one guider, 2^20": [
            each.total[ONE[0]] for each in kept(grid, Candidate.two, *table4)
        ],
        "parameters with two guiders, 2^20": [
            each.total[TWO] for each in kept(grid, Candidate.one, *table4)
        ],
        "parameters of D3W64, 10^6": [
            each.separated[0] / 1e6 for each in kept(own, Candidate.flops)
        ],
        "FLOPs of D3W64, G": [
            each.separated[1] / 1e9 for each in kept(own, Candidate.parameters)
        ],
    }
    for name, values in left_out.items():
        assert row_of(name, values) in page


@pytest.mark.parametrize(("unit", "said"), [(1e6, "4.2 % (D3W64"), (MEBI, "by 0.8 %")])
def test_the_named_structures_left_one_out(printed, page, unit, said):
    """Chosen without a count, among four structures and two widths of ROIGuider."""
    off = {}
    table4 = printed["table4#ours-d3w64"]
    for (name, arch), width in itertools.product(STRUCTURES.items(), (240, 256)):
        backbone = build(type="TNet", depth=1, width=64, arch=name)
        each = Candidate(vars(arch), width, backbone, printed)
        off[name, width] = {
            **{row: each.total[row] / printed[row]["params"] - 1 for row in each.total},
            "params": each.separated[0] / unit / table4["params"] - 1,
            "flops": each.separated[1] / 1e9 / table4["flops"] - 1,
        }
    misses, chosen = {}, set()
    for left in next(iter(off.values())):
        best = min(
            off, key=lambda s: max(abs(v) for c, v in off[s].items() if c != left)
        )
        misses[left] = 100 * abs(off[best][left])
        chosen.add(best)
    assert said in page and float(re.findall(r"[\d.]+", said)[0]) == round(
        max(misses.values()), 1
    )
    if unit == MEBI:
        assert chosen == {("bf", 240)}
    else:
        single = max(misses[row] for row in (*ONE, TWO))
        assert f"{single:.1f} % (single model), {misses['flops']:.1f} % (FLOPs)" in page


@pytest.mark.slow
def test_what_the_model_of_table_5_could_be(grid, page):
    fit = kept(
        grid, Candidate.one, Candidate.two, Candidate.parameters, Candidate.flops
    )
    counts, work = [], []
    for each in fit:
        tnet = build(
            type="TNet", depth=3, width=96, arch=each.arch, out_indices=(0,)
        ).eval()
        counts.append(sum(p.numel() for p in tnet.parameters()) / 1e6)
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            tnet(torch.empty(1, 3, 384, 288))
        work.append(counter.get_total_flops() / 2e9)
    assert f"{min(counts):.0f} to {max(counts):.0f} M parameters" in page
    assert f"{min(work):.0f} to {max(work):.0f} G multiply-adds at 384 x 288" in page
