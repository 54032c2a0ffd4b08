"""Bicycle and motorbike; see `objects_vehicles`."""

from __future__ import annotations

from mmsia.datasets.simulated.objects_dice import Dice, Shape
from mmsia.datasets.simulated.objects_solids import (
    ACCENT,
    BODY,
    DARK,
    LAMP,
    METAL,
    Solid,
)

Place = tuple[float, float, float]


def bicycle(dice: Dice) -> Shape:
    """A bicycle: two hoops, diamond frame, saddle, handlebar, pedals."""
    s = Solid()
    r, base, high = dice(0.15, 0.21), dice(0.25, 0.33), dice(0.08, 0.2)
    wide, reach = dice(0.10, 0.18), dice(0.0, 0.1)
    seat_y, thick = dice(0.06, 0.14), dice(0.010, 0.016)
    front, back = (0.0, -base, r), (0.0, base, r)
    crank = (0.0, dice(0.0, 0.05), r * 0.9)
    seat = (0.0, seat_y, r * 2 + high)
    head = (0.0, -base + 0.10, r * 2 + high * 0.9)
    for hub in (front, back):
        _spoked_wheel(s, hub, r)
    post = (0.0, seat_y + 0.01, r * 2 + high * 0.6)
    neck = (0.0, -base + 0.085, r * 2 + high * 0.5)
    bars = ((crank, post), (post, neck), (neck, crank), (back, crank), (back, post))
    for a, b in bars:
        s.tube([a, b], [thick, thick], BODY, sides=8)
    s.tube([front, neck, head], [thick * 0.9] * 3, BODY, sides=8)
    s.tube([post, seat], [thick * 0.8] * 2, METAL, sides=8)
    x, y, z = seat
    s.tube(
        [(x, y - 0.08, z), (x, y, z + 0.01), (x, y + 0.06, z + 0.015)],
        [0.012, 0.025, 0.045],
        ACCENT,
        sides=8,
    )
    bar = (head[1] - reach, head[2] + 0.03)
    for side in (1, -1):
        _handle_and_pedal(s, side, head, (side * wide, *bar), crank)
    points = {
        "head_center": head,
        "left_back_wheel": (0.02, *back[1:]),
        "left_front_wheel": (0.02, *front[1:]),
        "left_handle": (wide, bar[0] + 0.05, bar[1]),
        "left_pedal_center": (0.07, crank[1] + 0.06, crank[2] - 0.05),
        "right_back_wheel": (-0.02, *back[1:]),
        "right_front_wheel": (-0.02, *front[1:]),
        "right_handle": (-wide, bar[0] + 0.05, bar[1]),
        "right_pedal_center": (-0.07, crank[1] - 0.06, crank[2] + 0.05),
        "seat_back": (x, y + 0.06, z + 0.015),
        "seat_front": (x, y - 0.08, z),
    }
    return s, points


def _spoked_wheel(s: Solid, hub: Place, radius: float) -> None:
    s.hoop(hub, radius - 0.012, 0.014, DARK)
    s.tube([(-0.02, *hub[1:]), (0.02, *hub[1:])], [0.02, 0.02], METAL, sides=8)
    for spoke in ((0, 1), (1, 0)):
        y, z = spoke[0] * radius * 0.93, spoke[1] * radius * 0.93
        a, b = (0, hub[1] - y, hub[2] - z), (0, hub[1] + y, hub[2] + z)
        s.tube([a, b], [0.003, 0.003], METAL, sides=8)


def _handle_and_pedal(
    s: Solid, side: int, head: Place, bar: Place, crank: Place
) -> None:
    s.tube([head, bar], [0.011, 0.011], METAL, sides=8)
    s.tube([bar, (bar[0], bar[1] + 0.05, bar[2])], [0.016, 0.016], DARK, sides=8)
    x, y, z = side * 0.07, crank[1] + side * 0.06, crank[2] - side * 0.05
    s.tube([crank, (x, y, z)], [0.009, 0.009], METAL, sides=8)
    s.box((x - 0.03, x + 0.03), (y - 0.03, y + 0.03), (z - 0.01, z + 0.01), DARK)


def motorbike(dice: Dice) -> Shape:
    """A motorbike: thick wheels, tank, engine, seat, handlebar, lamp."""
    s = Solid()
    r, base, wide = dice(0.13, 0.18), dice(0.29, 0.36), dice(0.13, 0.2)
    tank, high, thick = dice(0.06, 0.09), dice(0.02, 0.12), dice(0.035, 0.055)
    back_y, lift = dice(0.24, 0.36), dice(0.0, 0.08)
    front, rear = (0.0, -base, r), (0.0, base, r)
    top = (0.0, -base + 0.14, r * 2 + 0.04 + high)
    _chassis(s, front, rear, top, thick)
    z = r * 2 + 0.02
    s.tube(
        [(0, -0.16, z), (0, -0.06, z + tank * 0.6), (0, 0.06, z)],
        [tank * 0.6, tank, tank * 0.6],
        BODY,
    )
    seat = [(0, 0.05, z), (0, 0.18, z - 0.01), (0, back_y, z + lift)]
    s.tube(seat, [(0.05, 0.03), (0.065, 0.03), (0.05, 0.025)], ACCENT)
    s.box((-0.04, 0.04), (0.1, back_y), (z - 0.07, z - 0.02), BODY)
    lamp = (0.0, top[1] - 0.07, top[2] - 0.05)
    s.tube([lamp, (0, lamp[1] + 0.06, lamp[2])], [0.05, 0.035], LAMP)
    s.tube([(0, top[1] + 0.02, top[2] - 0.06), top], [0.025, 0.02], METAL, sides=8)
    bar = (top[1] + 0.03, top[2] + 0.04)
    for side in (1, -1):
        s.tube([top, (side * wide, *bar)], [0.012, 0.012], METAL, sides=8)
        end = (side * (wide + 0.05), bar[0] + 0.03, bar[1])
        s.tube([(side * wide, *bar), end], [0.018, 0.018], DARK, sides=8)
    points = {
        "back_seat": (0.0, back_y, z + lift + 0.02),
        "front_seat": (0.0, 0.06, z + 0.03),
        "head_center": (0.0, top[1], top[2] + 0.02),
        "headlight_center": lamp,
        "left_back_wheel": (0.035, *rear[1:]),
        "left_front_wheel": (0.035, *front[1:]),
        "left_handle_center": (wide + 0.025, bar[0] + 0.015, bar[1]),
        "right_back_wheel": (-0.035, *rear[1:]),
        "right_front_wheel": (-0.035, *front[1:]),
        "right_handle_center": (-wide - 0.025, bar[0] + 0.015, bar[1]),
    }
    return s, points


def _chassis(s: Solid, front: Place, rear: Place, top: Place, thick: float) -> None:
    """Wheels, forks, engine and exhaust."""
    r, base = rear[2], rear[1]
    for hub in (front, rear):
        s.hoop(hub, r - thick * 0.7, thick * 0.7, DARK)
        s.tube([(-0.035, *hub[1:]), (0.035, *hub[1:])], [r * 0.5] * 2, METAL, sides=12)
    for x in (-0.04, 0.04):
        s.tube([(x, *front[1:]), (x, *top[1:])], [0.016, 0.016], METAL, sides=8)
        s.tube(
            [(x, *rear[1:]), (x * 0.8, 0.02, r * 0.9)], [0.018, 0.018], METAL, sides=8
        )
    s.box((-0.06, 0.06), (-0.12, 0.1), (r * 0.6, r * 1.6), METAL)
    s.tube(
        [(0.075, -0.02, r * 0.6), (0.075, base + 0.08, r * 0.75)], [0.025, 0.03], METAL
    )
