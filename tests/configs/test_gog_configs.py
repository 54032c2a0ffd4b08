from __future__ import annotations

import ast
import warnings

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, KEYPOINT_CODECS, METRICS, MODELS, TRANSFORMS

import mmsia.all  # noqa: F401, registers
from mmsia.ops.limbs import get_limbs
from mmsia.paths import project_root

FOLDER = project_root() / "configs" / "gog"
CONFIGS = sorted(FOLDER.glob("*.py"))
ROWS = {
    "upper-bounds_default",
    "upper-bounds_44-limbs",
    "upper-bounds_44-limbs-stride-1",
    "gog_hg104_coco19_640_noflip",
    "gog_hg104_coco19_640_flip",
    "gog_hg104_coco39_768_flip",
    "gog_ablation_ours",
    "gog_ablation_ours-bilinear",
    "gog_ablation_dark",
    "gog_ablation_ours-ro",
    "gog_ablation_qnt",
    "gog_ablation_qnt-ro",
    "gog_hg104_coco19_testdev_640",
    "gog_hg104_coco19_testdev_768",
    "gog_hg104_coco19_testdev_640-fixed-height",
}
# tests/configs/test_gog_baselines.py looks at them.
BASELINES = {
    f"{name}_{kind}"
    for name, kinds in (
        ("centernet_hg104", ("flip", "testdev")),
        ("ae_hrnet-w32", ("512", "testdev")),
    )
    for kind in kinds
}
OWN = [path for path in CONFIGS if path.stem not in BASELINES]
NETWORKS = [path for path in OWN if not path.stem.startswith("upper-bounds")]
# A network's decoder may differ from the targets it was trained with.
DECODING = ("encoding", "refinement", "upsampling")
DECODE_ONLY = {"gog_ablation_ours-bilinear", "gog_ablation_dark"}


def by_name(path):
    return path.stem


def load(name):
    return Config.fromfile(FOLDER / f"{name}.py")


def transform_of(pipeline, kind):
    (found,) = [step for step in pipeline if step["type"] == kind]
    return found


def test_every_row_of_the_tables_has_its_config():
    assert {path.stem for path in CONFIGS} == ROWS | BASELINES | {"gog_tiny"}


@pytest.mark.parametrize("path", CONFIGS, ids=by_name)
def test_a_row_is_short_and_inherits_once(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 30
    assert ast.get_docstring(ast.parse(text))
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_base_":
            named = ast.literal_eval(node.value)
            for base in [named] if isinstance(named, str) else named:
                assert "\n_base_ =" not in (FOLDER / base).read_text()


@pytest.mark.parametrize("path", OWN, ids=by_name)
def test_the_codec_builds_and_states_every_number(path):
    config = Config.fromfile(path)
    codec = KEYPOINT_CODECS.build(config.codec)
    assert config.custom_imports.imports == ["mmsia.all"]
    assert (config.codec.sigma, config.codec.max_peaks) == (7.0, 32)
    assert codec.num_limbs == len(get_limbs(config.codec.limbs))
    assert config.long_edge in (256, 640, 768)


@pytest.mark.parametrize("path", NETWORKS, ids=by_name)
def test_the_network_builds_and_its_parts_share_one_codec(path):
    config = Config.fromfile(path)
    init_default_scope("mmpose")
    with torch.device("meta"):
        model = MODELS.build(config.model)
    decoder, head = config.model.head.decoder, model.head
    assert decoder == config.codec
    assert len(head.offset_convs[0].bias) == 2 * head.decoder.num_limbs
    assert head.refinement == (decoder.get("refinement") == "offset")
    encoder = transform_of(
        config.train_dataloader.dataset.pipeline, "GenerateTarget"
    ).encoder
    drop = DECODING if path.stem in DECODE_ONLY else ()
    same = [
        {k: v for k, v in part.items() if k not in drop and v not in (None,)}
        for part in (encoder, decoder)
    ]
    for part in same:
        # An option at its default may be written or not.
        part.setdefault("encoding", "exact")
        part.setdefault("upsampling", "bicubic")
    assert same[0] == same[1]


@pytest.mark.parametrize("path", NETWORKS, ids=by_name)
def test_data_and_scores_are_the_papers(path):
    config = Config.fromfile(path)
    init_default_scope("mmpose")
    for split in ("train", "val", "test"):
        dataset = config[f"{split}_dataloader"].dataset
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            DATASETS.build({**dataset, "lazy_init": True})
        assert dataset.data_root == "data/coco/"
        for step in dataset.pipeline:
            TRANSFORMS.build(step)
    assert config.train_dataloader.dataset.images == "annotated"
    assert config.val_dataloader.dataset.images == "people"
    resize = transform_of(config.test_dataloader.dataset.pipeline, "OffsetGuidedResize")
    assert resize.size == config.long_edge
    evaluator = config.test_evaluator
    assert (evaluator.nms_mode, evaluator.score_mode) == ("none", "bbox")
    ann_file = config.test_dataloader.dataset.ann_file
    assert evaluator.ann_file == "data/coco/" + ann_file
    assert METRICS.get(evaluator.type) is not None


@pytest.mark.parametrize(
    ("name", "flip", "size", "limbs"),
    [
        ("gog_hg104_coco19_640_noflip", False, 640, 19),
        ("gog_hg104_coco19_640_flip", True, 640, 19),
        ("gog_hg104_coco39_768_flip", True, 768, 39),
    ],
)
def test_table_1(name, flip, size, limbs):
    config = load(name)
    assert config.model.test_cfg.flip_test is flip
    assert config.long_edge == size
    assert len(get_limbs(config.codec.limbs)) == limbs
    val = transform_of(config.val_dataloader.dataset.pipeline, "OffsetGuidedResize")
    assert val.size == size


@pytest.mark.parametrize(
    ("name", "encoding", "refinement", "upsampling"),
    [
        ("ours", "exact", None, "bicubic"),
        ("ours-bilinear", "exact", None, "bilinear"),
        ("dark", "exact", "dark", "bicubic"),
        ("ours-ro", "exact", "offset", "bicubic"),
        ("qnt", "quantized", None, "bicubic"),
        ("qnt-ro", "quantized", "offset", "bicubic"),
    ],
)
def test_table_2(name, encoding, refinement, upsampling):
    config = load(f"gog_ablation_{name}")
    codec = KEYPOINT_CODECS.build(config.model.head.decoder)
    assert (codec.encoding, codec.refinement) == (encoding, refinement)
    assert codec.upsampling == upsampling
    assert config.model.test_cfg.flip_test is False  # "flip augmentation is not used"


@pytest.mark.parametrize(
    ("name", "mode", "size"),
    [
        ("640", "long_edge", 640),
        ("768", "long_edge", 768),
        ("640-fixed-height", "fixed_height", 640),
    ],
)
def test_table_3(name, mode, size):
    config = load(f"gog_hg104_coco19_testdev_{name}")
    loader = config.test_dataloader
    assert loader.dataset.ann_file == "annotations/image_info_test-dev2017.json"
    assert loader.dataset.images == "all"
    resize = transform_of(loader.dataset.pipeline, "OffsetGuidedResize")
    assert (resize.mode, resize.size) == (mode, size)
    assert config.test_evaluator.format_only
    assert mode == "long_edge" or loader.batch_size == 1


def test_training_is_the_papers():
    config = load("gog_hg104_coco19_640_noflip")
    assert config.optim_wrapper.optimizer == {"type": "Adam", "lr": 1e-3}
    assert config.auto_scale_lr.base_batch_size == 32
    assert config.train_cfg.max_epochs < 150
    warp = transform_of(config.train_dataloader.dataset.pipeline, "OffsetGuidedAffine")
    assert tuple(warp.input_size) == (512, 512)
    shift = transform_of(config.train_dataloader.dataset.pipeline, "LabelShift")
    assert shift.prob == 0
    with torch.device("meta"):
        model = MODELS.build(config.model)
    assert sum(p.numel() for p in model.backbone.parameters()) == 187_700_352
    assert sum(p.numel() for p in model.head.parameters()) == 8_738 + 19_532
