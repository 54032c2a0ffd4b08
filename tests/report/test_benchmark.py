"""The table, the plot and the files of `mmsia benchmark`, from made records."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mmsia.bench.speed.record import Record
from mmsia.bench.speed.timing import Timing
from mmsia.errors import InputError
from mmsia.report.benchmark import (
    NUMBERS,
    PICTURE,
    RECORDS,
    TABLE,
    speed_table,
    table_rows,
    write_benchmark,
)

COMMAND = "mmsia benchmark --all --out here"
VERSIONS = {
    "mmsia": "1.0", "commit": "abc", "python": "3.11", "torch": "2", "mmpose": "1.3.2",
}  # fmt: skip


def made(case: str, reason: str = "", **times: float) -> Record:
    timings = [Timing(name, np.full(5, seconds)) for name, seconds in times.items()]
    device = {"kind": "cpu", "name": "a processor"}
    megabytes = {"ours": 10.0, "quick": 20.4}
    return Record(
        "codecs", case, timings, device, 1, 2, (0.1, 0.2), VERSIONS, megabytes, reason
    )


RECORDS_MADE = [
    made("won | lost", "it does more", ours=0.002, slow=0.004, quick=0.001),
    made("alone", ours=0.002),
]


def test_rows_by_hand():
    slow, quick = table_rows(RECORDS_MADE[0])
    assert slow["ours_ms"] == "2 (2 - 2)" and slow["peer_ms"] == "4"
    assert slow["ratio"] == "2.00 [2.00, 2.00]" and slow["outcome"] == "faster"
    assert quick["ratio"] == "0.50 [0.50, 0.50]" and quick["outcome"] == "slower"
    assert (slow["memory"], quick["memory"]) == ("", "10, 20")
    assert (slow["first"], quick["first"]) == (True, False)
    (alone,) = table_rows(RECORDS_MADE[1])
    assert alone["peer"] == alone["ratio"] == ""


def test_table_marks_losses_and_states_reasons_once():
    table = speed_table(RECORDS_MADE, COMMAND)
    assert "1 comparisons faster" in table and "1 slower" in table
    assert r"| won \| lost | ours | 2 (2 - 2) | quick | 1 " in table
    assert table.count("**slower**") == 1 + 1  # the line above the tables names it
    assert table.count(r"- won \| lost: it does more.") == 1
    assert COMMAND in table and "at commit abc" in table
    won = made("won", "it does more", ours=0.001, slow=0.002)
    assert "it does more" not in speed_table([won], COMMAND)


def test_a_loss_without_a_reason_is_counted():
    table = speed_table([made("lost", ours=0.002, quick=0.001)], COMMAND)
    assert "of those, 1 by more than 10 % without a reason" in table


def test_files(tmp_path: Path):
    folder = tmp_path / "new" / "folder"
    write_benchmark(RECORDS_MADE, folder, COMMAND)
    written = json.loads((folder / RECORDS).read_text())
    assert written["schema"] == 1 and written["command"] == COMMAND
    assert [each["case"] for each in written["records"]] == ["won | lost", "alone"]
    lines = list(csv.DictReader((folder / NUMBERS).read_text().splitlines()))
    assert [line["ours_is"] for line in lines] == ["faster", "slower", ""]
    assert [line["times_as_long"] for line in lines] == ["2.0", "0.5", ""]
    assert [line["reason"] for line in lines] == ["", "it does more", ""]
    assert (folder / PICTURE).read_bytes().count(b"<svg") == 1
    assert (folder / TABLE).read_text() == speed_table(RECORDS_MADE, COMMAND)


def test_nothing_measured(tmp_path: Path):
    with pytest.raises(InputError, match="one record at least"):
        write_benchmark([], tmp_path, COMMAND)
