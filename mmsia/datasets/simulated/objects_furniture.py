"""Things indoors: bookshelf, bottle, chair, table, microwave, sofa, monitor.

As `objects_vehicles`: proportions from a `Dice`, a solid, keypoints by the published
names. "Upper" and "lower" of a seat or table top are its back and front edge.
"""

from __future__ import annotations

from mmsia.datasets.simulated.objects_dice import Dice, Shape
from mmsia.datasets.simulated.objects_solids import (
    ACCENT,
    BODY,
    DARK,
    GLASS,
    LAMP,
    METAL,
    Solid,
    rectangle,
)

_SIDES = (("left", 1), ("right", -1))


def bookshelf(dice: Dice) -> Shape:
    """An open shelf with books on its boards."""
    s = Solid()
    w, d, h = dice(0.2, 0.4), dice(0.10, 0.18), dice(0.75, 1.0)
    t, boards = dice(0.015, 0.035), 3 + round(dice(0, 3))
    first = dice(0.05, 0.12)
    for x in (-w, w - t):
        s.box((x, x + t), (-d, d), (0, h), BODY)
    s.box((-w, w), (d - 0.012, d), (0, h), BODY)
    step = (h - first - t) / boards
    for k in range(boards + 1):
        z = first + k * step
        s.box((-w + t, w - t), (-d, d), (z, z + t), BODY)
        x = -w + t + 0.01
        while k < boards and x < w * dice(0.0, 1.0):
            thick, tall = dice(0.02, 0.06), step * dice(0.4, 0.85)
            if x + thick > w - t:
                break
            books = (ACCENT, GLASS, DARK, METAL)
            kind = books[int(dice.rng.integers(4))]
            s.box((x, x + thick), (-d * 0.6, d * 0.9), (z + t, z + t + tall), kind)
            x += thick + 0.003
    points = {}
    rows = (("bottom", 0.0), ("top", h))
    corners = ((1, -1), (-1, -1), (-1, 1), (1, 1))
    for name, z in rows:
        for k, (x, y) in enumerate(corners):
            points[f"{name}{k + 1}"] = (x * w, y * d, z)
    for name, z in (("bottom", first + t), ("top", h - t)):
        for k, x in enumerate((1, -1)):
            points[f"compartment_{name}{k + 1}"] = (x * (w - t), -d, z)
    return s, points


def bottle(dice: Dice) -> Shape:
    """A bottle: body with a label, shoulder, neck and cap."""
    s = Solid()
    r, body, neck = dice(0.10, 0.18), dice(0.45, 0.65), dice(0.03, 0.055)
    shoulder, waist = dice(0.08, 0.2), dice(0.85, 1.0)
    low, tall = dice(0.1, 0.2), dice(0.2, 0.4)
    heights = (0.0, 0.02, body * 0.5, body, body + shoulder * 0.5, body + shoulder, 1.0)
    radii = (r * 0.85, r, r * waist, r, (r + neck) * 0.56, neck, neck)
    s.tube([(0, 0, z) for z in heights], list(radii), BODY, sides=20)
    s.tube([(0, 0, 0.95), (0, 0, 1.02)], [neck * 1.25] * 2, DARK, sides=12)
    bottom = body * low
    s.tube(
        [(0, 0, bottom), (0, 0, bottom + body * tall)],
        [r * 1.015] * 2,
        ACCENT,
        sides=20,
    )
    points = {
        "mouth": (0.0, 0.0, 1.02),
        "body": (0.0, -(r + neck) * 0.56, body + shoulder * 0.5),
        "body_left": (r, 0.0, body),
        "body_right": (-r, 0.0, body),
        "bottom": (0.0, -r * 0.85, 0.0),
        "bottom_left": (r * 0.85, 0.0, 0.0),
        "bottom_right": (-r * 0.85, 0.0, 0.0),
    }
    return s, points


def chair(dice: Dice) -> Shape:
    """A chair with four legs and a back of posts and slats."""
    s = Solid()
    w, d, seat = dice(0.17, 0.26), dice(0.17, 0.25), dice(0.36, 0.5)
    high, lean, leg = dice(0.35, 0.62), dice(0.0, 0.12), dice(0.014, 0.03)
    splay, t, slats = dice(0.0, 0.04), dice(0.025, 0.06), 1 + round(dice(0, 3))
    s.box((-w, w), (-d, d), (seat - t, seat), ACCENT)
    feet = {}
    for side, x in _SIDES:
        for place, y in (("lower", -1), ("upper", 1)):
            top = (x * (w - leg), y * (d - leg), seat - t)
            foot = (top[0] + x * splay, top[1] + y * splay, 0.0)
            s.tube([foot, top], [leg * 0.8, leg], BODY, sides=8)
            feet[f"leg_{place}_{side}"] = foot
        post = (x * (w - leg), d - leg, seat - t)
        end = (post[0], post[1] + lean, seat + high)
        s.tube([post, end], [leg, leg * 0.9], BODY, sides=8)
    step = high / (slats + 1)
    for k in range(slats + 1):
        a, b = seat + (k + 0.45) * step, seat + (k + 1) * step
        shift = [d - leg + lean * (z - seat) / high for z in (a, b)]
        s.slab(
            rectangle((-w + leg, w - leg), (shift[0] - 0.012, shift[0] + 0.012), a),
            rectangle((-w + leg, w - leg), (shift[1] - 0.012, shift[1] + 0.012), b),
            BODY if k < slats else ACCENT,
        )
    points = {}
    for side, x in _SIDES:
        points[f"back_upper_{side}"] = (x * (w - leg), d - leg + lean, seat + high)
        points[f"seat_upper_{side}"] = (x * w, d, seat)
        points[f"seat_lower_{side}"] = (x * w, -d, seat)
    return s, points | feet


def diningtable(dice: Dice) -> Shape:
    """A table: top, frame, four legs."""
    s = Solid()
    w, d, h = dice(0.3, 0.5), dice(0.22, 0.36), dice(0.38, 0.62)
    t, leg, inset = dice(0.02, 0.05), dice(0.018, 0.04), dice(0.0, 0.08)
    taper = dice(0.5, 1.0)
    s.box((-w, w), (-d, d), (h - t, h), ACCENT)
    a, b = w - inset - leg, d - inset - leg
    s.box((-a, a), (-b, b), (h - t - 0.06, h - t), BODY)
    points = {}
    for side, x in _SIDES:
        for place, y in (("lower", -1), ("upper", 1)):
            foot, thin = (x * a, y * b, 0.0), leg * taper
            s.box(
                (foot[0] - thin, foot[0] + thin),
                (foot[1] - thin, foot[1] + thin),
                (0, h - t),
                BODY,
                top=(foot[0] - leg, foot[0] + leg, foot[1] - leg, foot[1] + leg),
            )
            points[f"leg_{place}_{side}"] = foot
            points[f"top_{place}_{side}"] = (x * w, y * d, h)
        points[f"top_{side}"] = (x * w, 0.0, h)
    points["top_up"], points["top_down"] = (0.0, d, h), (0.0, -d, h)
    return s, points


def microwave(dice: Dice) -> Shape:
    """A microwave oven: box, door with window and handle, panel with buttons."""
    s = Solid()
    w, d, h = dice(0.42, 0.55), dice(0.24, 0.36), dice(0.26, 0.36)
    door, rim, bar = dice(0.6, 0.74), dice(0.03, 0.06), dice(0.012, 0.02)
    y = -d
    s.box((-w, w), (-d, d), (0, h), BODY)
    # the door is on the object's left
    right = w - 2 * w * door
    s.box((right, w - 0.02), (y - 0.015, y + 0.05), (0.02, h - 0.02), METAL)
    s.box(
        (right + rim + 0.05, w - rim - 0.02),
        (y - 0.02, y),
        (rim + 0.02, h - rim - 0.02),
        GLASS,
    )
    x = right + 0.03
    for z in (rim, h - rim):
        s.tube([(x, y, z), (x, y - 0.05, z)], [bar, bar], DARK, sides=8)
    s.tube([(x, y - 0.05, rim), (x, y - 0.05, h - rim)], [bar, bar], DARK, sides=8)
    low, step = -w + 0.04, (right + w - 0.08) / 3
    s.box((low, right - 0.04), (y - 0.008, y), (h * 0.74, h * 0.9), LAMP)
    for row in range(3):
        for k in range(3):
            a, z = low + (k + 0.15) * step, h * (0.12 + 0.19 * row)
            s.box((a, a + step * 0.7), (y - 0.008, y), (z, z + h * 0.12), ACCENT)
    points = {}
    for name, depth in (("front", -d), ("back", d)):
        for k, (sx, z) in enumerate(((1, 0.0), (-1, 0.0), (-1, h), (1, h))):
            points[f"{name}{k + 1}"] = (sx * w, depth, z)
    points["door_corner1"] = (right, y - 0.015, 0.02)
    points["door_corner2"] = (right, y - 0.015, h - 0.02)
    points["handl1"] = (x, y - 0.05 - bar, rim)
    points["handle2"] = (x, y - 0.05 - bar, h - rim)
    return s, points


def sofa(dice: Dice) -> Shape:
    """A sofa: base, cushions, arm rests, leaning back."""
    s = Solid()
    w, d, seat = dice(0.36, 0.5), dice(0.17, 0.26), dice(0.15, 0.22)
    arm, rest, high = dice(0.05, 0.1), dice(0.06, 0.15), dice(0.2, 0.34)
    back, lean, foot = dice(0.06, 0.11), dice(0.0, 0.05), dice(0.01, 0.05)
    count = 1 + round(dice(0.4, 2.4))
    cushion = 0.07
    s.box((-w, w), (-d, d), (foot, foot + seat - cushion), BODY)
    inner = w - arm
    step = 2 * inner / count
    top = foot + seat
    for k in range(count):
        a, b = -inner + k * step + 0.004, -inner + (k + 1) * step - 0.004
        s.box((a, b), (-d - 0.01, d - back), (top - cushion, top), ACCENT)
    s.box(
        (-w, w),
        (d - back, d),
        (top - cushion, top + high),
        BODY,
        top=(-w, w, d - back * 0.8 + lean, d + lean),
    )
    for _, x in _SIDES:
        lo, hi = sorted((x * w, x * inner))
        s.box((lo, hi), (-d - 0.005, d), (foot, top + rest), BODY)
        for y in (-d + 0.03, d - 0.03):
            s.tube(
                [(x * (w - 0.04), y, 0), (x * (w - 0.04), y, foot)],
                [0.02] * 2,
                DARK,
                sides=8,
            )
    points = {}
    for side, x in _SIDES:
        points[f"front_bottom_{side}"] = (x * w, -d - 0.005, foot)
        points[f"seat_bottom_{side}"] = (x * inner, -d - 0.01, top)
        points[f"{side}_bottom_back"] = (x * w, d, foot)
        points[f"top_{side}_corner"] = (x * w, d + lean, top + high)
        points[f"seat_top_{side}"] = (x * inner, d - back, top)
    return s, points


def tvmonitor(dice: Dice) -> Shape:
    """A monitor: frame with a screen, bulging back, neck and foot."""
    s = Solid()
    w, h, d = dice(0.32, 0.5), dice(0.4, 0.62), dice(0.02, 0.14)
    rim, shrink, stand = dice(0.015, 0.045), dice(0.5, 0.95), dice(0.06, 0.18)
    base = dice(0.12, 0.25)
    z0, z1 = stand, stand + h
    flat = 0.025
    s.box((-w, w), (-flat, flat), (z0, z1), BODY)
    x, m = w * shrink, (z0 + z1) / 2
    low, high = m - h / 2 * shrink, m + h / 2 * shrink
    y = flat + d
    s.slab(
        [(-w, flat, z0), (w, flat, z0), (x, y, low), (-x, y, low)],
        [(-w, flat, z1), (w, flat, z1), (x, y, high), (-x, y, high)],
        DARK,
    )
    s.box((-w + rim, w - rim), (-flat - 0.006, 0), (z0 + rim * 1.5, z1 - rim), GLASS)
    s.box((w - rim - 0.03, w - rim), (-flat - 0.004, 0), (z0 + 0.004, z0 + 0.016), LAMP)
    s.tube([(0, flat, 0), (0, flat, z0 + 0.05)], [0.04, 0.035], METAL, sides=12)
    s.box((-base, base), (-base * 0.7 + flat, base * 0.7 + flat), (0, 0.02), METAL)
    points = {}
    for side, k in _SIDES:
        points[f"front_bottom_{side}"] = (k * w, -flat, z0)
        points[f"front_top_{side}"] = (k * w, -flat, z1)
        points[f"back_bottom_{side}"] = (k * x, y, low)
        points[f"back_top_{side}"] = (k * x, y, high)
    return s, points
