"""Losses of trainings: one line a seed, the numbers beside the picture."""

from __future__ import annotations

from mmsia.report.training_curves import draw_training, training_figure

CURVES = {
    "Ours": [[(1, 10.0), (2, 5.0)], [(1, 9.0), (2, 4.0)]],
    "Theirs": [[(1, 8.0), (2, 7.5)]],
}


def test_the_csv_holds_every_point() -> None:
    figure = training_figure("gog/table1", CURVES)
    assert figure.csv_name == "gog-table1-training.csv"
    assert figure.csv_text.splitlines() == [
        "row,seed,step,loss",
        *("Ours,1,1,10", "Ours,1,2,5", "Ours,2,1,9", "Ours,2,2,4"),
        *("Theirs,1,1,8", "Theirs,1,2,7.5"),
    ]


def test_the_picture_is_the_same_each_time_and_each_seed_is_a_line() -> None:
    picture = draw_training(CURVES)
    assert picture == draw_training(CURVES)
    single = {row: seeds[:1] for row, seeds in CURVES.items()}
    lines = picture.count(b"clip-path"), draw_training(single).count(b"clip-path")
    assert lines[0] > lines[1]
    assert draw_training(CURVES, narrow=True) != picture
