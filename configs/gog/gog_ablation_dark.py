"""table2, dark: the network of gog_ablation_ours.py, DARK on the stride-4 maps.

# paper silent: how DARK was "modified for our system"; here a step from every peak.
"""

_base_ = "_base_/gog_hg104_coco.py"
codec = dict(encoding="exact", refinement="dark")
long_edge = 640
model = dict(head=dict(decoder=codec), test_cfg=dict(flip_test=False))
