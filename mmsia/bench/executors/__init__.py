"""Where runs are made: one file an executor, and one function that they all call."""
