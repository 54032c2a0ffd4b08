from __future__ import annotations

import json
import random
import subprocess
import sys
from itertools import chain

import pytest

from mmsia.datasets.hand_sequences import group_images
from mmsia.datasets.hand_splits import main, read_split, split_images, write_splits
from mmsia.datasets.simulated.hands import write_hands
from mmsia.errors import DataError, InputError
from mmsia.files import read_json, sha256_file

# range(20), shuffled by Python's generator with seed 1111.
GOLDEN = {
    "train": [0, 1, 2, 3, 5, 8, 9, 10, 12, 13, 14, 15, 16, 18],
    "val": [4, 7, 17],
    "test": [6, 11, 19],
}


def images(num, **more):
    return [{"id": i, "file_name": f"{i:08d}.jpg", **more} for i in range(num)]


def write(path, entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"images": entries, "annotations": []}))
    return path


def test_panoptic_is_shuffled_as_by_the_authors_and_cut_at_70_and_85():
    names = [f"{i:08d}.jpg" for i in range(14817)]
    state = random.getstate()
    random.seed(1111)
    random.shuffle(names)
    random.setstate(state)
    expected = {
        "train": names[: int(0.7 * 14817)],
        "val": names[int(0.7 * 14817) : int(0.85 * 14817)],
        "test": names[int(0.85 * 14817) :],
    }
    parts = split_images(images(14817))
    assert [len(part) for part in parts.values()] == [10371, 2223, 2223]
    for part, ids in parts.items():
        assert ids == sorted(int(name[:8]) for name in expected[part])


def test_the_order_is_the_same_on_every_machine():
    assert split_images(images(20)) == GOLDEN
    reversed_file = list(reversed(images(20)))
    assert split_images(reversed_file) == GOLDEN
    assert split_images(images(20), seed=1) != GOLDEN


@pytest.mark.parametrize("kind", ["random", "sequence"])
@pytest.mark.parametrize("num", [3, 4, 90, 1001])
def test_every_image_is_in_one_part(kind, num):
    entries = [{**image, "sequence": image["id"] // 3} for image in images(num)]
    if kind == "sequence" and num < 9:
        with pytest.raises(DataError, match=f"groups of {num} images"):
            split_images(entries, kind)
        return
    parts = split_images(entries, kind)
    assert all(parts.values())
    assert sorted(chain(*parts.values())) == list(range(num))


def test_whole_percents_are_not_lost_to_rounding():
    # 0.7 * 90 is 62.99...
    assert [len(part) for part in split_images(images(90)).values()] == [63, 13, 14]


def test_sequences_are_kept_whole_and_fill_no_more_than_their_share():
    entries = [{**image, "sequence": image["id"] % 37} for image in images(1000)]
    parts = split_images(entries, "sequence")
    where = [{i % 37 for i in ids} for ids in parts.values()]
    assert not where[0] & where[1] and not where[0] & where[2]
    assert not where[1] & where[2]
    # A sequence has 27 or 28 images.
    assert 700 - 28 < len(parts["train"]) <= 700
    assert 850 - 28 < len(parts["train"]) + len(parts["val"]) <= 850


def test_a_random_split_of_neighbours_leaks_and_a_grouped_one_does_not():
    entries = images(14817)
    names = group_images(entries)
    shared = {}
    for kind in ("random", "sequence"):
        parts = split_images(entries, kind)
        train, test = ({names[i] for i in parts[p]} for p in ("train", "test"))
        shared[kind] = len(train & test)
    assert shared["sequence"] == 0
    assert shared["random"] > 140


def test_a_file_says_what_it_was_made_from(tmp_path):
    ann_file = write(tmp_path / "a.json", images(20))
    paths = write_splits(ann_file, tmp_path / "splits", kinds=["random"])
    (path,) = paths
    record = read_json(path)
    assert path.name == "random.json"
    assert record["annotations"]["sha256"] == sha256_file(ann_file)
    assert (record["kind"], record["seed"], record["parts"]) == ("random", 1111, GOLDEN)
    assert read_split(path, ann_file, ["val"]) == set(GOLDEN["val"])
    both = read_split(path, ann_file, ["val", "test"])
    assert both == set(GOLDEN["val"]) | set(GOLDEN["test"])


def test_only_images_below_a_folder_are_shared_out(tmp_path):
    entries = images(30)
    for image in entries[20:]:
        image["file_name"] = "other/" + image["file_name"]
    ann_file = write(tmp_path / "a.json", entries)
    (path,) = write_splits(ann_file, tmp_path, below="other/", kinds=["random"])
    parts = read_json(path)["parts"]
    assert sorted(chain(*parts.values())) == list(range(20, 30))
    with pytest.raises(DataError, match="none of 30"):
        write_splits(ann_file, tmp_path, below="hand143/")


def test_simulated_hands_keep_their_sequences(tmp_path):
    write_hands(tmp_path, 24, seed=3)
    ann_file = tmp_path / "annotations" / "panoptic_train.json"
    random_file, sequence_file = write_splits(ann_file, tmp_path / "splits")
    sequence = {i["id"]: i["sequence"] for i in read_json(ann_file)["images"]}
    parts = read_json(sequence_file)["parts"]
    groups = [{sequence[number] for number in ids} for ids in parts.values()]
    assert sum(map(len, groups)) == len(set(sequence.values())) == 6
    assert sorted(chain(*parts.values())) == sorted(sequence)
    assert [len(ids) for ids in read_json(random_file)["parts"].values()] == [16, 4, 4]


def test_real_samples(samples, tmp_path):
    ann_file = samples / "panoptic_samples" / "test_panoptic.json"
    (path,) = write_splits(ann_file, tmp_path, kinds=["random"])
    ids = read_split(path, ann_file, ["train", "val", "test"])
    assert ids == {100520, 100521, 100586, 100587}
    # Two hands of one image and two of one video.
    with pytest.raises(DataError, match="2 groups of 4 images"):
        write_splits(ann_file, tmp_path, kinds=["sequence"])


def test_the_command_writes_both_files(tmp_path):
    ann_file = write(tmp_path / "a.json", images(1000))
    command = [sys.executable, "-m", "mmsia.datasets.hand_splits", str(ann_file)]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "s")], capture_output=True, check=True
    )
    assert b"random.json" in done.stderr
    for name in ("random.json", "sequence.json"):
        assert read_split(tmp_path / "s" / name, ann_file, ["train"])


def test_the_command_can_leave_the_test_part_out(tmp_path):
    ann_file = write(tmp_path / "a.json", images(2000))
    main([str(ann_file), "--out", str(tmp_path), "--no-test"])
    parts = read_json(tmp_path / "random.json")["parts"]
    assert {part: len(ids) for part, ids in parts.items()} == {
        "train": 1700,
        "val": 300,
    }


def test_bad_splits_are_named(tmp_path):
    with pytest.raises(InputError, match="kind of random, sequence"):
        split_images(images(9), "by-hand")
    with pytest.raises(InputError, match="percentages of 100"):
        split_images(images(9), percentages={"train": 70, "val": 20})
    with pytest.raises(DataError, match="at least 3 groups"):
        split_images(images(2))
    other = tmp_path / "list.json"
    other.write_text("[]")
    with pytest.raises(DataError, match="COCO annotations"):
        write_splits(other, tmp_path)


def test_a_split_that_cannot_be_used_is_named(tmp_path):
    ann_file = write(tmp_path / "a.json", images(20))
    with pytest.raises(DataError, match=r"missing.*python -m mmsia"):
        read_split(tmp_path / "random.json", ann_file, ["train"])
    (path,) = write_splits(ann_file, tmp_path, kinds=["random"])
    with pytest.raises(DataError, match=r"train, val, test, got holdout"):
        read_split(path, ann_file, ["train", "holdout"])
    with pytest.raises(DataError, match="got none"):
        read_split(path, ann_file, [])
    write(ann_file, images(21))
    with pytest.raises(DataError, match="another annotation file"):
        read_split(path, ann_file, ["train"])
    path.write_text('{"schema": 0}')
    with pytest.raises(DataError, match="schema 1"):
        read_split(path, ann_file, ["train"])
