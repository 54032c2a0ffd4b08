"""What the server of the local executor imports once, for all runs that it forks."""

import importlib

for _name in ("mmsia.all", "mmsia.bench.executors.local", "mmsia.bench.upper_bound"):
    importlib.import_module(_name)
