"""InterHand2.6M, whose pictures are cut and drawn anew rather than copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mmsia.datasets.preparing.pieces import DataSet, Piece, find_pieces

INTERHAND = DataSet(
    name="interhand26m",
    title="InterHand2.6M v1.0, 5 fps",
    licence="CC BY-NC 4.0; MANO, whose converted files --hands names, has its own",
    pieces=tuple(
        Piece(
            path=path,
            files=files,
            source="https://mks0601.github.io/InterHand2.6M: 5 fps, H+M; join and "
            "unpack its archives yourself",
        )
        for path, files in (
            ("images", ("*/Capture*/*",)),
            (
                "annotations",
                tuple(
                    f"*/InterHand2.6M_*_{kind}.json"
                    for kind in ("data", "camera", "joint_3d", "MANO_NeuralAnnot")
                ),
            ),
        )
    ),
    annotations=(),
)


def prepare_interhand_folder(
    source: Path,
    root: Path,
    *,
    hands: Path | None,
    splits: Sequence[str],
    workers: int,
    on_progress: Callable[[int, int], None],
) -> dict[str, dict[str, int]]:
    """Make the crops of two hands below a data root.

    Args:
        source: Folder with `images` and `annotations`, or one above it.
        root: The data root.
        hands: MANO's converted files; None: those in the data root's `mano`, if there.
        splits: Of the data set; none stands for all.
        workers: Processes.
        on_progress: Called with frames that are done and frames in all.

    Returns:
        Split -> how many frames there are of each kind.

    Raises:
        DataError: Files that are missing, damaged or disagree; see `prepare_interhand`.
    """
    # The hand layer needs torch, whose import takes longer than `--list`.
    from mmsia.datasets.interhand_prepare import SPLITS, prepare_interhand

    found = find_pieces(INTERHAND, source)
    own = root / "mano"
    return prepare_interhand(
        found[0].place.parent,
        root / INTERHAND.name,
        hands=hands or (own if own.is_dir() else None),
        splits=tuple(splits) or SPLITS,
        workers=workers,
        on_progress=on_progress,
    )
