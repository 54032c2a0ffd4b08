from __future__ import annotations

import pytest
import torch

import mmsia  # noqa: F401 - lets mmcv._ext be found
from mmsia.errors import MissingPartError
from mmsia.mmcv_ext.operators import NEEDED_BY, OPERATORS, get_operator


def test_missing_operator_names_itself_its_users_and_the_remedy():
    from mmcv.ops import soft_nms

    boxes, scores = torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([1.0])
    with pytest.raises(MissingPartError) as caught:
        soft_nms(boxes, scores)
    message = str(caught.value)
    assert "operator softnms is not available" in message
    assert "CornerNet" in message
    assert "pip install" in message and "onedl-mmcv" in message


def test_operator_without_a_known_user_still_names_itself():
    with pytest.raises(MissingPartError, match="operator three_nn_forward is not"):
        get_operator("three_nn_forward")(1, key=2)


def test_roi_pool_is_not_taken_from_torchvision():
    from mmcv.ops import roi_pool

    with pytest.raises(MissingPartError, match="RoIAlign works"):
        roi_pool(torch.zeros(1, 1, 4, 4), torch.zeros(1, 5), 2)


def test_table_of_users_does_not_name_what_works():
    assert not [
        name for name in OPERATORS for start in NEEDED_BY if name.startswith(start)
    ]


def test_environment_report_of_mmcv_works():
    from mmcv.ops import get_compiler_version, get_compiling_cuda_version

    assert "stand-in" in get_compiler_version()
    assert "stand-in" in get_compiling_cuda_version()
