"""The renderer's pixels do not depend on the processor's features."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

_CODE = """
import hashlib
import numpy as np
from mmsia.datasets.simulated.rendering import backgrounds, effects
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.rotations import uniform_rotation
from mmsia.datasets.simulated.rendering.scene import Scene, render
from mmsia.datasets.simulated.rendering.textures import KINDS, Texture

digest = hashlib.sha256()
camera = Camera((150.0, 150.0), (63.5, 47.5), (128, 96))
for number in range(12):
    rng = np.random.default_rng([3, number, 9])
    textures = [Texture(k, (9.0, 200.0, 90.0), 2.5, seed=number) for k in KINDS]
    things = backgrounds.clutter(
        rng, camera, 30, depth=(3.0, 9.0), radius=(2.0, 9.0),
        colours=rng.uniform(0, 255, (6, 3)), textures=textures,
    )
    turn = uniform_rotation(rng)
    things.append(effects.box(np.array([0, 0, 4.0]), np.ones(3) / 3, turn, (9, 9, 9)))
    scene = Scene(camera, things, backgrounds.backdrop(rng, camera.size), grain=3.0)
    seen = render(scene, rng)
    image = effects.motion_blur(seen.image, (5.0, 2.0))
    image = effects.soften(effects.low_light(image, 0.7), 3)
    image = effects.sensor_noise(image, 4.0, rng)
    for part in (seen.image, seen.depth, seen.parts, image):
        digest.update(part.tobytes())
    digest.update(effects.encode_jpeg(image, 71))
    digest.update(effects.jpeg(image, 71).tobytes())
print(digest.hexdigest())
"""


def test_pixels_depth_and_jpeg_are_the_same_on_a_plain_processor(
    plain_digests: Callable[[str], dict[str, str]],
) -> None:
    found = plain_digests(_CODE)
    assert set(found.values()) == {found["as it is"]}, found
    assert len(found["as it is"]) == 64


def test_the_switches_do_change_what_is_not_written_with_care(
    plain_digests: Callable[[str], dict[str, str]],
) -> None:
    if not any(__cpu_features__[name] for name in __cpu_dispatch__):
        pytest.skip("numpy has no features here that could be switched off")
    code = (
        "import hashlib, numpy as np\n"
        "x = np.random.default_rng(0).uniform(-9, 9, 100000)\n"
        "y = np.exp(x.astype(np.float32))\n"
        "found = (np.sin(x) + np.exp(x)).tobytes() + y.tobytes()\n"
        "print(hashlib.sha256(found).hexdigest())"
    )
    found = plain_digests(code)
    assert found["numpy"] != found["as it is"]
