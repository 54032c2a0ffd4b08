"""What `mmsia benchmark` measures, a module each.

A module has `HELP`, `add_arguments(parser)` and `run(args)`, and is imported only when
it is named.
"""
