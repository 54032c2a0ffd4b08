"""The server's answer in each of its forms, and what is none."""

from __future__ import annotations

import json

import pytest

from mmsia.bench.server_answer import STATS, read_answer
from mmsia.errors import DataError

# README of GOG's release, test-dev, long edge 640
TEN = [0.647, 0.858, 0.705, 0.607, 0.704, 0.696, 0.886, 0.748, 0.636, 0.779]
SUMMARY = """
 Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets= 20 ] = 0.647
 Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets= 20 ] =  0.858
 Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets= 20 ] = 0.705
 Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets= 20 ] = 0.607
 Average Precision  (AP) @[ IoU=0.50:0.95 | area= large | maxDets= 20 ] = 0.704
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 20 ] = 0.696
 Average Recall     (AR) @[ IoU=0.50      | area=   all | maxDets= 20 ] = 0.886
 Average Recall     (AR) @[ IoU=0.75      | area=   all | maxDets= 20 ] = 0.748
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=medium | maxDets= 20 ] = 0.636
 Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets= 20 ] = 0.779
"""
NAMES = ("AP", "AP50", "AP_75", "AP (M)", "AP_L", "ar", "AR .5", "AR0.75")
NAMES += ("AR medium", "AR-large")


def written(tmp_path, text):
    path = tmp_path / "answer"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        SUMMARY,
        json.dumps(TEN),
        json.dumps([100 * value for value in TEN]),
        json.dumps(dict(zip(NAMES, TEN, strict=True))),
        json.dumps({**dict(zip(NAMES, map(str, TEN), strict=True)), "user": "me"}),
        "\n".join(f"{n}: {v}" for n, v in zip(NAMES, TEN, strict=True)) + "\nset:dev\n",
        "\n".join(f"{n} = {v}" for n, v in zip(NAMES, TEN, strict=True)),
    ],
    ids=["summary", "list", "percent", "names", "texts", "lines", "equals"],
)
def test_every_form_gives_the_same_percent(text, tmp_path):
    found = read_answer(written(tmp_path, text))
    assert list(found) == list(STATS)
    assert [found[name] for name in STATS] == pytest.approx([100 * v for v in TEN])


def test_one_name_is_enough_and_what_was_not_scored_is_left_out(tmp_path):
    assert read_answer(written(tmp_path, "AP: 0.5\nAP_M: -1")) == {"ap": 50.0}
    assert read_answer(written(tmp_path, '{"AP": 0, "AR": 3.5}'))["ar"] == 3.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AP: high", "ap in .*answer: expected a number from 0 to 1.*'high'"),
        ('{"AP": null}', "got None"),
        ('{"AP": true}', "got True"),
        ("AP: nan", "got 'nan'"),
        ("AP: -0.2", "got '-0.2'"),
        ("AP: 101", "got '101'"),
        ('{"AP": 0.6, "AP50": 85.8}', "all from 0 to 1.*ap 0.6 and ap50 85.8"),
        ("[0.6, 0.8]", "10 numbers.*got 2"),
        ("AR: 0.7", "no answer of COCO's server"),
        ("AP: -1", "no answer of COCO's server"),
        ("", "none of these"),
        ('{"AP": 0.6', "whole JSON"),
    ],
)
def test_what_is_no_answer_is_named(text, said, tmp_path):
    with pytest.raises(DataError, match=said):
        read_answer(written(tmp_path, text))


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(DataError, match="cannot read"):
        read_answer(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00AP")
    with pytest.raises(DataError, match="cannot read"):
        read_answer(tmp_path / "bytes")
