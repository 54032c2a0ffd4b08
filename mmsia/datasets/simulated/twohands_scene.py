"""One frame of two hands: what is rendered and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mmsia.datasets.simulated.rendering.backgrounds import backdrop, clutter
from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.effects import (
    encode_jpeg,
    occluder,
    photograph,
)
from mmsia.datasets.simulated.rendering.primitives import NOTHING, Mesh
from mmsia.datasets.simulated.rendering.rotations import rotate
from mmsia.datasets.simulated.rendering.scene import Light, Rendered, Scene, render
from mmsia.datasets.simulated.rendering.textures import Texture
from mmsia.datasets.simulated.rendering.visibility import visible
from mmsia.datasets.simulated.twohands_contact import forearm_direction
from mmsia.datasets.simulated.twohands_people import Person, View
from mmsia.datasets.simulated.twohands_poses import PosedHand
from mmsia.datasets.simulated.twohands_presets import TwoHandsPreset
from mmsia.datasets.simulated.twohands_surface import hand_topology
from mmsia.ops.hand_mesh import JOINTS_21, PARENTS, HandModel, joints_21

SIDES = ("right", "left")
_FOREARM_RINGS = ((0.004, 0.98), (0.03, 0.98), (0.08, 1.08), (0.14, 1.2))
_PART_OF_TIP = {16: 15, 17: 3, 18: 6, 19: 12, 20: 9}
# A joint may lie this much deeper than the skin, relative to its bone's radius.
_FLESH = 1.9


@dataclass(frozen=True)
class Frame:
    """A rendered frame.

    Attributes:
        jpeg: The picture's file.
        clean: What was rendered, before blur, darkness and noise.
        camera: The camera with the frame's intrinsics.
        visible: (2, 21) whether a joint is seen, right hand first.
    """

    jpeg: bytes
    clean: Rendered
    camera: Camera
    visible: np.ndarray

    @property
    def image(self) -> np.ndarray:
        """(h, w, 3) uint8 BGR, as read from the file."""
        data = np.frombuffer(self.jpeg, dtype=np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_COLOR)


def to_camera(view: View, points: np.ndarray) -> np.ndarray:
    """World points (N, 3) in a view's frame: x right, y down, z forward."""
    return rotate(view.rotation, points - view.position)


def draw_frame(
    owner: Person,
    hands: dict[str, PosedHand],
    view: View,
    preset: TwoHandsPreset,
    rng: np.random.Generator,
) -> Frame:
    """Render a frame.

    Args:
        owner: Whose hands they are.
        hands: "left" and "right" in the world.
        view: The camera.
        preset: How hard the frame is.
        rng: Source of randomness.
    """
    camera = frame_camera(view, preset.size)
    primitives: list = []
    for number, side in enumerate(SIDES):
        primitives += _hand_meshes(owner, hands[side], side, number, view, rng)
    middle = float(to_camera(view, hands["right"].joints[4:5])[0, 2])
    colours = [owner.skin, owner.skin * 0.7, rng.uniform(20, 235, 3)]
    primitives += clutter(
        rng,
        camera,
        int(rng.poisson(preset.clutter)),
        depth=(middle + 0.25, middle + 0.7),
        radius=(0.012 * camera.size[1], 0.05 * camera.size[1]),
        colours=colours,
        textures=(Texture("noise", tuple(owner.skin * 0.6), 60.0),),
    )
    if rng.random() < preset.occlusion:
        target = hands[SIDES[rng.integers(2)]].joints[rng.integers(16)]
        pixel = camera.project(to_camera(view, target[None]))[0]
        size = float(rng.uniform(0.06, 0.14)) * camera.size[1]
        colour = rng.uniform(20, 235, 3)
        primitives.append(occluder(rng, camera, pixel, size, middle - 0.15, colour))
    x, y, z = rng.uniform((-0.9, -1.0, -1.0), (0.9, 0.2, -0.3)).tolist()
    light = Light(
        (x, y, z), float(rng.uniform(0.35, 0.55)), float(rng.uniform(0.5, 0.7))
    )
    scene = Scene(
        camera, primitives, backdrop(rng, camera.size), light, float(rng.uniform(1, 4))
    )
    clean = render(scene, rng)
    seen = _visible(clean, camera, view, hands, owner)
    image, quality = photograph(clean.image, rng, preset)
    return Frame(encode_jpeg(image, quality), clean, camera, seen)


def frame_camera(view: View, size: tuple[int, int]) -> Camera:
    """The view's intrinsics in the pixels of frames of some size (w, h)."""
    scale = size[1] / 512
    fx, fy = (view.focal * scale).tolist()
    cx, cy = (view.princpt * scale).tolist()
    return Camera((fx, fy), (cx, cy), size)


def truncating_shift(
    hands: dict[str, PosedHand], view: View, camera: Camera, rng: np.random.Generator
) -> np.ndarray:
    """Shift (3,) in the world after which an edge of the frame cuts the hands.

    Args:
        hands: "left" and "right" in the world.
        view: The camera's place.
        camera: Its intrinsics.
        rng: Source of randomness.
    """
    points = to_camera(view, np.concatenate([hands[s].joints for s in SIDES]))
    pixels = camera.project(points)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    axis = int(rng.integers(2))
    cut = float(rng.uniform(0.15, 0.45)) * float(high[axis] - low[axis])
    towards_zero = rng.random() < 0.5
    end = camera.size[axis] - float(high[axis])
    move = -float(low[axis]) - cut if towards_zero else end + cut
    depth = float(points[:, 2].sum()) / len(points)
    shift = np.zeros(3)
    shift[axis] = move * depth / camera.focal[axis]
    return rotate(view.rotation.T, shift)


def _hand_meshes(
    owner: Person,
    hand: PosedHand,
    side: str,
    number: int,
    view: View,
    rng: np.random.Generator,
) -> list[Mesh]:
    model = owner.models[side]
    vertices = to_camera(view, hand.vertices)
    hide = Texture("noise", tuple((owner.skin * 0.85).tolist()), 220.0, strength=0.5)
    parts = face_parts(model)
    mesh = Mesh(
        vertices,
        model.f,
        parts,
        _skin_colours(model, owner.skin, side),
        number,
        coords=None,
    )
    sleeve = rng.random() < 0.5
    colour = rng.uniform(20, 230, 3) if sleeve else owner.skin * 0.97
    arm = _forearm(hand, side, view, 1.12 if sleeve else 1.0)
    kinds = {NOTHING: hide} if not sleeve else {}
    return [mesh, Mesh(*arm, NOTHING, colour, NOTHING, coords=arm[0], textures=kinds)]


def face_parts(model: HandModel) -> np.ndarray:
    """(1538,) joint that moves a face most."""
    heaviest = model.weights[model.f].sum(axis=1)
    return heaviest.argmax(axis=1)


def _skin_colours(model: HandModel, skin: np.ndarray, side: str) -> np.ndarray:
    """(778, 3): paler palm, darker folds over the joints, nails."""
    topology = hand_topology()
    rest = model.v_template
    back = np.clip((rest[:, 1] - 0.004) / 0.012, -1, 1)[:, None]
    colours = skin * (1.0 - 0.05 * back) + np.array([4.0, 2.0, 9.0]) * (1 - back)
    for ring in topology.joint_rings.values():
        colours[ring[8:16]] *= 0.9
    for nail in topology.nails:
        colours[nail] = colours[nail] * 0.55 + np.array([190.0, 195, 235]) * 0.45
    return np.clip(colours, 0, 255)


def _forearm(
    hand: PosedHand, side: str, view: View, wide: float
) -> tuple[np.ndarray, np.ndarray]:
    """A sleeve or forearm from the wrist's edge backwards."""
    edge = hand_topology().open_ring
    ring = hand.vertices[edge]
    centre = ring.sum(axis=0) / len(ring)
    way = forearm_direction(hand.joints)
    rings = [
        centre + way * along + (ring - centre) * scale * wide
        for along, scale in _FOREARM_RINGS
    ]
    rings[0] = rings[0] - way * 0.008
    vertices = np.concatenate([*rings, rings[-1].sum(axis=0)[None] / len(ring)])
    faces = []
    count = len(edge)
    for row in range(len(rings) - 1):
        for k in range(count):
            a, b = row * count + k, row * count + (k + 1) % count
            faces += [(a, a + count, b + count), (a, b + count, b)]
    last = (len(rings) - 1) * count
    faces += [
        (last + k, len(vertices) - 1, last + (k + 1) % count) for k in range(count)
    ]
    order = [0, 1, 2] if side == "right" else [0, 2, 1]
    return to_camera(view, vertices), np.array(faces)[:, order]


def _visible(
    clean: Rendered,
    camera: Camera,
    view: View,
    hands: dict[str, PosedHand],
    owner: Person,
) -> np.ndarray:
    own = np.zeros((21, 16), dtype=bool)
    for row, joint in enumerate(JOINTS_21):
        part = _PART_OF_TIP.get(joint, joint)
        own[row, part] = True
        if joint < 16 and PARENTS[part] >= 0:
            own[row, PARENTS[part]] = True
    depths = np.full(21, _FLESH * 0.0095)
    depths[0] = _FLESH * float(owner.radii[0])
    depths[[1, 5, 9, 13, 17]] = _FLESH * 0.012
    found = []
    for number, side in enumerate(SIDES):
        points = to_camera(view, joints_21(owner.models[side], hands[side].vertices))
        found.append(visible(clean, camera, points, number, own, depths))
    return np.array(found)
