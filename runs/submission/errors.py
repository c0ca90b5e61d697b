"""The one error of what people ask to be done with Runs."""

from collections.abc import Mapping


class SubmitError(ValueError):
    """What was asked for cannot be done, with every mistake as a sentence.

    `problems` has sentences by parameter, `value_problems` those about single values by their place, and
    `general` those about everything else.
    """

    def __init__(
        self,
        *general: str,
        problems: Mapping[str, list[str]] | None = None,
        value_problems: Mapping[str, Mapping[int, list[str]]] | None = None,
    ) -> None:
        self.general = list(general)
        self.problems = dict(problems or {})
        self.value_problems = dict(value_problems or {})
        by_parameter = [f"{name}: {'; '.join(sentences)}." for name, sentences in self.problems.items()]
        super().__init__(" ".join([*self.general, *by_parameter]))
