"""torchrun, which also leaves word of a rank that ended without an answer.

Such a rank cannot say anything, and the others then fail for want of it: what they say
is not the reason.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from mmsia.bench.executors.torchrun_rank import answer_file
from mmsia.files import read_json, write_json

_SILENT = "silent.json"
_SAME_MOMENT = 2
"""Seconds; a rank that torchrun itself kills gets half a minute to end before."""


def main(folder: Path, arguments: list[str]) -> int:
    """Run the ranks until all have ended.

    Args:
        folder: Takes the answers.
        arguments: As torchrun's.

    Returns:
        0, or 1 if a rank failed.
    """
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import parse_args, run

    try:
        run(parse_args(arguments))
    except ChildFailedError as error:
        _note_silent(folder, error.failures)
        return 1
    return 0


def _note_silent(folder: Path, failures: dict) -> None:
    first = min(failure.timestamp for failure in failures.values())
    for rank, failure in sorted(failures.items()):
        # SIGTERM is what torchrun ends the other ranks by.
        ended = failure.exitcode == -signal.SIGTERM
        ended |= failure.timestamp - first > _SAME_MOMENT
        if not ended and not answer_file(folder, rank).exists():
            write_json(folder / _SILENT, {"rank": rank, "code": failure.exitcode})
            return


def silent_rank(folder: Path) -> tuple[int, int] | None:
    """Number and exit status of the rank that ended without an answer, if one did.

    Args:
        folder: As given to `main`.
    """
    path = folder / _SILENT
    if not path.is_file():
        return None
    told = read_json(path)
    return told["rank"], told["code"]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
