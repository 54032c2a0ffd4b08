"""The upper bound of a codec: COCO AP with ground-truth maps as network output."""

from __future__ import annotations

from mmsia.bench.intervals import ap_draws, intervals_of
from mmsia.bench.measurement import Measurement, Request
from mmsia.bench.oracle import predict_from_ground_truth
from mmsia.bench.settings import build_codec
from mmsia.evaluation.keypoint_matches import match_keypoints


def measure_upper_bound(request: Request) -> Measurement:
    """Encode, decode, score and resample the images.

    Args:
        request: Codec, annotations and seeds.
    """
    data, done = request.data, 0

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
    matches = match_keypoints(data.truth, predictions, data.image_ids)
    draws = ap_draws(matches, request.num_draws)
    return Measurement(
        scores=matches.scores.as_dict(),
        intervals=intervals_of(draws),
        draws=draws,
        counts={
            "num_images": len(data.records),
            "num_people": sum(len(record.keypoints) for record in data.records),
            "num_poses": len(predictions),
        },
        predictions=predictions,
    )
