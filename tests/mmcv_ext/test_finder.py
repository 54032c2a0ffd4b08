"""Each case needs a fresh interpreter: what was imported once cannot be unseen."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def run(code: str, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *args],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def real_ext(tmp_path):
    """A folder with an `_ext` module, as a compiled build of mmcv has it."""
    (tmp_path / "_ext.py").write_text("nms = 'the real one'\n")
    return str(tmp_path)


def test_import_mmsia_is_light():
    run("""
        import sys
        import mmsia
        heavy = {"torch", "torchvision", "mmcv", "mmengine", "mmpose", "numpy", "cv2"}
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
    """)


def test_installed_once_and_spec_is_found():
    out = run("""
        import importlib.util, sys
        import mmsia
        mmsia.mmcv_ext.install()
        names = [type(finder).__name__ for finder in sys.meta_path]
        assert names.count("StandInFinder") == 1, names
        spec = importlib.util.find_spec("mmcv._ext")
        assert mmsia.mmcv_ext.is_stand_in()
        import mmcv._ext
        assert mmcv._ext.__spec__.name == spec.name == "mmcv._ext"
        assert not hasattr(mmcv._ext, "__path__")
        assert hasattr(mmcv._ext, "any_operator")
        from mmengine.utils.dl_utils import mmcv_full_available
        print(spec.origin, mmcv_full_available())
    """)
    assert out == "mmsia.mmcv_ext True\n"


def test_mmpose_and_mmdet_import_whole():
    run("""
        import mmsia.all
        import mmpose, mmpose.apis, mmpose.codecs, mmpose.datasets, mmpose.engine
        import mmpose.evaluation, mmpose.models, mmpose.visualization
        import mmdet.apis, mmdet.datasets, mmdet.engine, mmdet.evaluation, mmdet.models
        import mmcv.ops
        from mmpose.registry import KEYPOINT_CODECS, MODELS
        assert MODELS.get("HourglassNet") and MODELS.get("mmdet.MaskRCNN")
        assert KEYPOINT_CODECS.get("AssociativeEmbedding")
    """)


def test_real_one_on_the_path_is_left_alone(real_ext):
    out = run(
        """
        import sys
        import mmsia
        import mmcv
        mmcv.__path__.append(sys.argv[1])
        assert not mmsia.mmcv_ext.is_stand_in()
        import mmcv._ext
        print(mmcv._ext.nms, hasattr(mmcv._ext, "softnms"))
        """,
        real_ext,
    )
    assert out == "the real one False\n"


def test_real_one_of_a_later_finder_is_left_alone(real_ext):
    out = run(
        """
        import importlib.util, sys
        import mmsia

        class Editable:
            def find_spec(self, name, path, target=None):
                if name == "mmcv._ext":
                    file = sys.argv[1] + "/_ext.py"
                    return importlib.util.spec_from_file_location(name, file)

        sys.meta_path.append(Editable())
        import mmcv._ext
        print(mmcv._ext.nms, mmsia.mmcv_ext.is_stand_in())
        """,
        real_ext,
    )
    assert out == "the real one False\n"


def test_real_one_imported_before_is_left_alone(real_ext):
    out = run(
        """
        import sys
        import mmcv
        mmcv.__path__.append(sys.argv[1])
        import mmcv._ext as before
        import mmsia
        import mmcv._ext as after
        print(before is after, after.nms)
        """,
        real_ext,
    )
    assert out == "True the real one\n"


def test_without_mmcv_its_absence_is_what_is_reported():
    run("""
        import sys
        import mmsia
        sys.modules["mmcv"] = None
        try:
            mmsia.mmcv_ext.is_stand_in()
        except ModuleNotFoundError as error:
            assert error.name == "mmcv", error
        else:
            raise SystemExit("no error")
    """)
