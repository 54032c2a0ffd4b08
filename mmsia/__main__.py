"""`python -m mmsia VERB` is the same as `mmsia VERB`."""

from mmsia.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
