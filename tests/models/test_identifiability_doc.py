"""What docs/identifiability.md says of CKLM and of SIA-GCN's CPM is what is counted."""

from __future__ import annotations

import math
import re

import pytest
import torch
from mmpose.registry import MODELS
from torch.utils.flop_counter import FlopCounterMode

import mmsia.all  # noqa: F401, registers the parts
from mmsia.bench.published import load_published
from mmsia.bench.structure import count_structure
from mmsia.paths import project_root

AGMN = 58_529_646
TRUNKS = {
    "ResNeXt-50 32x4d, 3": dict(depth=50, groups=32),
    "ResNet-50, 3": dict(depth=50, groups=1),
    "ResNeXt-101 32x4d, 3": dict(depth=101, groups=32),
}
ESTIMATORS = {
    "CPM, 3 x 3": "cpm-3x3_panoptic_{}-head",
    "CPM, 7 x 7": "cpm-7x7_panoptic_{}-head",
    "hourglass": "shg_panoptic_{}-head",
}


def section_of(heading: str) -> str:
    text = (project_root() / "docs" / "identifiability.md").read_text(encoding="utf-8")
    return text.partition(f"## {heading}")[2].partition("\n## ")[0]


def cells_of(section: str) -> list[list[str]]:
    """Rows of a section's table, without its head."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[c.strip(" *") for c in line.strip("|").split("|")] for line in lines[2:]]


@pytest.fixture(scope="module")
def flops():
    tables = load_published(
        project_root() / "reproduce" / "published" / "klpnet.yaml"
    ).tables
    rows = next(table.rows for table in tables if table.id == "klpnet/table4")
    found = {row.id: row.values.get("flops") for row in rows}
    return [float(found[f"cklm-{stages}-s"]) for stages in (1, 2, 3, 4)]


def giga(stages: int, trunk: dict, csfa: bool, transmission: int) -> float:
    options = dict(num_stages=stages, csfa=csfa, transmission=transmission)
    with torch.device("meta"), torch.no_grad():
        backbone = MODELS.build(dict(type="CKLM", **options, **trunk)).eval()
        head = MODELS.build(dict(type="CKLMHead", num_stages=stages)).eval()
        with FlopCounterMode(display=False) as counter:
            head(backbone(torch.empty(1, 3, 256, 192)))
    return counter.get_total_flops() / 2e9


@pytest.mark.slow
def test_trunks_and_aggregation_of_cklm(flops):
    trunk = None
    rows = cells_of(section_of("CKLM (KLPNet)"))
    assert len(rows) == 7
    for name, aggregation, *said in rows:
        trunk = TRUNKS[name] if name else trunk
        channels = int((re.findall(r"\d+", aggregation) or ["128"])[0])
        for stages, printed in enumerate(flops, start=1):
            count = giga(stages, trunk, aggregation != "none", channels)
            assert f"{100 * (count / printed - 1):+.1f}" == said[stages - 1], name


def count(name: str) -> int:
    config = project_root() / "configs" / "siagcn" / f"siagcn_{name}.py"
    return count_structure(config).num_parameters


def test_sizes_of_siapose():
    patterns = {
        **ESTIMATORS,
        "CPM, 3 x 3, rotation network": "cpm-3x3_panoptic_r-siapose-{}-head",
    }
    rows = cells_of(section_of("CPM (SIA-GCN)"))
    assert {name for name, *_ in rows} == set(patterns)
    for name, five, ten, agmn in rows:
        sizes = {}
        for heads in (1, 5, 10):
            whole = patterns[name].format(heads)
            sizes[heads] = count(
                whole.removesuffix("-10-head") if "r-" in whole else whole
            )
        assert five == f"{100 * (sizes[5] / sizes[1] - 1):+.1f}"
        assert ten == f"{100 * (sizes[10] / sizes[1] - 1):+.1f}"
        assert agmn == f"{100 * sizes[10] / AGMN:.1f}"


def test_the_two_increases_do_not_fit_each_other():
    """(9 h + P) / (4 h + P) of any estimator, beside what the rounded prints allow."""
    section = " ".join(section_of("CPM (SIA-GCN)").split())
    one, five, ten = (count(f"cpm-3x3_panoptic_{n}-head") for n in (1, 5, 10))
    assert f"{(ten - one) / (five - one):.2f} with our head" in section
    low, high = 39.5 / 30.5, 40.5 / 29.5
    assert f"{low:.2f} to {high:.2f}" in section
    pointer = 11_181_642
    kernels = (low - 1) * pointer / (9 - 4 * low) / (5 * 45 * 45)
    assert f"at least {math.ceil(kernels)} kernels" in section
