"""Environments: what is wanted, which Python, how they are built, kept and removed."""
