"""From images on disk to a trained GOG, its scores and a submission, on the CPU."""

from __future__ import annotations

import json
import shutil
import zipfile

import pytest
import torch

from mmsia.cli.main import main
from mmsia.datasets.simulated.crowds import write_crowds
from mmsia.files import read_json, sha256_file
from mmsia.paths import project_root

TINY = str(project_root() / "configs" / "gog" / "gog_tiny.py")
SMALL = [
    "model.backbone.stage_channels=(16,16,16,16)",
    "model.backbone.feat_channel=16",
    "model.head.in_channels=16",
    "train_dataloader.batch_size=2",
    "train_dataloader.num_workers=0",
    "train_dataloader.persistent_workers=False",
    "val_dataloader.num_workers=0",
    "val_dataloader.persistent_workers=False",
    "test_dataloader.num_workers=0",
    "test_dataloader.persistent_workers=False",
    "train_cfg.val_interval=1",
    "default_hooks.logger.interval=1",
]
# Two steps teach nothing: every response counts as a keypoint so that people come out.
EAGER = ["model.head.decoder.keypoint_thr=0.0001", "model.head.decoder.pose_thr=0.0001"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    write_crowds(root / "coco", 4, seed=1, split="train2017")
    path = write_crowds(root / "coco", 3, seed=2, split="val2017")
    testdev = {"images": read_json(path)["images"]}
    testdev["categories"] = read_json(path)["categories"]
    target = path.with_name("image_info_test-dev2017.json")
    target.write_text(json.dumps(testdev))
    shutil.copytree(root / "coco" / "val2017", root / "coco" / "test2017")
    return root


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """A work folder after one epoch."""
    work = tmp_path_factory.mktemp("work")
    assert run("train", TINY, data, work, "train_cfg.max_epochs=1") == 0
    return work


def run(verb, config, data, work, *options, more=()):
    words = [verb, config, *more, "--data-root", str(data), "--work-dir", str(work)]
    return main([*words, "--cfg-options", *SMALL, *options])


def scores_of(work):
    """What the validation wrote to the log as JSON lines."""
    logs = sorted(work.glob("*/vis_data/scalars.json"))
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    return [line for line in lines if "coco/AP" in line], lines


def test_training_validates_and_leaves_a_plain_checkpoint(trained):
    validations, lines = scores_of(trained)
    assert len(validations) == 1
    losses = [line["loss_offset"] for line in lines if "loss_offset" in line]
    assert len(losses) == 2 and all(0 < loss < 1e4 for loss in losses)
    stored = torch.load(trained / "epoch_1.pth", weights_only=True)
    assert stored["meta"]["epoch"] == 1 and stored["meta"]["iter"] == 2
    assert all(tensor.isfinite().all() for tensor in stored["state_dict"].values())


def test_training_goes_on_from_its_checkpoint(trained, data, tmp_path):
    work = tmp_path / "again"
    shutil.copytree(trained, work)
    options = ["train_cfg.max_epochs=2"]
    assert run("train", TINY, data, work, *options, more=["--resume"]) == 0
    stored = torch.load(work / "epoch_2.pth", weights_only=True)
    assert stored["meta"]["iter"] == 4
    steps = [state["step"] for state in stored["optimizer"]["state"].values()]
    assert {int(step) for step in steps} == {4}
    # And ends where a training without the break does.
    assert run("train", TINY, data, tmp_path / "whole", *options) == 0
    whole = torch.load(tmp_path / "whole" / "epoch_2.pth", weights_only=True)
    for name, tensor in whole["state_dict"].items():
        assert torch.equal(tensor, stored["state_dict"][name]), name


@pytest.mark.skipif(torch.cuda.is_available(), reason="is of a processor")
def test_half_precision_on_a_processor_goes_on_to_the_bit(data, tmp_path):
    found = {}
    for name, parts in {"whole": [2], "parts": [1, 2]}.items():
        for epochs in parts:
            options = [f"train_cfg.max_epochs={epochs}"]
            more = ["--amp", "--resume"] if epochs != parts[0] else ["--amp"]
            assert run("train", TINY, data, tmp_path / name, *options, more=more) == 0
        found[name] = torch.load(tmp_path / name / "epoch_2.pth", weights_only=True)
    whole, parts = (each["state_dict"] for each in found.values())
    assert {tensor.dtype for tensor in whole.values()} <= {torch.float32, torch.int64}
    for name, tensor in whole.items():
        assert torch.equal(tensor, parts[name]), name


def test_a_damaged_checkpoint_is_set_aside(trained, data, tmp_path, capsys):
    work = tmp_path / "again"
    shutil.copytree(trained, work)
    whole = (work / "epoch_1.pth").read_bytes()
    (work / "epoch_1.pth").write_bytes(whole[: len(whole) // 2])
    options = ["train_cfg.max_epochs=1"]
    assert run("train", TINY, data, work, *options, more=["--resume"]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "corrupt" in line]
    assert len(lines) == 1 and "set aside as" in lines[0]
    assert (work / "epoch_1.pth.corrupt").is_file()
    again, before = (
        torch.load(folder / "epoch_1.pth", weights_only=True)["state_dict"]
        for folder in (work, trained)
    )
    for name, tensor in before.items():
        assert torch.equal(tensor, again[name]), name


def test_a_hostile_checkpoint_in_the_work_dir_is_refused(
    trained, data, tmp_path, capsys
):
    work, mark = tmp_path / "again", tmp_path / "ran"
    shutil.copytree(trained, work)

    class Trap:
        def __reduce__(self):
            return open, (str(mark), "w")

    torch.save({"state_dict": {}, "x": Trap()}, work / "epoch_7.pth")
    assert run("train", TINY, data, work, more=["--resume"]) == 2
    assert "io.open" in capsys.readouterr().err and not mark.exists()


def test_training_starts_from_given_weights(trained, data, tmp_path):
    """With a rate of zero, what comes out is what was put in."""
    start = trained / "epoch_1.pth"
    options = ["train_cfg.max_epochs=1", "optim_wrapper.optimizer.lr=0.0"]
    more = ["--weights", str(start)]
    assert run("train", TINY, data, tmp_path, *options, more=more) == 0
    before = torch.load(start, weights_only=True)["state_dict"]
    after = torch.load(tmp_path / "epoch_1.pth", weights_only=True)["state_dict"]
    for name, tensor in before.items():
        if "running" not in name and "batches" not in name:
            torch.testing.assert_close(after[name], tensor)


@pytest.mark.parametrize(
    "flip",
    [None, *(pytest.param(f, marks=pytest.mark.slow) for f in ("--flip", "--no-flip"))],
)
def test_testing_prints_and_writes_the_scores(trained, data, tmp_path, capsys, flip):
    out = tmp_path / "results.json"
    more = [str(trained / "epoch_1.pth"), "--out", str(out)]
    more += [flip] if flip else []
    assert run("test", TINY, data, tmp_path / "work", *EAGER, more=more) == 0
    assert "coco/AP" in capsys.readouterr().out
    result = read_json(out)
    assert result["schema"] == 1 and result["num_images"] == 3
    assert result["flip_test"] is (flip == "--flip")
    assert len(result["checkpoint_sha256"]) == 64
    assert {"coco/AP", "coco/AP (M)", "coco/AR"} <= set(result["metrics"])
    assert all(-1 <= value <= 1 for value in result["metrics"].values())


def test_fixed_height_takes_images_one_by_one(trained, data, tmp_path):
    out = tmp_path / "results.json"
    more = [str(trained / "epoch_1.pth"), "--out", str(out), "--flip"]
    options = [
        "test_dataloader.dataset.pipeline.1.mode=fixed_height",
        "test_dataloader.batch_size=1",
    ]
    assert run("test", TINY, data, tmp_path / "work", *EAGER, *options, more=more) == 0
    assert read_json(out)["num_images"] == 3


def test_a_network_that_finds_nobody_scores_zero(trained, data, tmp_path):
    out = tmp_path / "results.json"
    more = [str(trained / "epoch_1.pth"), "--out", str(out)]
    options = ["model.head.decoder.keypoint_thr=50.0"]
    assert run("test", TINY, data, tmp_path / "work", *options, more=more) == 0
    assert read_json(out)["metrics"]["coco/AP"] == 0


TESTDEV = [
    "test_dataloader.dataset.ann_file=annotations/image_info_test-dev2017.json",
    "test_dataloader.dataset.data_prefix.img=test2017/",
    "test_dataloader.dataset.images=all",
]


def test_export_writes_what_the_server_takes(trained, data, tmp_path):
    out = tmp_path / "out"
    more = [str(trained / "epoch_1.pth"), "--out", str(out), "--name", "tiny"]
    annotations = data / "coco" / "annotations" / "image_info_test-dev2017.json"
    options = [*EAGER, *TESTDEV, f"test_evaluator.ann_file={annotations}"]
    assert run("export", TINY, data, tmp_path / "work", *options, more=more) == 0
    stem = "person_keypoints_test-dev2017_tiny_results"
    names = {f"{stem}.json", f"{stem}.zip", f"{stem}.record.json"}
    assert {file.name for file in out.iterdir()} == names
    record = read_json(out / f"{stem}.record.json")
    assert record["row"] is None and record["num_images"] == 3
    assert record["archive"]["sha256"] == sha256_file(out / f"{stem}.zip")
    assert record["checkpoint"]["sha256"] == sha256_file(trained / "epoch_1.pth")
    people = read_json(out / f"{stem}.json")
    assert people
    for person in people:
        assert set(person) == {"image_id", "category_id", "keypoints", "score"}
        assert person["image_id"] in {1, 2, 3} and person["category_id"] == 1
        numbers = person["keypoints"]
        assert len(numbers) == 51
        assert set(numbers[2::3]) <= {0, 1}
        assert all(number == round(number, 2) for number in numbers)
    with zipfile.ZipFile(out / f"{stem}.zip") as archive:
        assert archive.namelist() == [f"{stem}.json"]
        assert archive.read(f"{stem}.json") == (out / f"{stem}.json").read_bytes()


def test_a_row_stands_for_its_config(trained, data, tmp_path, capsys):
    """As far as the weights, which are those of a tiny network."""
    checkpoint, out = str(trained / "epoch_1.pth"), str(tmp_path / "out")
    words = ["export", "gog/table3/ours-final-640", "--out", out]
    words += ["--data-root", str(data), "--work-dir", str(tmp_path / "work")]
    assert main([*words, "--checkpoint", checkpoint]) == 2
    assert "not those of this model" in capsys.readouterr().err
    assert main(words) == 2
    assert "CHECKPOINT or --checkpoint FILE, one of them" in capsys.readouterr().err
    assert main(["export", "gog/table1/ours-1", checkpoint, "--out", out]) == 2
    assert "is scored here" in capsys.readouterr().err


def test_what_cannot_run_says_why_and_ends_with_2(trained, data, tmp_path, capsys):
    checkpoint = str(trained / "epoch_1.pth")

    def error(verb, config, root, *options, more=()):
        work = tmp_path / "work"
        assert run(verb, config, root, work, *options, more=more) == 2
        return capsys.readouterr().err

    upper = TINY.replace("gog_tiny", "upper-bounds_default")
    assert "describes no network" in error("train", upper, data)
    assert "annotations of train_dataloader" in error("train", TINY, tmp_path)
    assert "there is no config" in error("train", "nowhere.py", data)
    assert "'modle'" in error("train", TINY, data, "modle.x=1")
    both = ["--weights", checkpoint, "--resume"]
    assert "expected one of them" in error("train", TINY, data, more=both)
    lost = [str(tmp_path / "lost.pth")]
    assert "nothing at that path" in error("test", TINY, data, more=lost)
    wider = ["model.head.limbs=coco44", "model.head.decoder.limbs=coco44"]
    message = error("test", TINY, data, *wider, more=[checkpoint])
    assert "head.offset_convs.0.weight (38, 16, 1, 1) for (88, 16, 1, 1)" in message
    served = ["test_evaluator.format_only=True"]
    message = error("test", TINY, data, *served, more=[checkpoint])
    assert "mmsia export" in message
    pixels = ["test_dataloader.dataset.data_prefix.img=test2099/"]
    out = [checkpoint, "--out", str(tmp_path / "out")]
    assert "images of test_dataloader are missing" in error(
        "export", TINY, data, *pixels, more=out
    )
    assert "letters" in error("export", TINY, data, more=[*out, "--name", "a/b"])
    other = ["optim_wrapper.type=ApexOptimWrapper"]
    assert "--amp" in error("train", TINY, data, *other, more=["--amp"])


def test_hostile_checkpoints_are_not_run(data, tmp_path, capsys):
    path, mark = tmp_path / "hostile.pth", tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return open, (str(mark), "w")

    torch.save({"state_dict": {"backbone.x": torch.ones(1)}, "x": Trap()}, path)
    for verb, more in (
        ("test", [str(path)]),
        ("export", [str(path), "--out", str(tmp_path / "out")]),
        ("train", ["--weights", str(path)]),
        ("train", ["--resume", str(path)]),
    ):
        options = ["train_cfg.max_epochs=1"]
        assert run(verb, TINY, data, tmp_path / "work", *options, more=more) == 2
        assert "--trust" in capsys.readouterr().err
        assert not mark.exists()


def test_mmposes_own_kind_of_runner_takes_the_config(data, tmp_path):
    """The config alone registers mmsia, as MMPose's tools/train.py needs it."""
    from mmengine.config import Config
    from mmengine.runner import Runner

    from mmsia.engine.run_config import parse_overrides, set_data_root

    config = Config.fromfile(TINY)
    config.merge_from_dict(parse_overrides([*SMALL, "train_cfg.max_epochs=1"], config))
    set_data_root(config, data)
    config.work_dir, config.experiment_name = str(tmp_path), "as_mmpose_does"
    runner = Runner.from_cfg(config)
    runner.train()
    assert runner.iter == 2
