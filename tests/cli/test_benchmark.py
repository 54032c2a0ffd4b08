"""`mmsia benchmark gog` prints its tables and writes what it measured."""

import json

import pytest

from mmsia.cli.main import main


def test_prints_and_writes(tmp_path, capsys):
    out = tmp_path / "speed.json"
    status = main(
        ["benchmark", "gog", "--people", "2", "--maps", "encoded", "--size", "128",
         "--rounds", "2", "--scenes", "2", "--json", str(out)]
    )  # fmt: skip
    printed = capsys.readouterr().out
    assert status == 0
    for task in ("targets", "decode", "limbs", "grouping"):
        assert f"{task}: median ms" in printed
    written = json.loads(out.read_text())
    assert written["schema"] == 1 and written["provenance"]["threads"] == 1
    assert {entry["task"] for entry in written["measured"]} == {
        "targets", "decode", "limbs", "grouping",
    }  # fmt: skip
    assert all(
        len(times) == 2
        for entry in written["measured"]
        for times in entry["times_ms"].values()
    )


@pytest.mark.parametrize(
    "words",
    [
        ["--rounds", "0"],
        ["--people", "0"],
        ["--size", "30"],
        ["--ann-file", "none.json"],
    ],
)
def test_wrong_arguments_are_named(words, capsys):
    assert main(["benchmark", "gog", "--people", "1", "--scenes", "1", *words]) == 2
    assert words[0].removeprefix("--").partition("-")[0] in capsys.readouterr().err
