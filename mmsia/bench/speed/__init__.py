"""Speed beside peers, measured in one process: commands, not timed tests."""
