"""The reproduction engine: from a published table to compared cells.

`published` and `recipe` say what there is, `plan` which runs that needs, `run` makes
them, `store` keeps them, `compare` judges them, `provenance` says where each came from.
"""
