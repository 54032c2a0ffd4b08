"""Vehicles: aeroplane, boat, bus, car, train.

Each function draws its proportions from a `Dice`, builds a solid and says where its
keypoints lie. Names of keypoints are the published data sets'. Lengths are relative.
"""

from __future__ import annotations

from mmsia.datasets.simulated.objects_dice import Dice, Shape
from mmsia.datasets.simulated.objects_solids import (
    ACCENT,
    BODY,
    GLASS,
    LAMP,
    METAL,
    Solid,
    rectangle,
)

# Along the fuselage: place, radius and rise, the latter two in its largest radius.
_FUSELAGE = (
    *((-0.5, 0.15, 0), (-0.47, 0.55, 0), (-0.41, 0.85, 0), (-0.33, 1, 0), (0.2, 1, 0)),
    *((0.36, 0.75, 0.2), (0.46, 0.4, 0.5), (0.5, 0.15, 0.65)),
)


def aeroplane(dice: Dice) -> Shape:
    """An airliner: fuselage, swept wings with engines, tail plane and rudder."""
    s = Solid()
    r, span, sweep = dice(0.045, 0.07), dice(0.38, 0.52), dice(0.05, 0.25)
    tail, fin, chord = dice(0.13, 0.22), dice(0.13, 0.24), dice(0.10, 0.18)
    at, low = dice(-0.12, 0.05), dice(-0.6, 0.2) * r
    s.tube(
        [(0, y, k * r) for y, _, k in _FUSELAGE],
        [r * f for _, f, _ in _FUSELAGE],
        sides=16,
    )
    s.box((-0.5 * r, 0.5 * r), (-0.455, -0.40), (0.45 * r, 0.95 * r), GLASS)
    tip = chord * 0.35
    for side in (1, -1):
        inner, outer, back = side * 0.5 * r, side * span, at + sweep
        _fin(s, inner, outer, (at, at + chord), (back, back + tip), low, 0.025 * side)
        end = (0.37 + sweep * 0.5, 0.42 + sweep * 0.5)
        _fin(s, 0.0, side * tail, (0.37, 0.47), end, 0.6 * r, 0.02 * side)
        x, y = side * span * 0.4, at + sweep * 0.4
        z = low - 0.55 * r
        s.tube([(x, y - 0.06, z), (x, y + 0.04, z)], [0.026, 0.020], METAL)
    root = rectangle((-0.008, 0.008), (0.34, 0.49), 0.8 * r)
    s.slab(root, rectangle((-0.005, 0.005), (0.46, 0.53), r + fin), ACCENT)
    s.tube([(0, -0.36, -r * 0.8), (0, -0.36, -r * 1.6)], [0.008, 0.008], METAL, sides=8)
    points = {
        "left_elevator": (tail, 0.40 + sweep * 0.5, 0.6 * r + 0.02),
        "left_wing": (span, at + sweep + tip / 2, low + 0.025),
        "noselanding": (0.0, -0.36, -r * 1.6),
        "right_elevator": (-tail, 0.40 + sweep * 0.5, 0.6 * r + 0.02),
        "right_wing": (-span, at + sweep + tip / 2, low + 0.025),
        "rudder_lower": (0.0, 0.49, 0.8 * r),
        "rudder_upper": (0.0, 0.53, r + fin),
        "tail": (0.0, 0.5, 0.65 * r),
    }
    return s, points


def _fin(
    s: Solid,
    inner: float,
    outer: float,
    root: tuple[float, float],
    tip: tuple[float, float],
    z: float,
    lift: float,
) -> None:
    """A wing from x = inner to x = outer; `lift` raises its end."""
    up = abs(lift)
    ring = [
        (inner, root[0], z),
        (outer, tip[0], z + up),
        (outer, tip[1], z + up),
        (inner, root[1], z),
    ]
    if outer < inner:
        ring = ring[::-1]
    s.slab(ring, [(x, y, h + 0.012) for x, y, h in ring], BODY)


def boat(dice: Dice) -> Shape:
    """A motor boat: pointed hull, deck house with windows, mast."""
    s = Solid()
    wide, deep, prow = dice(0.11, 0.19), dice(0.10, 0.18), dice(0.0, 0.09)
    house, bow = dice(0.10, 0.2), dice(-0.28, -0.12)
    stern, keel, mast = dice(0.6, 1.0), dice(0.3, 0.7), dice(0.12, 0.45)
    z = deep
    aft, low = wide * stern, wide * keel
    # stern half, then the bow narrows to a point
    s.slab(
        [
            (-low, bow, 0),
            (low, bow, 0),
            (low * stern, 0.48, 0),
            (-low * stern, 0.48, 0),
        ],
        [(-wide, bow, z), (wide, bow, z), (aft, 0.5, z), (-aft, 0.5, z)],
        BODY,
    )
    s.slab(
        [(-0.005, -0.40, 0.02), (0.005, -0.40, 0.02), (low, bow, 0), (-low, bow, 0)],
        [
            (-0.005, -0.5, z + prow),
            (0.005, -0.5, z + prow),
            (wide, bow, z),
            (-wide, bow, z),
        ],
        BODY,
    )
    _deck_house(s, wide * 0.7, bow, z, house)
    s.tube([(0, 0.1, z), (0, 0.1, z + house + mast)], [0.012, 0.008], METAL, sides=8)
    points = {
        "head": (0.0, -0.5, z + prow),
        "head_down": (0.0, -0.40, 0.02),
        "head_left": (wide, bow, z),
        "head_right": (-wide, bow, z),
        "tail_left": (aft, 0.5, z),
        "tail_right": (-aft, 0.5, z),
        "tail": (0.0, 0.48, 0.0),
    }
    return s, points


def _deck_house(s: Solid, half: float, bow: float, z: float, house: float) -> None:
    s.box(
        (-half, half),
        (bow + 0.1, 0.25),
        (z, z + house),
        ACCENT,
        top=(-half * 0.85, half * 0.85, bow + 0.17, 0.22),
    )
    s.box(
        (-half * 0.99, half * 0.99),
        (bow + 0.125, 0.2),
        (z + house * 0.45, z + house * 0.8),
        GLASS,
        top=(-half * 0.92, half * 0.92, bow + 0.15, 0.19),
    )


def bus(dice: Dice) -> Shape:
    """A bus: a long box with rows of windows and four wheels."""
    s = Solid()
    w, h, r = dice(0.10, 0.14), dice(0.22, 0.34), dice(0.045, 0.06)
    front, back = dice(-0.38, -0.28), dice(0.24, 0.36)
    lean, sill = dice(0.0, 0.03), dice(0.4, 0.55)
    z0, z1 = r, r + h
    y0, y1 = -0.5, 0.5
    s.box((-w, w), (y0, y1), (z0, z1), BODY, top=(-w, w, y0 + lean, y1))
    low, high = z0 + h * sill, z1 - h * 0.12
    count = 5 + round(dice(0, 3))
    step = 0.92 / count
    for k in range(count):
        a, b = -0.46 + k * step, -0.46 + (k + 0.82) * step
        s.box((-w - 0.004, w + 0.004), (a, b), (low, high), GLASS)
    d = lean * sill
    s.box((-w * 0.9, w * 0.9), (y0 + d - 0.005, y0 + 0.06), (low * 0.95, high), GLASS)
    s.box((-w * 0.75, w * 0.75), (0.45, y1 + 0.005), (low, high), GLASS)
    s.box((-w - 0.003, w + 0.003), (y0, y1), (z0 + h * 0.18, z0 + h * 0.26), ACCENT)
    for x in (-w * 0.7, w * 0.7):
        s.box(
            (x - 0.02, x + 0.02), (y0 - 0.006, y0 + 0.02), (z0 + 0.03, z0 + 0.06), LAMP
        )
    points = {}
    for side, x in (("left", 1), ("right", -1)):
        for place, y in (("front", front), ("back", back)):
            s.wheel((x * (w - 0.015), y, r), r, 0.045)
            points[f"{side}_{place}_wheel"] = (x * (w + 0.01), y, r)
        points[f"body_front_{side}_lower"] = (x * w, y0, z0)
        points[f"body_front_{side}_upper"] = (x * w, y0 + lean, z1)
        points[f"body_back_{side}_lower"] = (x * w, y1, z0)
        points[f"body_back_{side}_upper"] = (x * w, y1, z1)
    return s, points


def car(dice: Dice) -> Shape:
    """A car: lower body, cabin with windows, wheels, lamps."""
    s = Solid()
    w, r, h = dice(0.17, 0.21), dice(0.06, 0.08), dice(0.11, 0.16)
    cab, hood, trunk = dice(0.11, 0.17), dice(-0.30, -0.15), dice(0.26, 0.45)
    front, back = dice(-0.34, -0.28), dice(0.27, 0.33)
    rake, slope, nose = dice(0.10, 0.18), dice(0.04, 0.16), dice(0.0, 0.04)
    z0, z1 = r * 0.8, r * 0.8 + h
    z2 = z1 + cab
    s.box((-w, w), (-0.5, 0.5), (z0, z1 - nose), BODY)
    s.box(
        (-w, w),
        (-0.49, 0.49),
        (z1 - nose, z1),
        BODY,
        top=(-w * 0.95, w * 0.95, -0.4, 0.47),
    )
    t = w * 0.78
    y0, y1 = hood + rake, trunk - slope
    s.box((-w * 0.94, w * 0.94), (hood, trunk), (z1, z2), BODY, top=(-t, t, y0, y1))
    _car_windows(s, (w * 0.94, t), (hood, y0), (trunk, y1), (z1, z2))
    points = {}
    for side, x in (("left", 1), ("right", -1)):
        for place, y in (("front", front), ("back", back)):
            s.wheel((x * (w - 0.02), y, r), r, 0.06)
            points[f"{side}_{place}_wheel"] = (x * (w + 0.013), y, r)
        lamp = x * w * 0.75
        mid = (z0 + z1 - nose) / 2 + 0.01
        s.box(
            (lamp - 0.03, lamp + 0.03), (-0.508, -0.48), (mid - 0.02, mid + 0.02), LAMP
        )
        s.box(
            (lamp - 0.03, lamp + 0.03), (0.48, 0.508), (mid - 0.02, mid + 0.02), ACCENT
        )
        points[f"upper_{side}_windshield"] = (x * t, y0, z2)
        points[f"upper_{side}_rearwindow"] = (x * t, y1, z2)
        points[f"{side}_front_light"] = (lamp, -0.508, mid)
        points[f"{side}_back_trunk"] = (x * w * 0.95, 0.47, z1)
    return s, points


def _car_windows(
    s: Solid,
    half: tuple[float, float],
    front: tuple[float, float],
    back: tuple[float, float],
    high: tuple[float, float],
) -> None:
    """Panes that lie a little proud of the cabin's four sides."""

    def at(share: float, ends: tuple[float, float]) -> float:
        return ends[0] + (ends[1] - ends[0]) * share

    a, b = 0.12, 0.88
    lower = (at(a, half), at(a, front), at(a, back), at(a, high))
    upper = (at(b, half), at(b, front), at(b, back), at(b, high))
    e, inset = 0.004, 0.045
    for grow_x, grow_y in ((e, -inset), (-inset * 0.6, e)):
        rings = [
            rectangle((-x - grow_x, x + grow_x), (y0 - grow_y, y1 + grow_y), z)
            for x, y0, y1, z in (lower, upper)
        ]
        s.slab(rings[0], rings[1], GLASS)


def train(dice: Dice) -> Shape:
    """A train: a head with a sloping nose and two cars."""
    s = Solid()
    w, h, nose = dice(0.055, 0.08), dice(0.12, 0.18), dice(0.02, 0.14)
    cut, gap = dice(-0.25, -0.1), 0.008
    second, sill = dice(0.12, 0.25), dice(0.5, 0.6)
    z0 = 0.03
    z1 = z0 + h
    waist = z0 + h * 0.45
    s.box((-w, w), (-0.5, cut), (z0, waist), BODY)
    s.box((-w, w), (-0.5, cut), (waist, z1), BODY, top=(-w, w, -0.5 + nose, cut))
    glass = (z0 + h * sill, z1 - h * 0.15)
    for a, b in ((cut + gap, second), (second + gap, 0.5)):
        s.box((-w, w), (a, b), (z0, z1), BODY)
    for a, b in ((-0.5 + nose + 0.04, cut), (cut + gap, second), (second + gap, 0.5)):
        count = max(2, round((b - a) / 0.07))
        step = (b - a) / count
        for k in range(count):
            lo, hi = a + (k + 0.15) * step, a + (k + 0.85) * step
            s.box((-w - 0.003, w + 0.003), (lo, hi), glass, GLASS)
    s.box(
        (-w - 0.002, w + 0.002), (-0.502, 0.5), (z0 + h * 0.25, z0 + h * 0.34), ACCENT
    )
    _wind_screen(s, w, nose, (waist + h * 0.15, z1 - h * 0.08))
    for k in range(9):
        for x in (-w * 0.75, w * 0.75):
            s.wheel((x, -0.44 + k * 0.11, 0.028), 0.028, 0.02)
    for x in (-w * 0.6, w * 0.6):
        s.box((x - 0.012, x + 0.012), (-0.508, -0.49), (z0 + 0.02, z0 + 0.04), LAMP)
    points = {}
    for side, x in (("left", w), ("right", -w)):
        points[f"head_{side}_bottom"] = (x, -0.5, z0)
        points[f"head_{side}_top"] = (x, -0.5 + nose, z1)
        points[f"mid1_{side}_bottom"] = (x, cut, z0)
        points[f"mid1_{side}_top"] = (x, cut, z1)
        points[f"mid2_{side}_bottom"] = (x, second, z0)
        points[f"mid2_{side}_top"] = (x, second, z1)
        points[f"tail_{side}_bottom"] = (x, 0.5, z0)
        points[f"tail_{side}_top"] = (x, 0.5, z1)
    return s, points


def _wind_screen(s: Solid, w: float, nose: float, high: tuple[float, float]) -> None:
    """A pane on the sloping front."""
    y = -0.5 + nose * 0.35
    s.box(
        (-w * 0.85, w * 0.85),
        (y - 0.006, y + 0.03),
        high,
        GLASS,
        top=(-w * 0.85, w * 0.85, y + nose * 0.45 - 0.006, y + nose * 0.45 + 0.03),
    )
