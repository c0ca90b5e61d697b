// Charts of a Batch.
