"""How the predictions of a test become scores, one module a metric."""
