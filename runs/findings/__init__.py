"""What came out of Batches: the table, charts, what mattered, what to try next, comparisons."""
