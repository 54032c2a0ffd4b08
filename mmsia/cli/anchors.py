"""`mmsia anchors`: public weights must give here the score that their makers state."""

from __future__ import annotations

import argparse
import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmsia.cli.running import add_executor_options, executor_of, positive

if TYPE_CHECKING:
    from mmsia.bench.anchors import Anchor, AnchorState
    from mmsia.bench.outcome import Listener, Outcome
    from mmsia.bench.plan import Plan
    from mmsia.bench.spec import RunSpec
    from mmsia.bench.store import Store

_SECONDS = 10.0
HELP = "test public weights whose score is known, before trusting rows at paper scale"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help="anchors (none: all of them)"
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="DIR",
        help="folder of the published files, as they are or as `mmsia convert` wrote "
        "them (None: list the anchors and where their files are)",
    )
    parser.add_argument(
        "--data-root", type=Path, help="folder with those of the data sets: coco"
    )
    parser.add_argument(
        "--allow-partial",
        action="store_true",
        help="go on with data that is not whole; nothing is judged on it",
    )
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=Path("work_dirs/reproduce"),
        help="where runs go, and whose report tells of the anchors",
    )
    parser.add_argument(
        "--num-draws", type=positive, default=2000, help="draws of the bootstrap"
    )
    parser.add_argument(
        "--threads", type=positive, default=1, help="threads of a run's process"
    )
    add_executor_options(parser)


def run(args: argparse.Namespace) -> int:
    """Test what is there and say of each anchor whether it gave its number.

    Returns:
        0 none of those that were tested differs, 1 one does or failed, 2 none could be
        tested.

    Raises:
        ConfigError: An unknown anchor, or weights without a data root.
    """
    from mmsia.bench.anchor_runs import anchor_states, plan_anchors
    from mmsia.bench.anchors import choose_anchors, load_anchors, save_anchors
    from mmsia.bench.store import Store
    from mmsia.errors import ConfigError

    anchors = load_anchors()
    chosen = choose_anchors(anchors, args.ids)
    if args.weights is None:
        _list(chosen)
        return 0
    if args.data_root is None:
        raise ConfigError(
            "anchors are tested on images",
            expected="--data-root beside --weights",
            got="none",
        )
    plan = plan_anchors(
        chosen,
        args.weights,
        args.data_root,
        num_draws=args.num_draws,
        threads=args.threads,
        allow_partial=args.allow_partial,
    )
    store = Store(args.work_dir / "runs")
    outcomes = _make(args, plan, store)
    states = anchor_states(anchors, plan, outcomes, store)
    save_anchors(args.work_dir, states)
    status = _tell(anchors, states)
    print(f"`mmsia report {args.work_dir}` shows them with the tables of that folder")
    return status


def _list(anchors: Sequence[Anchor]) -> None:
    for anchor in anchors:
        print(f"{anchor.id}: {anchor.about}")
        print(
            f"  {anchor.score} {anchor.expected} +- {anchor.tolerance}: {anchor.page}"
        )
        print(f"  {anchor.file}: {anchor.url}")


def _make(args: argparse.Namespace, plan: Plan, store: Store) -> dict[str, Outcome]:
    from mmsia.bench.run import run_plan

    if not plan.runs:
        return {}
    return run_plan(
        plan,
        next(iter(plan.sources.values())),
        store,
        command=_command(args),
        num_workers=args.workers,
        threads=args.threads,
        listener=_listener(),
        executor=executor_of(args),
    )


def _listener() -> Listener:
    """Tells of each run when it begins and ends, and every ten seconds in between."""
    from mmsia.bench.outcome import Listener

    class Lines(Listener):
        last = 0.0

        def run_started(self, spec: RunSpec, number: int, total: int) -> None:
            self.last = time.monotonic()
            print(f"run {number} of {total}: {spec.config}", flush=True)

        def run_progress(self, spec: RunSpec, done: int, total: int) -> None:
            if time.monotonic() - self.last > _SECONDS:
                self.last = time.monotonic()
                print(f"  {spec.config}: {done} of {total}", flush=True)

        def run_finished(self, spec: RunSpec, outcome: Outcome) -> None:
            print(f"{outcome.status} {spec.config} {outcome.error}".rstrip())

        def waiting(self, spec: RunSpec, reason: str) -> None:
            print(f"waiting {spec.config}: {reason}", flush=True)

    return Lines()


def _command(args: argparse.Namespace) -> str:
    words = ["mmsia", "anchors", *args.ids, "--weights", str(args.weights)]
    words += ["--data-root", str(args.data_root), "--work-dir", str(args.work_dir)]
    words += ["--num-draws", str(args.num_draws)]
    return shlex.join(words + ["--allow-partial"] * args.allow_partial)


def _tell(anchors: Mapping[str, Anchor], states: Mapping[str, AnchorState]) -> int:
    from mmsia.bench.anchors import Standing
    from mmsia.cli.main import COULD_NOT_RUN, DIFFERS, OK

    for name, state in states.items():
        anchor = anchors[name]
        value = "" if state.value is None else f" {state.value:.2f}"
        print(
            f"{state.standing:<8} {name}: stated {anchor.expected}, here{value or ' -'}"
            + (f" ({state.why})" if state.why else "")
        )
    found = {state.standing for state in states.values()}
    if found & {Standing.DIFFERS, Standing.FAILED}:
        return DIFFERS
    return OK if found & {Standing.GIVEN, Standing.PARTIAL} else COULD_NOT_RUN
