"""Rows of CGANet's tables: what sets them apart, their schedules, their counts."""

from __future__ import annotations

from functools import lru_cache

import pytest
from mmengine.config import Config

import mmsia.all  # noqa: F401, registers
from mmsia.bench.recipe import load_catalogue
from mmsia.bench.scales import load_scales
from mmsia.bench.structure import count_structure
from mmsia.bench.terms import Evidence
from mmsia.paths import project_root

FOLDER = project_root() / "configs" / "cganet"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
RATIOS = {"05": 0.05, "07": 0.07, "08": 0.08, "09": 0.09, "1": 0.1, "15": 0.15}


@lru_cache(maxsize=64)
def load(name):
    return Config.fromfile(FOLDER / f"{name}.py")


@lru_cache(maxsize=1)
def catalogue():
    return load_catalogue()


def flat(value, key=""):
    """Leaves of a nested config: dotted key -> value; lists are leaves."""
    if not isinstance(value, dict):
        return {key: value}
    found = {}
    for name, item in value.items():
        found |= flat(item, f"{key}.{name}" if key else name)
    return found


def differences(first, second):
    one, other = (flat(load(name).to_dict()) for name in (first, second))
    missing = object()
    return {
        key
        for key in {*one, *other}
        if one.get(key, missing) != other.get(key, missing)
    }


def below(keys, *prefixes):
    return {k for k in keys if any(k == p or k.startswith(f"{p}.") for p in prefixes)}


def codec(*names):
    return [f"{place}.{n}" for n in names for place in ("codec", "model.head.decoder")]


ONE, TWO = "cganet_384_", "cganet_512_"
BACKBONE = ["model.backbone", "model.neck", "resnet50", "fpn", "dense_head"]
PAIRS = [
    (
        f"{ONE}fpn50_pooler",
        f"{ONE}fpn50_guider",
        ["model.roi_head", "find_unused_parameters"],
    ),
    (
        f"{ONE}fpn50_guider",
        f"{ONE}d1w64_guider",
        # the width of the pyramid's levels, and of the heads on it
        [
            *(*BACKBONE, "find_unused_parameters"),
            *(f"model.{head}.in_channels" for head in ("head", "roi_head")),
            *(f"model.{head}.channels" for head in ("head", "roi_head")),
        ],
    ),
    (f"{ONE}d1w64_guider", f"{ONE}d1w64_fixed-area", codec("extension", "ratio")),
    (
        f"{ONE}d1w64_guider",
        f"{ONE}d1w64_dichotomy",
        [*codec("extension", "ratio", "line_thr"), "model.head.lines"],
    ),
    (f"{ONE}d1w64_dichotomy", f"{ONE}d1w64_alleviation", codec("alleviate")),
    (
        f"{ONE}d1w64_alleviation",
        f"{ONE}d1w64_cascade",
        ["model.roi_head.num_guiders"],
    ),
    (f"{TWO}d1w64", f"{TWO}d1w64_flip", ["model.test_cfg.flip_test"]),
    (
        f"{TWO}d1w64_flip",
        f"{TWO}d1w64_flip_150e",
        ["train_cfg.max_epochs", "param_scheduler"],
    ),
    *(
        (
            f"{ONE}d1w64_dichotomy",
            f"{ONE}d1w64_ratio-0-{ratio}",
            [*codec("ratio"), "test_cfg.type", "test_cfg.variants", "thresholds"],
        )
        for ratio in RATIOS
    ),
    (
        f"{ONE}d1w64_alleviation",
        f"{ONE}d1w64_masks",
        [
            *("model.type", "model.roi_head", "encoder", "train_pipeline", "segm"),
            *("train_dataloader.dataset.pipeline", "val_evaluator", "test_evaluator"),
            "default_hooks.checkpoint.save_best",
        ],
    ),
    *(
        (
            "separated_256x192_d3w64",
            f"separated_256x192_{name}",
            ["model.backbone", "model.head.in_channels", "hrnet_w32", "hrnet_w48"]
            # three deconvolutions are SimpleBaseline
            + ["model.head.deconv_out_channels"] * (name == "res50"),
        )
        for name in ("res50", "hrnet-w32")
    ),
]


@pytest.mark.parametrize(("first", "second", "keys"), PAIRS)
def test_rows_differ_in_what_the_paper_says_alone(first, second, keys):
    found = differences(first, second)
    # a data set's pipeline is the one of its input size
    assert found == below(found, *keys)
    unchanged = {key for key in keys if not below(found, key)}
    # row (d) has the ratio 0.09 itself
    assert unchanged <= {*codec("ratio"), "hrnet_w32", "hrnet_w48", *codec("line_thr")}


def test_inputs_of_384_and_512_differ_in_their_size_alone():
    found = differences(f"{ONE}d1w64_cascade", f"{TWO}d1w64")
    sized = ["input_size", "codec.input_size", "model.head.decoder.input_size"]
    steps = [f"{loader}_dataloader.dataset.pipeline" for loader in
             ("train", "val", "test")]  # fmt: skip
    assert found == {
        *sized,
        *steps,
        "train_pipeline",
        "test_pipeline",
        "model.roi_head.input_size",
    }


@pytest.mark.parametrize(("ratio", "value"), RATIOS.items())
def test_table_2_s_settings_are_its_rows_and_columns(ratio, value):
    config = load(f"{ONE}d1w64_ratio-0-{ratio}")
    assert config.model.head.decoder.ratio == value
    entry = catalogue()["cganet/table2"]
    [row] = [row for row in entry.table.rows if row.id == f"ratio-0-{ratio}"]
    assert row.params["ratio"] == value
    variants = {
        f"ap@{name}": settings["head.decoder.line_thr"]
        for name, settings in config.test_cfg.variants.items()
    }
    assert variants == {c.name: c.params["thre"] for c in entry.table.columns}
    assert set(entry.recipe.columns.values()) == set(variants)


@pytest.mark.parametrize(("row", "head"), [("a", "pooler"), ("b", "guider")])
def test_a_report_asks_for_what_a_test_on_moved_boxes_gives(row, head):
    beside = catalogue()["cganet/table1"].recipe.beside
    [own] = [recipe for name, recipe in beside.items() if name.startswith(row)]
    assert own.config == f"configs/cganet/{ONE}fpn50_{head}_jitter.py"
    variants = load(f"{ONE}fpn50_{head}_jitter").test_cfg.variants
    assert list(own.scores.values()) == [f"ap@{name}" for name in variants]


def test_networks_that_share_a_training_differ_in_their_test_alone():
    shared = load_scales("cganet").trained_as
    tested = [*codec("extension", "ratio", "line_thr", "alleviate"), "test_cfg"]
    tested += ["model.test_cfg", "thresholds"]
    for config, other in shared.items():
        found = differences(*(path.split("/")[-1][:-3] for path in (config, other)))
        assert found and found == below(found, *tested), config
    words = ("fixed-area", "alleviation", "ratio", "_flip", "_jitter")
    named = {n for n in NAMES if any(word in n for word in words)} - {
        f"{TWO}d1w64_flip_150e"
    }
    assert set(shared) == {f"configs/cganet/{name}.py" for name in named}


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_the_paper_s(name):
    config = load(name)
    warm_up, steps = config.param_scheduler
    optimizer = config.optim_wrapper.optimizer
    epochs = config.train_cfg.max_epochs
    assert (warm_up.end, warm_up.by_epoch, steps.end) == (500, False, epochs)
    assert steps.gamma == 0.1
    if name.startswith("separated"):
        assert (optimizer.type, optimizer.lr) == ("Adam", 1e-3)
        assert (epochs, steps.milestones) == (210, [170, 200])
        assert config.auto_scale_lr.base_batch_size == 3 * 64
        return
    assert (optimizer.type, optimizer.lr) == ("SGD", 1e-2)
    longer = name.endswith("150e")
    assert epochs == (150 if longer else 95)
    assert steps.milestones == ([110, 134] if longer else [70, 85])
    [warp] = [s for s in config.train_pipeline if s.type == "OffsetGuidedAffine"]
    assert (warp.max_rotation, warp.max_shift, warp.flip_prob) == (45.0, 40, 0.5)
    assert tuple(warp.scale_range) == (0.6, 1.5)


def counted_cells():
    """Cells of own and baseline rows that a count is printed for."""
    cells = []
    units = {"params_m": 1e6, "params_mi": 2**20, "gmacs": 1e9}
    for entry in catalogue().values():
        if entry.paper.paper.key != "cganet":
            continue
        for row in entry.table.rows:
            recipe = entry.recipe.rows[row.id]
            if Evidence.STRUCTURE not in recipe.evidence:
                continue
            for column, score in entry.recipe.structure.items():
                if f"{row.id}.{column}" not in entry.recipe.findings:
                    printed = float(row.values[column])
                    unit = units[score]
                    name = f"{entry.table.id}.{row.id}.{column}"
                    cell = (recipe.config, printed, unit, column)
                    cells.append(pytest.param(*cell, id=name))
    return cells


@lru_cache(maxsize=64)
def count(config):
    return count_structure(project_root() / config)


@pytest.mark.parametrize(("config", "printed", "unit", "column"), counted_cells())
def test_counts_are_the_printed_ones(config, printed, unit, column):
    """Within 3 %, FLOPs within 5 %; most rows print 2^20 as "M"."""
    found = count(config)
    number = found.num_parameters if column == "params" else found.num_multiply_adds
    assert number / unit == pytest.approx(
        printed, rel=0.03 + 0.02 * (column != "params")
    )


def test_the_printed_flops_of_resnet_50_leave_out_its_deconvolutions():
    """The finding's numbers; 34.0 M parameters contain the deconvolutions."""
    entry = catalogue()["cganet/table4"]
    row = entry.recipe.rows["simple-resnet-50"]
    found = count(row.config)
    # 4 x 4 deconvolutions from 2048, 256 and 256 channels at strides 32, 16 and 8
    cells = [8 * 6, 16 * 12, 32 * 24]
    head = sum(n * 16 * c * 256 for n, c in zip(cells, (2048, 256, 256), strict=True))
    head += 64 * 48 * 256 * 17
    [printed] = [r.values for r in entry.table.rows if r.id == "simple-resnet-50"]
    alone = (found.num_multiply_adds - head) / 1e9
    assert alone == pytest.approx(float(printed["flops"]), abs=0.05)
    words = entry.recipe.findings["simple-resnet-50.flops"]
    assert f"{found.num_multiply_adds / 1e9:.1f} G" in words


def test_table_4_s_protocol_and_units():
    for table, unit in (("1", "params_mi"), ("3", "params_mi"), ("4", "params_m"),
                        ("6", "params_mi")):  # fmt: skip
        recipe = catalogue()[f"cganet/table{table}"].recipe
        assert recipe.structure["params"] == unit
        wanted = "2^20" if unit == "params_mi" else "10^6"
        assert wanted in recipe.protocol["Parameters"]
    for table in "12345":
        assert "no-pretrain" in str(catalogue()[f"cganet/table{table}"].recipe.protocol)
