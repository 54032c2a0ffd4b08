"""Data sets: annotations, made data, MMPose data sets and their transforms.

Nothing is imported here: reading annotations needs no MMPose. `mmsia.all` registers.
"""
