"""Put any heatmap codec of an MMPose config through the codec laboratory.

    python examples/codec_laboratory.py CONFIG... --ann-file person_keypoints.json

Prints COCO AP with ground-truth maps in place of the network, without damage and under
each kind and level of it. Codecs of one person get each annotated person's crop, so
only their fall, not their height, compares with codecs of crowds.
"""

from __future__ import annotations

import argparse

from mmengine.config import Config
from mmpose.registry import KEYPOINT_CODECS
from rich.console import Console
from rich.table import Table

import mmsia.all  # noqa: F401, registers our codecs with MMPose
from mmsia.bench.laboratory import CurvePoint, degradation_curves
from mmsia.datasets.coco_keypoints import load_coco_keypoints


def main(words: list[str] | None = None) -> list[CurvePoint]:
    """Measure the codecs of some configs and print their curves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configs", nargs="+", help="configs with a codec at top level")
    parser.add_argument("--ann-file", required=True, help="COCO person keypoints")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    args = parser.parse_args(words)
    codecs = {
        path: KEYPOINT_CODECS.build(dict(Config.fromfile(path).codec))
        for path in args.configs
    }
    points = degradation_curves(
        load_coco_keypoints(args.ann_file), codecs, num_workers=args.workers
    )
    table = Table("codec", "damage", "level", "AP", "AR")
    for point in points:
        numbers = (f"{value:.1f}" for value in (point.ap, point.ar))
        table.add_row(point.codec, point.kind, f"{point.level:g}", *numbers)
    Console().print(table)
    return points


if __name__ == "__main__":
    main()
