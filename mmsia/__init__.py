"""mmsia: benchmark and reproduction suite for keypoint methods on MMPose.

`import mmsia` is light: it only lets `mmcv._ext` be found where mmcv was installed
without compiled operators. `import mmsia.all` registers every part.
"""

from mmsia import mmcv_ext

__version__ = "0.1.0"

mmcv_ext.install()
