"""`mmsia test CONFIG CHECKPOINT`: a checkpoint's scores by MMPose's runner."""

from __future__ import annotations

import argparse
from typing import Any

from mmsia.cli.partial_data import (
    add_partial_argument,
    check_partial,
    check_simulated,
    print_partial,
)

HELP = "test a checkpoint with MMPose's runner"
SCHEMA = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options.

    Args:
        parser: The verb's parser.
    """
    parser.add_argument("config", metavar="CONFIG", help="config file")
    parser.add_argument(
        "checkpoint", metavar="CHECKPOINT", help="weights: ours or GOG's release"
    )
    add_shared_arguments(parser)
    parser.add_argument(
        "--flip",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="flip test on or off (as the config says)",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write the scores as JSON (not written)"
    )


def add_shared_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `test` and `export` have in common beside config and weights.

    Args:
        parser: The verb's parser.
    """
    parser.add_argument("--work-dir", help="where logs go (work_dirs/<config>)")
    parser.add_argument(
        "--data-root",
        help="folder of the data sets: coco/, panoptic/, ... (the config's own)",
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="read weights that hold more than tensors, which runs code from the file",
    )
    add_partial_argument(parser)
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="settings of the config to change",
    )


def run(args: argparse.Namespace) -> int:
    """Test and print the scores.

    Args:
        args: As declared.

    Returns:
        0.

    Raises:
        ConfigError: A config whose scores only a server can tell.
    """
    from mmsia.errors import ConfigError
    from mmsia.files import sha256_file, write_json

    config = make_config(args)
    if config.test_evaluator.get("format_only", False):
        raise ConfigError(
            f"{args.config} has no ground truth to score with",
            expected="a config with annotations",
            got="format_only=True in its test_evaluator",
            remedy="`mmsia export` writes the file that the server scores.",
        )
    partial = check_partial(config, ["test_dataloader"], args.allow_partial)
    if args.flip is not None:
        set_flip(config, args.flip)
    runner = make_runner(config, args)
    metrics = {name: float(value) for name, value in runner.test().items()}
    factor = _factor(config)
    for name, value in metrics.items():
        print(f"{name:<24}{factor * value:8.2f}")
    print_partial(partial)
    simulated = check_simulated(config, ["test_dataloader"])
    if args.out is not None:
        result = {
            "schema": SCHEMA,
            "config": str(args.config),
            "checkpoint": str(args.checkpoint),
            "checkpoint_sha256": sha256_file(args.checkpoint),
            "flip_test": bool(
                (config.model.get("test_cfg") or {}).get("flip_test", False)
            ),
            "num_images": len(runner.test_dataloader.dataset),
            "partial": partial,
            "simulated": simulated,
            "metrics": metrics,
        }
        write_json(args.out, result)
    return 0


def set_flip(config: Any, flip: bool) -> None:
    """Turn the flip test of a config's network on or off.

    Args:
        config: Changed in place.
        flip: Whether both the image and its mirror image are looked at.

    Raises:
        ConfigError: A network without such a test.
    """
    from mmsia.errors import ConfigError

    if config.model.get("test_cfg") is None:
        raise ConfigError(
            "--flip and --no-flip",
            expected="a network with a flip test: model.test_cfg in its config",
            got=f"{config.model.type}, which has none",
        )
    config.model.test_cfg.flip_test = flip


def _factor(config: Any) -> float:
    """Shares are shown as percent; errors in millimetres and pixels as they are."""
    given = config.test_evaluator
    evaluators = given if isinstance(given, list | tuple) else [given]
    return 1.0 if any(e["type"] == "HandMeshError" for e in evaluators) else 100.0


def make_config(args: argparse.Namespace) -> Any:
    """Return the config that the options describe, its test data checked.

    Args:
        args: As `add_shared_arguments` declares.

    Raises:
        ConfigError: A config or option that does not fit.
        DataError: Missing data.
    """
    from mmsia.engine.data_check import check_data
    from mmsia.engine.run_config import load_run_config, set_data_root

    config = load_run_config(args.config, args.cfg_options)
    if args.work_dir is not None:
        config.work_dir = args.work_dir
    if args.data_root is not None:
        set_data_root(config, args.data_root)
    check_data(config.test_dataloader.dataset, "test_dataloader")
    return config


def make_runner(config: Any, args: argparse.Namespace) -> Any:
    """Return a runner whose model has the checkpoint's weights.

    Args:
        config: What `make_config` returned.
        args: As `add_shared_arguments` declares.

    Raises:
        DataError: Weights that cannot be read or are not those of the model.
    """
    from mmengine.runner import Runner

    from mmsia.models.weights.loading import load_weights, read_checkpoint

    # Before the data sets are read: a wrong path should not cost a minute.
    read_checkpoint(args.checkpoint, trust=args.trust)
    # Loaded below, with every name checked; the runner would skip what does not fit.
    config.load_from = None
    config.resume = False
    runner = Runner.from_cfg(config)
    load_weights(runner.model, args.checkpoint, trust=args.trust)
    return runner
