"""The gallery's picture and its table."""

import csv
import io

import numpy as np

from mmsia.bench.gallery import Choice
from mmsia.datasets.coco_keypoints import ImageRecord
from mmsia.report.gallery import draw_gallery, gallery_csv, gallery_figure


def make_choice(number, poses=1):
    keypoints = np.random.default_rng(number).uniform(10, 190, (2, 17, 3))
    keypoints[..., 2] = 2
    record = ImageRecord(
        image_id=number, file_name="x", width=200, height=200, keypoints=keypoints,
        boxes=np.zeros((2, 4)), areas=np.full(2, 900.0), annotation_ids=np.arange(2),
    )  # fmt: skip
    return Choice(record, keypoints[:poses], 0.5, f"worst {number}")


def test_same_choices_same_picture():
    choices = [make_choice(1), make_choice(2, poses=0)]
    picture = draw_gallery(choices, num_columns=4)
    assert picture.startswith(b"\x89PNG")
    assert picture == draw_gallery(choices, num_columns=4)
    assert picture != draw_gallery(choices[::-1], num_columns=4)


def test_every_image_has_its_line():
    rows = list(csv.DictReader(io.StringIO(gallery_csv([make_choice(7, poses=2)]))))
    assert rows == [
        {"image_id": "7", "why": "worst 7", "score": "0.5000", "people": "2",
         "poses": "2"}
    ]  # fmt: skip


def test_figure_names_its_rule():
    figure = gallery_figure("gog/fig2", "found people", [make_choice(1)])
    assert figure.csv_name == "gog-fig2.csv"
    assert "worst eight" in figure.caption
    assert figure.image.startswith("data:image/png;base64,")
