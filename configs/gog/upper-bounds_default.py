"""upper-bounds, default: 19 limbs, output stride 4 (Section 3); no network."""

custom_imports = dict(imports=["mmsia.all"], allow_failed_imports=False)
codec = dict(
    type="OffsetGuidedHeatmap",
    input_size=(640, 640),
    heatmap_stride=4,
    sigma=7.0,
    limbs="coco19",
    offset_region=7,
    max_peaks=32,
    # paper silent: thresholds of the released code's 66.1 AP (notes, section 0).
    keypoint_thr=0.04,
    max_guide_error=40.0,
    min_limb_length=0.5,
    pose_thr=0.04,
)
# paper silent: the input size of this experiment; that of its other results.
long_edge = 640
