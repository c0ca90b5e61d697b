"""Executes: from the claim of an Execution to its end, on one node."""
