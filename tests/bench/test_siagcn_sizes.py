"""siagcn/complexity: the sizes it compares, and what its words say of others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from mmsia.bench.measurement import Request
from mmsia.bench.plan import make_plan
from mmsia.bench.structure import count_structure, measure_structure, relative_size
from mmsia.models.backbones import CPMOnVGG
from mmsia.paths import project_root

HEAD = 5 * 61 * 45 * 45
POINTER = {5: 11_179_077, 10: 11_181_642}
ROTATION = 11_177_538
ESTIMATORS = {"shg": 25_453_352, "cpm-7x7": 36_799_806, "cpm-3x3": 29_099_710}


@pytest.fixture(scope="module")
def recipe(catalogue):
    return catalogue["siagcn/complexity"].recipe


@pytest.fixture(scope="module")
def agmn(recipe) -> int:
    return recipe.rows["10-head-siapose"].references["agmn"]


def config_of(name: str) -> Path:
    return project_root() / "configs" / "siagcn" / f"siagcn_{name}.py"


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def size(estimator: float, heads: int) -> float:
    return estimator + heads * HEAD + POINTER.get(heads, 0)


def test_agmn_is_two_of_these_cpms(agmn) -> None:
    """Its public code: 40 maps in the second, whose later stages see 21 more."""
    with torch.device("meta"):
        unary = CPMOnVGG(kernel_size=3)
        pairwise = CPMOnVGG(kernel_size=3, out_channels=40)
    seen = 5 * 21 * 3 * 3 * 128
    assert parameters(unary) + parameters(pairwise) + seen == agmn


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("heads", [1, 5, 10])
def test_configs_count_what_their_parts_do(estimator, heads) -> None:
    found = count_structure(config_of(f"{estimator}_panoptic_{heads}-head"))
    assert found.num_parameters == size(ESTIMATORS[estimator], heads)
    baseline = count_structure(config_of(f"{estimator}_panoptic_baseline"))
    assert baseline.num_parameters == ESTIMATORS[estimator]


@pytest.mark.parametrize(("row", "heads"), [("5-head-siapose", 5),
                                            ("10-head-siapose", 10)])  # fmt: skip
def test_the_rows_give_the_printed_columns(
    catalogue, recipe, agmn, options, data, row, heads
) -> None:
    plan = make_plan([catalogue["siagcn/complexity"]], options, data)
    planned = next(planned for planned in plan.rows if planned.row == row)
    request = Request(planned.structure.settings, data, 0, 0, 1)
    scores = measure_structure(request).scores
    own, one = (size(ESTIMATORS["cpm-3x3"], number) for number in (heads, 1))
    found = {column: scores[name] for column, name in recipe.structure.items()}
    assert found["size_increase_vs_1-head"] == pytest.approx(100 * (own / one - 1))
    assert found["size_vs_agmn"] == pytest.approx(100 * own / agmn)
    printed = catalogue["siagcn/complexity"].table
    assert set(found) == {c.name for c in printed.columns} - set(recipe.column_reasons)


def test_only_one_variant_has_the_printed_size_beside_agmn(recipe, agmn) -> None:
    """Margin of ratios: 3 points."""
    near = {
        (name, rotated)
        for name, estimator in ESTIMATORS.items()
        for rotated in (False, True)
        if abs(100 * size(estimator + rotated * ROTATION, 10) / agmn - 80) <= 3
    }
    assert near == {("cpm-3x3", False)}
    assert "only the CPM of Table 3 without one" in recipe.fitted["size_vs_agmn"]


def test_no_estimator_meets_both_sentences(recipe, agmn) -> None:
    """The finding's numbers, from (x + 10 h + P) / (x + h) = 1.40, 3 points allowed."""
    low, high = (
        (10 * HEAD + POINTER[10] - ratio * HEAD) / (ratio - 1) for ratio in (1.43, 1.37)
    )
    ends = [100 * size(x, 10) / agmn for x in (low, high)]
    words = recipe.findings["size_increase_vs_1-head"]
    assert f"needs {low / 1e6:.0f} to {high / 1e6:.0f} M" in words
    assert f"{ends[0]:.0f} to {ends[1]:.0f} % of AGMN" in words
    assert ends[0] > 83


def test_what_stands_beside_is_what_the_remark_says(recipe) -> None:
    """With a rotation network on the CPM of Table 3: 33 and 41 %."""
    one = config_of("cpm-3x3_panoptic_r-siapose-1-head")
    found = []
    assert len(recipe.beside) == 6
    for heads in (5, 10):
        row = recipe.beside[f"{heads}-head-r-siapose"]
        counted = count_structure(project_root() / row.config)
        found.append(round(relative_size(counted, one) - 100))
    assert found == [33, 41]
    assert "33 and 41 %" in recipe.findings["size_increase_vs_1-head"]
    assert re.search(r"\(33 and 41\)", recipe.remark)


def test_the_documentation_s_table_is_what_is_counted(agmn) -> None:
    text = (project_root() / "docs" / "siagcn.md").read_text()
    section = text.partition("## Parameters")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines()]
    # The first two are the heading and the line below it.
    table = [[cell.strip() for cell in row] for row in rows if len(row) > 1][2:]
    names = ["cpm-3x3_panoptic_{}", "cpm-3x3_panoptic_r-siapose-{}"]
    names += ["cpm-7x7_panoptic_{}", "shg_panoptic_{}"]
    assert len(table) == len(names)
    for (_, *cells), name in zip(table, names, strict=True):
        rotated = "r-siapose" in name
        ten = "cpm-3x3_panoptic_r-siapose" if rotated else name.format("10-head")
        one = config_of(name.format("1-head"))
        five = count_structure(config_of(name.format("5-head")))
        last = count_structure(config_of(ten))
        expected = [
            f"{count_structure(one).num_parameters:,}",
            *(f"{relative_size(found, one) - 100:+.1f} %" for found in (five, last)),
            f"{relative_size(last, agmn):.1f} %",
        ]
        assert cells[-4:] == expected
        if not rotated:
            alone = count_structure(config_of(name.format("baseline")))
            assert cells[0] == f"{alone.num_parameters:,}"
    assert f"{HEAD:,}" in section and f"{agmn:,}" in section
