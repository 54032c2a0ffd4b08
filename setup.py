"""What is installed. Tool settings: pyproject.toml; the whole stack: `make setup`.

MMPose and its OpenMMLab parts are not named here: they cannot be installed with
their dependencies. requirements/ lists them, and the Makefile installs them.
"""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = (ROOT / "mmsia" / "__init__.py").read_text().split('__version__ = "')[1]


def requirements(name):
    """Return the lines of a list in requirements/ that name a package."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


setup(
    name="mmsia",
    version=VERSION.split('"')[0],
    description="Benchmark and reproduction suite for keypoint methods on MMPose",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.13",
    packages=find_packages(include=["mmsia", "mmsia.*"]),
    package_data={"mmsia": ["report/templates/*", "report/*.mplstyle"]},
    install_requires=[*requirements("torch"), *requirements("base")],
    extras_require={
        "cluster": requirements("cluster"),
        "dev": requirements("dev"),
    },
    entry_points={"console_scripts": ["mmsia = mmsia.cli.main:main"]},
)
