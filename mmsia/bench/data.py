"""The annotations that a run reads: given ones, or simulated crowds without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmsia.bench.terms import Scale
from mmsia.datasets.coco_keypoints import (
    VAL2017_NUM_ANNOTATED,
    VAL2017_NUM_IMAGES,
    CocoKeypoints,
    ImageRecord,
    find_annotations,
    load_coco_keypoints,
)
from mmsia.datasets.origin import is_simulated, says_simulated, stand_in_name
from mmsia.datasets.wholeness import why_partial
from mmsia.errors import ConfigError, DataError

SIMULATED_SEED = 0
COCO_NAME = "COCO val2017"
IMAGE_LIMITS = {Scale.SMOKE: 60, Scale.MINI: 240}
"""Scale -> images at most; `paper` takes all."""


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Annotations of a run and what may be said about numbers computed on them.

    Attributes:
        name: What they are, in words.
        path: The file that scores are computed on.
        annotations_digest: SHA-256 of it.
        digest: What a run's key says about the data: over all files that it reads.
        num_images: Images in the file.
        num_annotated: Those with annotated keypoints.
        num_used: Those that are used.
        num_groups: What is drawn in a bootstrap: these images, or their sequences.
        num_subjects: Annotated people, hands or objects in these.
        subjects: `people`, `hands` or `objects`.
        num_full: Annotated images of the whole data set, None where not known.
        simulated: Whether mmsia made them.
        complete: Whether this is the whole of the paper's data set.
        folder: Data folder with the images, where a run needs them.
        partial: Why what is read was not whole when it was prepared.
    """

    name: str
    path: Path
    annotations_digest: str
    digest: str
    num_images: int
    num_annotated: int
    num_used: int
    num_groups: int
    num_subjects: int
    subjects: str
    num_full: int | None
    simulated: bool
    complete: bool
    folder: Path | None = None
    partial: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """What a report says about the data."""
        return {
            "name": self.name,
            "path": str(self.path),
            "digest": self.digest,
            "annotations_digest": self.annotations_digest,
            "simulated": self.simulated,
            "complete": self.complete,
            "num_images": self.num_images,
            "num_annotated": self.num_annotated,
            "num_used": self.num_used,
            "num_groups": self.num_groups,
            "num_people": self.num_subjects,
            "subjects": self.subjects,
            "num_annotated_full": self.num_full,
            "partial": list(self.partial),
        }


@dataclass(frozen=True, kw_only=True)
class CocoSource(DataSource):
    """People in COCO's annotations, at hand for oracle evidence.

    Attributes:
        truth: The annotations, checked.
        records: The images that are used: those with annotated keypoints.
    """

    truth: CocoKeypoints
    records: tuple[ImageRecord, ...]

    @property
    def image_ids(self) -> list[int]:
        """COCO's numbers of the images that are used."""
        return [record.image_id for record in self.records]


def coco_source(
    truth: CocoKeypoints,
    name: str = COCO_NAME,
    *,
    most: int | None = None,
    simulated: bool = False,
    complete: bool = False,
    folder: Path | None = None,
    digest: str | None = None,
) -> CocoSource:
    """Annotated people as a source.

    Args:
        truth: The annotations.
        name: What they are.
        most: Images at most; None takes all.
        simulated: Whether mmsia made them.
        complete: Whether this is the whole of COCO val2017.
        folder: Data folder with the images.
        digest: Over all files, where there are several.
    """
    annotated = truth.annotated()
    records = annotated[:most]
    return CocoSource(
        name=name,
        path=truth.path,
        annotations_digest=truth.digest,
        digest=digest or truth.digest,
        num_images=len(truth.images),
        num_annotated=len(annotated),
        num_used=len(records),
        num_groups=len(records),
        num_subjects=sum(len(record.keypoints) for record in records),
        subjects="people",
        num_full=VAL2017_NUM_ANNOTATED,
        simulated=simulated,
        complete=complete,
        folder=folder,
        truth=truth,
        records=records,
    )


def expect_coco(data: DataSource) -> CocoSource:
    """The source as one of COCO's annotations.

    Args:
        data: What a run was given.

    Raises:
        ConfigError: If it is another one.
    """
    if not isinstance(data, CocoSource):
        raise ConfigError(
            "a measurement on COCO's annotations",
            expected="people in COCO's format",
            got=data.name,
        )
    return data


def choose_scale(scale: Scale | None, has_data: bool) -> Scale:
    """The scale asked for, else `paper` with data and `smoke` without.

    Raises:
        ConfigError: If `paper` is asked for without data.
    """
    if scale is Scale.PAPER and not has_data:
        raise ConfigError(
            "scale paper needs COCO's annotations",
            expected="--data-root D or --ann-file FILE",
            remedy="Name one of them, or run at scale smoke on simulated crowds",
        )
    return scale or (Scale.PAPER if has_data else Scale.SMOKE)


def open_data(
    scale: Scale,
    work_dir: Path,
    *,
    data_root: Path | None = None,
    ann_file: Path | None = None,
    allow_partial: bool = False,
) -> CocoSource:
    """Read the given annotations, or make simulated crowds below the work folder.

    Args:
        scale: How many images are used.
        work_dir: Work folder.
        data_root: Folder with `coco/annotations`.
        ann_file: A COCO person keypoint file, instead of a data root.
        allow_partial: Go on with a data root that does not hold the whole of COCO
            val2017 although the scale is the paper's; every number is marked then.

    Raises:
        DataError: If the file is not there, unusable, annotates nobody, or is not
            what a data root must hold.
    """
    given = data_root is not None or ann_file is not None
    reasons: tuple[str, ...] = ()
    if data_root is not None and ann_file is None:
        path, reasons = _below(data_root, allow_partial)
    else:
        path = ann_file or _simulate(scale, work_dir)
    truth = load_coco_keypoints(path)
    records = truth.annotated()
    if not records:
        raise DataError(
            f"{path} annotates nobody",
            expected="at least one image with a keypoint of visibility 1 or 2",
            got=f"{len(truth.images)} images without",
        )
    simulated = not given or _is_made(path)
    whole = truth.is_full_val2017() and not reasons
    if data_root is not None and scale is Scale.PAPER and not (whole or allow_partial):
        raise DataError(
            f"{path} is not the whole of COCO val2017",
            expected=f"{VAL2017_NUM_IMAGES} images, {VAL2017_NUM_ANNOTATED} of them "
            "with annotated keypoints",
            got=f"{len(truth.images)} images, {len(records)} of them",
            remedy="Fetch the original file; --allow-partial goes on without it and "
            "marks every number",
        )
    source = coco_source(
        truth,
        _name(given, simulated),
        most=IMAGE_LIMITS.get(scale),
        simulated=simulated,
        complete=not simulated and whole and scale is Scale.PAPER,
    )
    return replace(source, partial=reasons)


def _is_made(path: Path) -> bool:
    """Whether mmsia made a file of annotations, by itself or the tree that it is in."""
    below = path.parent.name == "annotations"
    return says_simulated(path) or (below and is_simulated(path.parent.parent))


def _name(given: bool, simulated: bool) -> str:
    if not given:
        return "simulated crowds"
    return stand_in_name(COCO_NAME) if simulated else COCO_NAME


def _below(data_root: Path, allow_partial: bool) -> tuple[Path, tuple[str, ...]]:
    """The annotations below a data root, and why they are not whole."""
    path = find_annotations(data_root)
    read = [f"{path.parent.name}/{path.name}"]
    return path, why_partial(path.parent.parent, read, allow_partial=allow_partial)


def _simulate(scale: Scale, work_dir: Path) -> Path:
    from mmsia.datasets.simulated.crowds import write_crowds

    num_images = IMAGE_LIMITS[scale]
    folder = work_dir / "data" / f"crowds-{num_images}-seed{SIMULATED_SEED}"
    # Written again each time: it takes a second and mends a damaged file.
    return write_crowds(folder, num_images, SIMULATED_SEED, with_images=False)
