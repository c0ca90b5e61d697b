"""What people ask for: Runs and Batches, planned, submitted, built, looked after."""
