"""Real hands in the layout that SIA-GCN's configs name."""

from __future__ import annotations

import pytest

from mmsia.datasets.hand_splits import write_splits


@pytest.fixture
def real(samples, tmp_path):
    """The real samples in the layout that the config names."""
    folder = tmp_path / "panoptic"
    (folder / "annotations").mkdir(parents=True)
    for path in (samples / "panoptic_samples").glob("*.jpg"):
        (folder / path.name).symlink_to(path)
    ann_file = folder / "annotations" / "panoptic_train.json"
    ann_file.symlink_to(samples / "panoptic_samples" / "test_panoptic.json")
    write_splits(ann_file, folder / "splits", kinds=["random"])
    return folder
