"""The laboratory example runs on a config of MMPose's and prints its curves."""

import importlib.util
import json

from mmsia.datasets.simulated.crowds import simulate_crowds
from mmsia.paths import project_root


def test_runs_on_a_config_of_mmpose(tmp_path, capsys):
    path = project_root() / "examples" / "codec_laboratory.py"
    spec = importlib.util.spec_from_file_location("codec_laboratory", path)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    annotations, config = tmp_path / "people.json", tmp_path / "msra.py"
    annotations.write_text(json.dumps(simulate_crowds(2, seed=3)))
    config.write_text(
        "codec = dict(type='MSRAHeatmap', input_size=(192, 256), "
        "heatmap_size=(48, 64), sigma=2)\n"
    )
    points = example.main([str(config), "--ann-file", str(annotations)])
    assert {point.kind for point in points} == {"gain", "blur", "noise"}
    assert points[0].level == 0 and points[0].ap > 80
    assert "damage" in capsys.readouterr().out
