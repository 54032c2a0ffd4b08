"""Row of cganet_384_fpn50_guider.py tested on annotated boxes, moved more and more.

Not a table of the paper: the curve behind "improves the robustness of keypoint
regression" (Method, ROI guider). `mmsia test` prints an AP for each jitter, the largest
shift and change of a box's side over the side.
"""

_base_ = "cganet_384_fpn50_guider.py"
model = dict(test_cfg=dict(boxes="annotated", box_jitter=0.0))
test_cfg = dict(
    type="VariantTestLoop",
    variants={
        f"jitter-{jitter}": {"test_cfg.box_jitter": jitter}
        for jitter in (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
    },
)
