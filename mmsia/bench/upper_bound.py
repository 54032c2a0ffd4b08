"""The upper bound of a codec: COCO AP with ground-truth maps as network output."""

from __future__ import annotations

from mmsia.bench.data import expect_coco
from mmsia.bench.intervals import intervals_of
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.oracle import predict_from_ground_truth
from mmsia.bench.scoring.coco_ap import CocoAP
from mmsia.bench.settings import build_codec


def measure_upper_bound(request: Request) -> Measurement:
    """Encode, decode, score and resample the images.

    Args:
        request: Codec, annotations and seeds.
    """
    data, done = expect_coco(request.data), 0

    def advance() -> None:
        nonlocal done
        done += 1
        request.on_progress(done, len(data.records))

    predictions = predict_from_ground_truth(
        data.records,
        build_codec(request.settings),
        seed=request.seed,
        num_workers=request.num_workers,
        on_image=advance,
    )
    scored = CocoAP().score(data.truth, predictions, data.image_ids, request.num_draws)
    return Measurement(
        scores=scored.scores,
        intervals=intervals_of(scored.draws),
        draws=scored.draws,
        counts=scored.counts,
        predictions=predictions,
    )
