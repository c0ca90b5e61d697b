"""Reads settings from the environment; a wrong value is a sentence. Knows nothing of Django."""

from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


class EnvError(ValueError):
    """A variable whose value cannot be used; the message names it, what was expected and what was found."""


class Env:
    """Variables from a mapping (usually the process's environment) over those of a `.env` file.

    A variable that is set but empty counts as not set. `NAME_FILE` names a file that holds the value
    of `NAME`, as container secrets do.
    """

    def __init__(self, variables: Mapping[str, str], *, file: Path | None = None) -> None:
        self._sources = [variables, {} if file is None else dotenv_values(file)]

    def text(self, name: str, default: str = "") -> str:
        for source in self._sources:
            value = (source.get(name) or "").strip()
            path = (source.get(f"{name}_FILE") or "").strip()
            if value:
                return value
            if path:
                try:
                    return Path(path).read_text().strip()
                except (OSError, UnicodeDecodeError) as error:
                    why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                    raise EnvError(f"{name}_FILE names {path}, which cannot be read: {why}.") from error
        return default

    def integer(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        text = self.text(name)
        if not text:
            return default
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not minimum <= value <= maximum:
            raise EnvError(f"{name} must be a whole number from {minimum} to {maximum}, but is {text!r}.")
        return value

    def boolean(self, name: str, default: bool) -> bool:
        text = self.text(name).lower()
        if not text:
            return default
        if text in TRUE | FALSE:
            return text in TRUE
        raise EnvError(f"{name} must be one of 1, true, yes, on, 0, false, no, off, but is {text!r}.")

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Values separated by commas, blanks around them ignored."""
        text = self.text(name)
        return [word.strip() for word in text.split(",") if word.strip()] if text else list(default)

    def mapping(self, name: str) -> dict[str, str]:
        """`a=x,b=y` as {a: x, b: y}."""
        found = {}
        for word in self.words(name):
            key, _, value = word.partition("=")
            if not key.strip() or not value.strip():
                raise EnvError(f"{name} must have the form name=value,name=value, but contains {word!r}.")
            found[key.strip()] = value.strip()
        return found

    def choice(self, name: str, default: str, options: tuple[str, ...]) -> str:
        text = self.text(name, default)
        if text not in options:
            raise EnvError(f"{name} must be one of {', '.join(options)}, but is {text!r}.")
        return text
