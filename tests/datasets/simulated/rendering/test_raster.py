"""The z-buffer, by hand-worked depths and against independent formulas."""

from __future__ import annotations

import numpy as np
import pytest

from mmsia.datasets.simulated.rendering.camera import Camera
from mmsia.datasets.simulated.rendering.effects import box
from mmsia.datasets.simulated.rendering.loft import loft
from mmsia.datasets.simulated.rendering.primitives import Capsule, Mesh
from mmsia.datasets.simulated.rendering.rotations import (
    about,
    matmul,
    rotate,
    uniform_rotation,
)
from mmsia.datasets.simulated.rendering.scene import Light, Rendered, Scene, render
from mmsia.datasets.simulated.rendering.textures import KINDS, Texture
from mmsia.datasets.simulated.rendering.triangles import triangulate
from mmsia.errors import InputError

CAMERA = Camera((100.0, 100.0), (31.5, 31.5), (64, 64))
FLAT = Light(ambient=1.0, diffuse=0.0)


def draw(*primitives: Mesh | Capsule, camera: Camera = CAMERA) -> Rendered:
    scene = Scene(camera, primitives, light=FLAT)
    return render(scene, np.random.default_rng(0))


def square(z: float, half: float, colour: float, part: int = 0) -> Mesh:
    corners = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    vertices = np.column_stack([corners, np.full(4, z)])
    faces = np.array([[0, 2, 1], [0, 3, 2]])
    return Mesh(vertices, faces, part, np.full(3, colour), part)


def test_a_square_covers_its_pixels_and_keeps_its_depth() -> None:
    seen = draw(square(10.0, 1.0, 200.0))
    # 1 / 10 of 100 pixels on both sides of 31.5: columns 22 to 41
    expected = np.zeros((64, 64), dtype=bool)
    expected[22:42, 22:42] = True
    np.testing.assert_array_equal(seen.parts == 0, expected)
    np.testing.assert_array_equal(np.isfinite(seen.depth), expected)
    assert np.all(seen.depth[expected] == np.float32(10.0))
    assert np.all(seen.image[expected] == 200)
    assert np.all(seen.image[~expected] == 128)


def test_the_nearer_one_is_seen_whatever_the_order() -> None:
    far, near = square(10.0, 1.0, 10.0), square(5.0, 0.2, 90.0, part=3)
    for order in ((far, near), (near, far)):
        seen = draw(*order)
        assert seen.parts[31, 31] == 3
        assert seen.instances[31, 31] == 3
        assert seen.depth[31, 31] == np.float32(5.0)
        assert seen.parts[24, 24] == 0


def test_depth_of_a_slanted_triangle_agrees_with_the_ray() -> None:
    vertices = np.array([[-2.0, -1.5, 6.0], [0.5, 2.0, 9.0], [2.0, -1.0, 5.0]])
    mesh = Mesh(vertices, np.array([[0, 1, 2]]), 0, np.zeros(3), two_sided=True)
    seen = draw(mesh)
    rows, columns = np.nonzero(seen.parts == 0)
    assert len(rows) > 300
    rays = CAMERA.unproject(np.column_stack([columns, rows]), 1.0)
    for ray, depth in zip(rays[::37], seen.depth[rows, columns][::37], strict=True):
        weights = np.linalg.solve(vertices.T, ray)
        assert weights.min() > -1e-9
        assert depth == pytest.approx(1 / weights.sum(), rel=1e-6)


def test_coverage_is_what_a_point_in_polygon_test_says() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        vertices = rng.uniform((-3, -3, 4), (3, 3, 9), (3, 3))
        mesh = Mesh(vertices, np.array([[0, 1, 2]]), 0, np.zeros(3), two_sided=True)
        x, y = CAMERA.project(vertices).T
        grid_y, grid_x = np.mgrid[:64, :64]
        sides = [
            (x[j] - x[i]) * (grid_y - y[i]) - (y[j] - y[i]) * (grid_x - x[i])
            for i, j in ((0, 1), (1, 2), (2, 0))
        ]
        inside = np.all(np.array(sides) > 0, 0) | np.all(np.array(sides) < 0, 0)
        np.testing.assert_array_equal(draw(mesh).parts == 0, inside)


def test_shared_edges_leave_no_hole() -> None:
    rng = np.random.default_rng(2)
    steps = np.linspace(-2.5, 2.5, 24)
    x, y = np.meshgrid(steps, steps)
    vertices = np.stack([x, y, np.full_like(x, 6.0)], axis=-1)
    vertices += rng.uniform(-0.04, 0.04, vertices.shape)
    index = np.arange(24 * 24).reshape(24, 24)
    a, b = index[:-1, :-1].ravel(), index[:-1, 1:].ravel()
    c, d = index[1:, :-1].ravel(), index[1:, 1:].ravel()
    faces = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])
    mesh = Mesh(vertices.reshape(-1, 3), faces, 0, np.zeros(3))
    assert np.all(draw(mesh).parts == 0)


def test_a_sphere_has_its_depth_and_its_outline() -> None:
    centre = np.array([0.0, 0.0, 10.0])
    ball = Capsule(centre, centre, 1.0, 1.0, 4, (9.0, 9.0, 9.0))
    seen = draw(ball)
    assert seen.depth[31, 31] == pytest.approx(9.0, abs=0.1)
    # tangent rays: radius 100 / sqrt(99) pixels, an area of 317
    assert (seen.parts == 4).sum() == pytest.approx(317, rel=0.04)


def test_a_tapered_capsule_fills_the_hull_of_two_spheres() -> None:
    start, end = np.array([-1.0, 0.3, 10.0]), np.array([1.2, -0.4, 10.0])
    capsule = Capsule(start, end, 0.9, 0.3, 1, (9.0, 9.0, 9.0))
    seen = draw(capsule).parts == 1
    steps = np.linspace(0, 1, 200)[:, None]
    centres = CAMERA.project(start * (1 - steps) + end * steps)
    radii = (0.9 * (1 - steps[:, 0]) + 0.3 * steps[:, 0]) * 10
    grid = np.stack(np.meshgrid(np.arange(64), np.arange(64)), axis=-1)
    distance = np.linalg.norm(grid[:, :, None] - centres, axis=-1)
    hull = np.any(distance <= radii, axis=-1)
    assert (seen & hull).sum() / (seen | hull).sum() > 0.95


def test_swallowed_spheres_and_points_are_drawn_as_what_is_left() -> None:
    centre = np.array([0.0, 0.0, 10.0])
    inner = Capsule(
        centre, centre + np.array([0.2, 0.0, 0.0]), 1.0, 0.1, 0, (1.0, 1.0, 1.0)
    )
    ball = Capsule(centre, centre, 1.0, 1.0, 0, (1.0, 1.0, 1.0))
    np.testing.assert_array_equal(draw(inner).parts, draw(ball).parts)
    assert (draw(Capsule(centre, centre, 0.0, 0.0, 0, (1.0,) * 3)).parts < 0).all()


@pytest.mark.parametrize("kind", ["capsule", "loft", "box"])
def test_closed_bodies_are_wound_outwards(kind: str) -> None:
    rotation = uniform_rotation(np.random.default_rng(3))
    centre = np.array([0.2, -0.1, 8.0])
    if kind == "capsule":
        body = Capsule(centre, centre + rotation[0], 0.5, 0.2, 0, (1.0,) * 3)
    elif kind == "box":
        body = box(centre, np.array([0.5, 0.3, 0.7]), rotation, (1.0, 1.0, 1.0))
    else:
        way = np.array([[0.0, 0.0, z] for z in (-0.5, 0.0, 0.6)])
        sides = np.tile([[0.5, 0.0, 0.0]], (3, 1))
        fronts = np.tile([[0.0, 0.3, 0.0]], (3, 1))
        turned = (rotate(rotation, part) for part in (way, sides, fronts))
        points, sides, fronts = turned
        body = loft(points + centre, sides, fronts, part=0, colour=np.ones(3))
    triangles = triangulate([body], CAMERA)
    corners = triangles.vertices[triangles.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    middle = triangles.vertices.mean(0)
    outward = (normals * (corners.mean(1) - middle)).sum(1)
    assert (outward > -1e-12).all()
    smooth = (triangles.normals * (triangles.vertices - middle)).sum(1)
    assert (smooth > 0).all()


def test_what_is_behind_the_camera_is_left_out() -> None:
    assert (draw(square(-5.0, 1.0, 9.0)).parts < 0).all()
    assert (draw().parts < 0).all()


def test_light_from_the_side_follows_lamberts_law() -> None:
    light = Light(direction=(0.0, 0.0, -1.0), ambient=0.25, diffuse=0.5)
    tilted, middle = square(10.0, 1.0, 100.0), np.array([0.0, 0.0, 10.0])
    vertices = (
        rotate(about((1.0, 0.0, 0.0), np.pi / 3), tilted.vertices - middle) + middle
    )
    mesh = Mesh(vertices, tilted.faces, 0, np.full(3, 100.0))
    scene = Scene(CAMERA, [mesh], light=light)
    seen = render(scene, np.random.default_rng(0))
    # cos 60 degrees is a half: 100 * (0.25 + 0.5 / 2)
    assert np.all(seen.image[seen.parts == 0] == 50)


@pytest.mark.parametrize("kind", KINDS)
def test_textures_mix_two_colours_on_the_surface(kind: str) -> None:
    texture = Texture(kind, (250.0, 250.0, 250.0), scale=3.0)
    start, end = np.array([-1.0, 0.0, 6.0]), np.array([1.0, 0.0, 6.0])
    plain = Capsule(start, end, 0.8, 0.8, 0, (50.0, 50.0, 50.0))
    bright = Capsule(start, end, 0.8, 0.8, 0, (50.0, 50.0, 50.0), 0, texture)
    values = draw(bright).image[draw(plain).parts == 0]
    assert values.min() < 110
    assert values.max() > 190
    assert 0.05 < (values > 150).mean() < 0.95


def test_vertex_colours_run_between_the_corners() -> None:
    base = square(10.0, 1.0, 0.0)
    colours = np.array([[0.0], [100.0], [100.0], [0.0]]) * np.ones(3)
    seen = draw(Mesh(base.vertices, base.faces, 0, colours)).image[31, 22:42, 0]
    # 0 to 100 over 20 pixels, sampled in their middles
    np.testing.assert_allclose(seen, np.arange(20) * 5 + 2.5, atol=0.51)


def test_rotations_are_rotations() -> None:
    for seed in range(20):
        rotation = uniform_rotation(np.random.default_rng(seed))
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1.0)
    quarter = about((0.0, 0.0, 1.0), np.pi / 2)
    np.testing.assert_allclose(rotate(quarter, np.array([1.0, 0, 0])), [0, 1, 0])
    np.testing.assert_allclose(matmul(quarter, rotation), quarter @ rotation)


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="vertices 0 to 2"):
        Mesh(np.zeros((3, 3)), np.array([[0, 1, 3]]), 0, np.zeros(3))
    with pytest.raises(InputError, match="faces"):
        Mesh(np.zeros((3, 2)), np.array([[0, 1, 2]]), 0, np.zeros(3))
    with pytest.raises(InputError, match="coords"):
        texture = {0: Texture("spots", (0, 0, 0), 1.0)}
        Mesh(np.zeros((3, 3)), np.zeros((1, 3), int), 0, np.zeros(3), textures=texture)
    with pytest.raises(InputError, match="size"):
        Camera((1.0, 1.0), (0.0, 0.0), (0, 4))
    with pytest.raises(InputError, match="kind"):
        Texture("plaid", (0, 0, 0), 1.0)
    with pytest.raises(InputError, match="background"):
        scene = Scene(CAMERA, [], np.zeros((4, 4, 3), np.uint8))
        render(scene, np.random.default_rng(0))
