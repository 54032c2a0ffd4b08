from __future__ import annotations

from mmsia.log import get_logger, set_up_logging


def test_names_below_the_one_logger():
    assert get_logger().name == "mmsia"
    assert get_logger("mmsia").name == "mmsia"
    assert get_logger("bench.run").name == "mmsia.bench.run"
    assert get_logger("mmsia.bench.run") is get_logger("bench.run")


def test_twice_set_up_writes_each_line_once(tmp_path, capsys):
    set_up_logging(log_file=tmp_path / "first.log")
    set_up_logging("WARNING", log_file=tmp_path / "second.log")
    get_logger("bench").info("quiet")
    get_logger("bench").warning("loud")
    err = capsys.readouterr().err
    assert err.count("loud") == 1 and "quiet" not in err
    assert (tmp_path / "second.log").read_text().endswith("WARNING loud\n")
    assert (tmp_path / "first.log").read_text() == ""
