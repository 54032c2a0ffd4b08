"""`mmsia train CONFIG`: MMPose's runner, with mmsia registered."""

from __future__ import annotations

import argparse

from mmsia.cli.partial_data import (
    add_partial_argument,
    check_partial,
    check_simulated,
    print_partial,
)

HELP = "train a config with MMPose's runner"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options.

    Args:
        parser: The verb's parser.
    """
    parser.add_argument("config", metavar="CONFIG", help="config file")
    parser.add_argument(
        "--work-dir", help="where logs and checkpoints go (work_dirs/<config>)"
    )
    parser.add_argument(
        "--data-root",
        help="folder of the data sets: coco/, panoptic/, ... (the config's own)",
    )
    parser.add_argument(
        "--weights",
        help="start from these weights: ours, CenterNet's multi_pose_hg_3x.pth or "
        "GOG's release (the config's initialisation)",
    )
    parser.add_argument(
        "--resume",
        nargs="?",
        const="auto",
        metavar="CHECKPOINT",
        help="go on from a checkpoint; without one, from the newest whole one of the "
        "work dir",
    )
    parser.add_argument(
        "--amp",
        action="store_true",
        help="mixed precision: float16 on a GPU, bfloat16 on a processor",
    )
    parser.add_argument(
        "--channels-last",
        action="store_true",
        help="keep the channels of maps beside each other in memory",
    )
    parser.add_argument(
        "--compile", action="store_true", help="compile the step of the training"
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="read weights that hold more than tensors, which runs code from the file",
    )
    add_partial_argument(parser)
    parser.add_argument(
        "--launcher",
        choices=("none", "pytorch", "slurm", "mpi"),
        default="none",
        help="how several processes were started (torchrun: pytorch)",
    )
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="settings of the config to change",
    )


def run(args: argparse.Namespace) -> int:
    """Train.

    Args:
        args: As declared.

    Returns:
        0.
    """
    from mmengine.runner import Runner

    from mmsia.engine.plain_checkpoints import safe_checkpoint_loading

    config = make_config(args)
    loaders = ("train_dataloader", "val_dataloader")
    print_partial(check_partial(config, loaders, args.allow_partial))
    check_simulated(config, loaders)
    with safe_checkpoint_loading(trust=args.trust):
        Runner.from_cfg(config).train()
    print(f"checkpoints and logs: {config.work_dir}")
    return 0


def make_config(args: argparse.Namespace):
    """Return the config that the options describe, its data checked.

    Args:
        args: As declared.

    Raises:
        ConfigError: Options that the config cannot take.
        DataError: Missing data or weights.
    """
    from mmsia.engine.data_check import check_data
    from mmsia.engine.resumable import make_resumable
    from mmsia.engine.run_config import (
        load_run_config,
        set_data_root,
        use_amp,
        use_channels_last,
    )
    from mmsia.errors import ConfigError
    from mmsia.models.weights.loading import read_checkpoint

    if args.weights is not None and args.resume is not None:
        raise ConfigError(
            "--weights starts a training and --resume goes on with one",
            expected="one of them",
            got="both",
        )
    config = load_run_config(args.config, args.cfg_options)
    config.launcher = args.launcher
    if args.work_dir is not None:
        config.work_dir = args.work_dir
    if args.data_root is not None:
        set_data_root(config, args.data_root)
    if args.amp:
        use_amp(config)
    if args.channels_last:
        use_channels_last(config)
    if args.compile:
        config.compile = True
    if args.resume is not None:
        config.resume = True
        config.load_from = None if args.resume == "auto" else args.resume
        if args.resume != "auto":
            read_checkpoint(args.resume, trust=args.trust)
    check_data(config.train_dataloader.dataset, "train_dataloader")
    if config.get("val_dataloader") is not None:
        check_data(config.val_dataloader.dataset, "val_dataloader")
    if args.weights is not None:
        # Before the data sets are read: a wrong path should not cost a minute.
        read_checkpoint(args.weights, trust=args.trust)
        hook = {"type": "StartWeightsHook", "path": args.weights, "trust": args.trust}
        config.custom_hooks = [*config.get("custom_hooks", []), hook]
    make_resumable(config)
    return config
