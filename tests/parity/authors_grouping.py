"""The authors' grouping rules, re-derived as plain loops from our notes (section 12).

Written from the description, accidents included, and independent of `mmsia.ops`: it
serves to name every difference that our clean rules make. Each accident is a switch.
"""

from __future__ import annotations

import numpy as np


def group_like_the_authors(
    candidates,
    limbs,
    num_keypoints,
    peaks,
    *,
    last_wins=True,
    cancellation=True,
    exactly_two=True,
    fieldwise_maximum=True,
):
    """Group limbs by the authors' rules.

    Args:
        candidates: limb, source, target, score; by type, then by falling score.
        limbs: (L, 2) keypoint types.
        num_keypoints: K.
        peaks: xy (K, P, 2), scores (K, P).
        last_wins: Of two limbs that join a pose at once the weaker is written last.
        cancellation: Marks of -1 and counts of 1 add up to a spurious new pose.
        exactly_two: Poses with three or more shared keypoints are not merged.
        fieldwise_maximum: Merging takes the maximum of each field on its own; else the
            younger pose fills empty slots and replaces what is weaker by a tenth.

    Returns:
        (M, K, 3) x, y, score; -1 where empty.
    """
    poses = []  # each: dict(x, y, v, b, id), lists over the K slots

    def new_pose():
        return {name: [-1.0] * num_keypoints for name in ("x", "y", "v", "b", "id")}

    def write(pose, kind, peak, strength):
        pose["x"][kind], pose["y"][kind] = map(float, peaks.xy[kind, peak])
        pose["v"][kind] = float(peaks.scores[kind, peak])
        pose["id"][kind] = int(peak)
        pose["b"][kind] = max(pose["b"][kind], strength)

    for number, (f, t) in enumerate(limbs):
        chosen = np.flatnonzero(candidates.limb == number)
        if len(chosen) == 0:
            continue
        found = [
            (int(candidates.source[j]), int(candidates.target[j]), candidates.score[j])
            for j in chosen
        ]
        count = np.array(
            [
                [(pose["id"][f] == i) + (pose["id"][t] == j) for i, j, _ in found]
                for pose in poses
            ]
        ).reshape(len(poses), len(found))
        fine = np.array(
            [
                [s > pose["b"][t] or s > pose["b"][f] for _, _, s in found]
                for pose in poses
            ],
            dtype=bool,
        ).reshape(count.shape)
        marked = count.copy()
        for shared in (2, 1):
            pairs = np.argwhere((count == shared) & fine)
            if shared == 1 and not last_wins:
                _, first = np.unique([a for a, _ in pairs], return_index=True)
                pairs = [pairs[k] for k in first]
            for a, j in pairs:
                i, k, s = found[j]
                if shared == 2:
                    for kind in (f, t):
                        poses[a]["b"][kind] = max(poses[a]["b"][kind], s)
                else:
                    write(poses[a], f, i, s)
                    write(poses[a], t, k, s)
            if len(pairs):
                marked[count == shared] = -1
        poses = _merge(poses, num_keypoints, exactly_two, fieldwise_maximum)
        for j, (i, k, s) in enumerate(found):
            untouched = count[:, j].sum() == 0
            if cancellation:
                untouched = marked[:, j].sum() == 0
            if untouched:
                pose = new_pose()
                write(pose, f, i, s)
                write(pose, t, k, s)
                poses.append(pose)
    return np.array([np.stack((p["x"], p["y"], p["v"]), -1) for p in poses]).reshape(
        -1, num_keypoints, 3
    )


def _merge(poses, num_keypoints, exactly_two, fieldwise_maximum):
    before = [{name: list(slots) for name, slots in p.items()} for p in poses]
    gone = set()
    for a in range(len(poses)):
        for b in range(a + 1, len(poses)):
            if not exactly_two and (a in gone or b in gone):
                continue
            source = before if exactly_two else poses
            shared = sum(
                source[a]["id"][k] == source[b]["id"][k] != -1
                for k in range(num_keypoints)
            )
            if shared != 2 if exactly_two else shared < 2:
                continue
            gone.add(b)
            for k in range(num_keypoints):
                if fieldwise_maximum:
                    for name in poses[a]:
                        poses[a][name][k] = max(source[a][name][k], source[b][name][k])
                else:
                    older, younger = source[a]["b"][k], source[b]["b"][k]
                    if source[b]["id"][k] != -1 and younger > 1.1 * older:
                        for name in poses[a]:
                            poses[a][name][k] = source[b][name][k]
                    poses[a]["b"][k] = max(older, younger)
    return [pose for number, pose in enumerate(poses) if number not in gone]
