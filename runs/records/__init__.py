"""What Executions leave: console, metrics, Artifacts, usage."""
