"""Table 2's columns: thresholds of the centre line maps, tested on shared features."""

thresholds = {
    "thre-0.05": {"head.decoder.line_thr": 0.05},
    "thre-0.06": {"head.decoder.line_thr": 0.06},
    "thre-0.07": {"head.decoder.line_thr": 0.07},
    "thre-0.08": {"head.decoder.line_thr": 0.08},
    "thre-0.09": {"head.decoder.line_thr": 0.09},
    "thre-0.1": {"head.decoder.line_thr": 0.1},
    "thre-0.15": {"head.decoder.line_thr": 0.15},
}
