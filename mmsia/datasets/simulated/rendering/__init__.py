"""A small renderer for made data: triangles and tapered capsules, no display, no GPU.

Every step is deterministic on every processor: arrays meet only ``+ - * /``, square
roots and comparisons, component sums are written out (no BLAS), sines come from
`rotations`, and OpenCV is used only where its 8-bit results are bit exact.
"""
