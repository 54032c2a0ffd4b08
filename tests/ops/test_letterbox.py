"""GOG's two ways of fitting an image into the network's input."""

import numpy as np
import pytest

from mmsia.errors import InputError
from mmsia.ops.letterbox import fixed_height, long_edge, own_size


def test_long_edge_by_hand():
    box = long_edge((500, 375), 640)
    assert box.resized_size == (640, 480) and box.padded_size == (640, 640)
    assert (box.left, box.top) == (0, 80)
    np.testing.assert_allclose(box.to_input(np.array([499.0, 374.0])), [639, 479 + 80])
    np.testing.assert_allclose(box.to_input(np.zeros(2)), [0, 80])


def test_sizes_are_cut_not_rounded():
    # 333 * 640 / 500 = 426.24, 640 - 426 = 214 on both sides; 427 would be rounding up
    assert long_edge((333, 500), 640).resized_size == (426, 640)
    assert long_edge((333, 500), 640).left == 107


def test_fixed_height_pads_right_and_bottom_to_128():
    box = fixed_height((500, 375), 640)
    assert box.resized_size == (853, 640) and box.padded_size == (896, 640)
    assert (box.left, box.top) == (0, 0)


@pytest.mark.parametrize(
    ("size", "resized", "padded", "corner"),
    [
        ((640, 427), (640, 427), (768, 512), (64, 43)),
        ((500, 375), (500, 375), (512, 384), (6, 5)),
        ((512, 383), (512, 383), (640, 384), (64, 1)),
        ((1280, 641), (640, 320), (768, 384), (64, 32)),
    ],
)
def test_own_size_keeps_images_and_always_pads(size, resized, padded, corner):
    box = own_size(size, 640)
    assert (box.resized_size, box.padded_size) == (resized, padded)
    assert (box.left, box.top) == corner
    if resized == size:
        np.testing.assert_allclose(box.to_input(np.array([7.0, 9])) - corner, [7, 9])


@pytest.mark.parametrize("fit", [long_edge, fixed_height, own_size])
@pytest.mark.parametrize(
    "size", [(1, 1), (8000, 200), (200, 8000), (8000, 6), (1, 900), (64, 48)]
)
def test_round_trip(fit, size):
    box = fit(size, 640)
    points = np.random.default_rng(0).uniform(-10, 1000, (50, 2))
    np.testing.assert_allclose(box.to_image(box.to_input(points)), points, atol=1e-8)
    assert min(box.resized_size) >= 1
    assert all(r <= p for r, p in zip(box.resized_size, box.padded_size, strict=True))


@pytest.mark.parametrize("size", [(0, 5), (5, -1)])
def test_image_without_pixels_is_refused(size):
    with pytest.raises(InputError, match="without pixels"):
        long_edge(size, 640)
    with pytest.raises(InputError, match="without pixels"):
        fixed_height((5, 5), 0)
