"""table2, ratio-0-1: row (d) of Table 1 at this ratio and seven thresholds.

The training is that of cganet_384_d1w64_dichotomy.py.
"""

_base_ = ["cganet_384_d1w64_dichotomy.py", "_base_/thresholds.py"]
codec = dict(ratio=0.1)
model = dict(head=dict(decoder=codec))
test_cfg = dict(type="VariantTestLoop", variants=_base_.thresholds)
