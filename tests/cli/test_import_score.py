from __future__ import annotations

import json

import pytest

from mmsia.cli.main import main

ROW = "gog/table3/ours-final-768"


def entered(tmp_path, text, *more, row=ROW):
    path = tmp_path / "scores.txt"
    path.write_text(text)
    work = ["--work-dir", str(tmp_path / "work")]
    return main(["import-score", row, str(path), *more, *work])


def cells_of(tmp_path):
    path = tmp_path / "work" / "report" / "results.json"
    cells = json.loads(path.read_text())["cells"]
    return {(c["row"], c["column"]): c for c in cells if c["table"] == "gog/table3"}


def test_an_answer_reaches_the_report(tmp_path, capsys):
    assert entered(tmp_path, "AP: 0.655\nAP_M: 0.634\nAP_L: 0.689\n") == 0
    assert "scored by the server" in capsys.readouterr().out
    cells = cells_of(tmp_path)
    cell = cells["ours-final-768", "ap"]
    assert cell["value"] == pytest.approx(65.5) and cell["verdict"] == "match"
    assert cells["ours-final-640", "ap"]["verdict"] == "skipped"
    page = (tmp_path / "work" / "report" / "index.html").read_text()
    assert "scored by the server, file digest" in page and "65.50" in page
    # a second answer needs a word
    assert entered(tmp_path, "AP: 0.60") == 2
    assert "--replace" in capsys.readouterr().err
    assert entered(tmp_path, "AP: 0.60", "--replace") == 1
    assert cells_of(tmp_path)["ours-final-768", "ap"]["verdict"] == "worse"
    # the other tables are asked for afterwards, and it stays
    assert main(["report", str(tmp_path / "work")]) == 1
    assert cells_of(tmp_path)["ours-final-768", "ap"]["value"] == 60.0


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        ("AP: 0.6", "gog/table3/nobody", "is no row"),
        ("AP: 0.6", "gog/table1/ours-1", "is scored here"),
        ("AP: lots", ROW, "expected a number"),
        ("AP: 650", ROW, "expected a number"),
    ],
)
def test_bad_answers_change_nothing(text, row, said, tmp_path, capsys):
    assert entered(tmp_path, text, row=row) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_a_submission_of_another_row_is_refused(tmp_path, capsys):
    record = tmp_path / "a.record.json"
    record.write_text(json.dumps({"row": "gog/table3/centernet"}))
    assert entered(tmp_path, "AP: 0.6", "--submission", str(record)) == 2
    assert "one of gog/table3/centernet" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()
