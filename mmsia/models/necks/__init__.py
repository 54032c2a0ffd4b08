"""Necks."""

from mmsia.models.necks.dpad import DPAD

__all__ = ["DPAD"]
