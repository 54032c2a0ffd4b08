"""What a machine for a limited time can run of everything, in the order of its value.

    python reproduce/campaign.py --budget 9m --work-dir W --out DIR

runs the steps of `campaign.yaml` until the time is over and leaves archives in DIR that
`mmsia merge` joins to a work folder anywhere. Give them with `--have` the next time:
what is in them is not run again. A step that fails does not stop the others.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from mmsia.bench.budget import read_time

STEPS = Path(__file__).with_suffix(".yaml")
SHORTEST = 20.0
"""Seconds below which no step begins."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the steps and pack what they gave.

    Args:
        argv: Words after the program's name; the process's own if None.

    Returns:
        0, or 1 if a step ended otherwise than with a report or nothing could be packed.
    """
    args = _parser().parse_args(argv)
    begun, lost = time.monotonic(), []
    if args.have:
        _mmsia("merge", *map(str, args.have), "--into", str(args.work_dir))
    for step in yaml.safe_load(args.steps.read_text(encoding="utf-8"))["steps"]:
        left = args.budget - args.reserve - (time.monotonic() - begun)
        if left < SHORTEST:
            print(f"campaign: no time for {', '.join(step['tables'])}", flush=True)
            continue
        if _mmsia(*words_of(step, args, left)) not in (0, 1, 2):
            lost.append(", ".join(step["tables"]))
    reported = _mmsia("report", str(args.work_dir))
    packed = _mmsia("pack", str(args.work_dir), "--into", str(args.out))
    for tables in lost:
        print(f"campaign: {tables} ended without a report", file=sys.stderr)
    return 1 if lost or packed or reported not in (0, 1) else 0


def words_of(step: dict, args: argparse.Namespace, left: float) -> list[str]:
    """The command of a step.

    Args:
        step: `tables`, and `evidence` if it is not the tables' own.
        args: The campaign's options.
        left: Seconds that it may take.
    """
    words = ["reproduce", *step["tables"], "--work-dir", str(args.work_dir)]
    words += ["--scale", args.scale, "--jobs", str(args.jobs)]
    words += ["--budget", f"{left:.0f}s", "--printed-only", "--no-report"]
    return words + (["--evidence", step["evidence"]] if "evidence" in step else [])


def _mmsia(*words: str) -> int:
    print(f"campaign: mmsia {' '.join(words)}", flush=True)
    command = [sys.executable, "-m", "mmsia", *words]
    return subprocess.run(command, check=False).returncode  # noqa: S603, our own words


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], allow_abbrev=False
    )
    parser.add_argument("--budget", type=read_time, required=True, help="such as 9m")
    parser.add_argument(
        "--reserve",
        type=read_time,
        default=60.0,
        help="kept back for the report and for packing (60s)",
    )
    parser.add_argument("--work-dir", type=Path, default=Path("work_dirs/campaign"))
    parser.add_argument("--out", type=Path, default=Path("work_dirs/campaign-archives"))
    parser.add_argument(
        "--have", type=Path, nargs="+", default=[], help="archives of earlier times"
    )
    parser.add_argument("--scale", default="mini", choices=("smoke", "mini"))
    parser.add_argument("--jobs", type=int, default=4, help="runs at a time (4)")
    parser.add_argument("--steps", type=Path, default=STEPS, help="another list")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
