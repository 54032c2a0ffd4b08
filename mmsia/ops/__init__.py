"""Pure maths on arrays: no MMPose, no models."""
