"""The one error of building environments. Knows nothing else."""


class EnvironmentFailure(ValueError):
    """An environment that cannot be built; the message is a sentence, the details are in the console."""
