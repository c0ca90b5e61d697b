"""The one error of building environments."""

from runs.runtimes import credentials


class EnvironmentFailure(ValueError):
    """An environment that cannot be built; the message is a sentence, the details are in the console.

    Passwords in addresses are hidden, since it is shown to all who may see the Run.
    """

    def __init__(self, message: str) -> None:
        super().__init__(credentials.hide(message))
