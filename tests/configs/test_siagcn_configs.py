"""SIA-GCN's configs: one for each row, different in what the paper says alone."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, HOOKS, KEYPOINT_CODECS, METRICS, MODELS

import mmsia.all  # noqa: F401, registers
from mmsia.bench.recipe import load_catalogue
from mmsia.bench.scales import load_scales
from mmsia.models.estimators.sia_pose import LOSS
from mmsia.paths import project_root

ROOT = project_root()
FOLDER = ROOT / "configs" / "siagcn"
NAMES = sorted(path.stem.removeprefix("siagcn_") for path in FOLDER.glob("*.py"))
LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")
SHARED = ("siagcn.py", "panoptic.py", "mhp.py", "mpii_nzsl.py", "shg.py", "cpm.py")


@lru_cache(maxsize=64)
def load(name):
    return Config.fromfile(FOLDER / f"siagcn_{name}.py")


def docstring(name):
    tree = ast.parse((FOLDER / f"siagcn_{name}.py").read_text())
    return ast.get_docstring(tree)


def start_of(name):
    """The config whose training this one starts from, by its docstring."""
    found = re.search(r"Starts from what siagcn_(\S+)\.py was", docstring(name))
    return found and found[1]


@lru_cache(maxsize=64)
def build(name):
    init_default_scope("mmpose")
    with torch.device("meta"):
        return MODELS.build(load(name).model)


def test_every_config_stands_in_a_table_or_another_starts_from_it():
    used = set()
    for entry in load_catalogue().values():
        if entry.paper.paper.key == "siagcn":
            for row in entry.recipe.every_row.values():
                used |= {row.config, *row.references.values()}
    names = {f"configs/siagcn/siagcn_{name}.py" for name in NAMES}
    starts = {start_of(name) for name in NAMES} - {None}
    assert {u for u in used if isinstance(u, str)} <= names
    assert names - used <= {f"configs/siagcn/siagcn_{start}.py" for start in starts}


def test_own_baseline_and_ablation_rows_have_a_config():
    for entry in load_catalogue().values():
        if entry.paper.paper.key == "siagcn":
            for row in entry.table.rows:
                made = row.kind in ("ours", "ablation", "baseline")
                assert made is (entry.recipe.rows[row.id].config is not None), row.id
                if made and not entry.table.text_only:
                    scores = entry.recipe.columns
                    assert set(scores) == {c.name for c in entry.table.columns}


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_short_and_inherits_once(name):
    text = (FOLDER / f"siagcn_{name}.py").read_text()
    assert len(text.splitlines()) <= 30 and docstring(name)
    for base in SHARED:
        assert "\n_base_ =" not in (FOLDER / "_base_" / base).read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_network_builds_and_codecs_maps_and_crops_fit(name):
    config, model = load(name), build(name)
    assert config.custom_imports.imports == ["mmsia.all"]
    codec = KEYPOINT_CODECS.build(config.codec)
    assert config.model.head.decoder == config.codec
    for loader in LOADERS:
        pipeline = config[loader].dataset.pipeline
        sizes = [step.input_size for step in pipeline if "input_size" in step]
        encoders = [step.encoder for step in pipeline if "encoder" in step]
        assert [tuple(size) for size in sizes] == [tuple(config.codec.input_size)]
        assert encoders == [config.codec] * (loader == "train_dataloader")
    width, height = config.codec.input_size
    with torch.device("meta"), torch.no_grad():
        image = torch.empty(2, 3, height, width)
        maps = model.eval()(image, None, mode="tensor")
    stages = [maps] if torch.is_tensor(maps) else maps
    assert torch.is_tensor(maps) is config.model.type.endswith("SiaPose")
    assert {tuple(stage.shape) for stage in stages} == {
        (2, 21, codec.heatmap_size[1], codec.heatmap_size[0])
    }
    assert config.model.test_cfg == dict(flip_test=False, output_heatmaps=True)


@pytest.mark.parametrize("name", NAMES)
def test_data_metric_and_hooks_build(name):
    config = load(name)
    init_default_scope("mmpose")
    for loader in LOADERS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            DATASETS.build({**config[loader].dataset, "lazy_init": True})
    scores = METRICS.build(config.val_evaluator).thresholds
    best = config.default_hooks.checkpoint.save_best
    assert best in {f"pck@{threshold:.2f}" for threshold in scores}
    for hook in (*config.custom_hooks, *config.default_hooks.values()):
        assert HOOKS.get(hook.type) is not None, hook.type


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


IN_TABLE = [
    ("baseline", "1-head", ["model.type", "model.graph", "custom_hooks"]),
    ("1-head", "sharedweight", ["model.graph.shared"]),
    ("1-head", "5-head", ["model.graph.num_heads", "model.pointer"]),
    ("5-head", "10-head", ["model.graph.num_heads"]),
    ("10-head", "r-siapose", ["model.type", "model.rotation", "model.trained"]),
    (
        "r-siapose_rotation",
        "r-siapose",
        ["model.trained", "custom_hooks", "find_unused_parameters"],
    ),
]
INPUT = ["input_size", "codec", "crop", "train_pipeline", "test_pipeline"]
INPUT += [f"{loader}.dataset.pipeline" for loader in LOADERS]
INPUT += ["model.backbone", "model.head.num_stages", "model.head.decoder"]
INPUT += ["optim_wrapper.optimizer.lr"]
KERNEL = ["model.backbone.kernel_size"]
DATA = ["data_root", "split_file", "ann_file"]
DATA += [f"{loader}.dataset" for loader in LOADERS]
TUNED = ["train_cfg.max_epochs", "param_scheduler", "optim_wrapper.optimizer.lr"]
KINDS = {first for first, _, _ in IN_TABLE} | {"r-siapose", "sharedweight"}
PAIRS = [
    *(
        (f"{where}_{first}", f"{where}_{second}", keys)
        for where in ("shg_panoptic", "cpm-7x7_panoptic", "cpm-3x3_panoptic")
        for first, second, keys in IN_TABLE
        if f"{where}_{second}" in NAMES
    ),
    *((f"shg_panoptic_{k}", f"cpm-7x7_panoptic_{k}", INPUT) for k in sorted(KINDS)),
    *(
        (
            f"cpm-7x7_panoptic_{k}",
            f"cpm-3x3_panoptic_{k}",
            ["model.backbone.kernel_size"],
        )
        for k in sorted(KINDS - {"sharedweight"})
    ),
    *(
        (f"cpm-3x3_panoptic_{k}", f"cpm-3x3_mhp_{k}", DATA)
        for k in ("baseline", "10-head", "r-siapose_rotation", "r-siapose")
    ),
    *(
        (f"{e}_panoptic_baseline", f"{e}_mpii-nzsl_baseline", DATA + TUNED)
        for e in ("shg", "cpm-7x7")
    ),
    *(
        (
            f"{e}_panoptic_r-siapose",
            f"{e}_mpii-nzsl_r-siapose",
            [*DATA, *TUNED, "model.stage_weight", "custom_hooks"],
        )
        for e in ("shg", "cpm-7x7")
    ),
]


@pytest.mark.parametrize(("first", "second", "keys"), PAIRS)
def test_rows_differ_in_what_the_paper_says_alone(first, second, keys):
    found = differences(first, second)
    assert found == below(found, *keys)
    unchanged = [key for key in keys if not below(found, key)]
    # The data sets of MPII+NZSL and Panoptic are both split by splits/random.json.
    assert set(unchanged) <= {"split_file"}


@pytest.mark.parametrize("name", NAMES)
def test_the_schedule_is_section_4_s(name):
    config = load(name)
    rate = 7.5e-4 if name.startswith("shg") else 1e-4
    optimizer = config.optim_wrapper.optimizer
    assert optimizer.type == "Adam"
    begins = [h for h in config.custom_hooks if h.type == "StageWeightHook"]
    assert config.train_dataloader.batch_size == config.auto_scale_lr.base_batch_size
    if "mpii-nzsl" in name:
        assert (config.train_cfg.max_epochs, config.param_scheduler) == (40, [])
        assert optimizer.lr == pytest.approx(rate / 10) and begins == []
        assert config.model.get("stage_weight", 0.1) == 0.1
        return
    assert config.train_cfg.max_epochs == 100 and optimizer.lr == rate
    (steps,) = config.param_scheduler
    assert (steps.milestones, steps.gamma) == ([60, 80], 0.5)
    alone = config.model.type == "TopdownPoseEstimator"
    lowers = not alone and config.model.get("trained") != "rotation"
    expected = dict(type="StageWeightHook", begin=40, before=1.0, after=0.1)
    assert begins == [expected] * lowers


@pytest.mark.parametrize("name", NAMES)
def test_the_network_is_the_paper_s(name):
    config = load(name)
    processor = config.model.data_preprocessor
    for found, wanted in (
        (processor.mean, (0.485, 0.456, 0.406)),
        (processor.std, (0.229, 0.224, 0.225)),
    ):
        assert found == pytest.approx([255 * value for value in wanted])
    assert processor.bgr_to_rgb
    # Baselines and estimators are supervised alike.
    assert config.model.head.loss == LOSS
    stages = 8 if name.startswith("shg") else 6
    assert config.model.head.num_stages == stages
    if "graph" in config.model:
        graph = config.model.graph
        assert (graph.num_layers, graph.kernel_size) == (5, 45)
        heads = re.search(r"(\d+)-head", name)
        shared = "sharedweight" in name
        assert graph.num_heads == (int(heads[1]) if heads else 1 if shared else 10)
        assert graph.get("shared", False) is shared


CHAINED = [name for name in NAMES if start_of(name)]


@pytest.mark.parametrize("name", CHAINED)
def test_what_a_training_starts_from_fits_it(name):
    """Same names and shapes; only the rotation network may be new."""
    assert start_of(name) in NAMES
    before, after = (build(n).state_dict() for n in (start_of(name), name))
    assert {k: v.shape for k, v in before.items()}.items() <= {
        k: v.shape for k, v in after.items()
    }.items()
    new = {key.partition(".")[0] for key in after.keys() - before.keys()}
    assert new == ({"rotation"} if name.endswith("_rotation") else set())


def test_chains_are_those_of_the_scales():
    assert len(CHAINED) == 12
    place = "configs/siagcn/siagcn_{}.py".format
    chains = {place(n): place(start_of(n)) for n in CHAINED}
    assert load_scales("siagcn").init_from == chains
