"""`mmsia demo MODEL [IMAGE...]`: what a network finds, drawn on pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

HELP = "draw what a row's or a config's network finds in pictures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="TABLE/ROW, such as gog/table1/ours-1, or a config",
    )
    parser.add_argument(
        "images",
        type=Path,
        nargs="*",
        metavar="IMAGE",
        help="pictures (none: some of the test images of the row's run)",
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="of the row's own config"
    )
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=Path("work_dirs/reproduce"),
        help="work folder of `mmsia reproduce` whose trained network is taken",
    )
    parser.add_argument(
        "--train",
        action="store_true",
        help="train the tiny network of scale smoke first, where no run of it is there",
    )
    parser.add_argument(
        "--box",
        type=float,
        nargs=4,
        metavar=("X", "Y", "W", "H"),
        help="pixels of what is looked at, for networks of crops (None: all of it)",
    )
    parser.add_argument("--category", help="of the object, for networks of objects")
    parser.add_argument(
        "--threshold", type=float, default=0.3, help="least score that is drawn"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("work_dirs/demo"), help="folder for pictures"
    )


def run(args: argparse.Namespace) -> int:
    """Predict and draw.

    Raises:
        ConfigError: No such model, or one that pictures cannot be made for.
        DataError: Pictures or weights that cannot be read.
    """
    from mmsia.engine.demo_samples import Picture, make_sample
    from mmsia.errors import InputError

    opened = _open(args)
    paths = args.images or list(opened.pictures)
    if not paths:
        raise InputError("pictures", expected="an IMAGE at least", got="none")
    if opened.about:
        print(f"weights: {opened.about}")
    else:
        print(
            "NO WEIGHTS: the network is untrained and what is drawn means nothing. "
            "Name some with --weights, or add --train."
        )
    visualizer = _visualizer(opened.config)
    box = tuple(args.box) if args.box else None
    args.out.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(paths):
        sample = make_sample(opened.config, Picture(path, number, box, args.category))
        found = _predict(opened.model, sample.data)
        out = args.out / f"{number:03d}-{path.stem}.png"
        _draw(visualizer, opened.config, sample.image, found, args.threshold, out)
        print(f"{path}: {_told(found)}: {out}")
    return 0


def _open(args: argparse.Namespace) -> Any:
    from mmsia.bench.demo_model import open_config, open_row

    if args.model.endswith(".py"):
        return open_config(args.model, args.weights)
    return open_row(
        args.model,
        args.work_dir,
        weights=args.weights,
        train=args.train,
        on_run=print,
    )


def _predict(model: Any, data: dict[str, Any]) -> Any:
    import torch
    from mmengine.dataset import pseudo_collate

    with torch.no_grad():
        (found,) = model.test_step(pseudo_collate([data]))
    return found


def _visualizer(config: Any) -> Any:
    from mmpose.registry import VISUALIZERS

    settings = dict(config.get("visualizer") or {"type": "PoseLocalVisualizer"})
    # Nothing is logged: the pictures alone are wanted.
    settings.pop("vis_backends", None)
    drawn = VISUALIZERS.build({**settings, "name": "demo"})
    dataset = config.test_dataloader.dataset
    meta = _meta(dataset, config)
    if meta is not None and hasattr(drawn, "set_dataset_meta"):
        drawn.set_dataset_meta(meta)
    return drawn


def _meta(dataset: Any, config: Any) -> Any:
    """Names and links of keypoints, or of a detector's classes."""
    from mmpose.registry import DATASETS

    from mmsia.engine.kinds import kind_of
    from mmsia.engine.run_config import inner_dataset

    dataset = inner_dataset(dataset)
    kind = kind_of(dataset, config)
    if kind in ("TwoHandsDataset", "ObjectKeypointDataset"):
        return None
    if kind.startswith("mmdet."):
        from mmdet.datasets import CocoDataset

        return {**CocoDataset.METAINFO, **dataset.get("metainfo", {})}
    return DATASETS.get(dataset.type)._load_metainfo()


def _draw(
    visualizer: Any, config: Any, image: Any, found: Any, threshold: float, out: Path
) -> None:
    import mmcv

    detector = config.get("default_scope") == "mmdet"
    options = {"pred_score_thr": threshold} if detector else {"kpt_thr": threshold}
    visualizer.add_datasample(
        out.stem, image, found.cpu(), draw_gt=False, show=False, **options
    )
    mmcv.imwrite(visualizer.get_image()[..., ::-1], str(out))


def _told(found: Any) -> str:
    instances = found.get("pred_instances")
    number = 0 if instances is None else len(instances)
    return f"{number} {'instance' if number == 1 else 'instances'}"
