"""“Add values” of a Batch: its chosen values as lines of text, and back into a specification. No HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from runs.batching import batches, commandline
from runs.batching.cells import Cells
from runs.batching.submit import SubmitError
from runs.models import Batch
from runs.runspec import RunSpec, RunSpecError, to_json
from tasks.declarations import TaskSpec

# More fields than this make no dialog; those that vary come first.
MOST_FIELDS = 30


@dataclass(frozen=True, kw_only=True)
class ValuesField:
    name: str
    data_type: str
    text: str
    varies: bool


def fields(cells: Cells) -> list[ValuesField]:
    """A field for each parameter, with the values that the Batch has, separated by commas."""
    names = [*cells.chosen, *(name for name in cells.declared.by_name if name not in cells.varying)]
    return [
        ValuesField(
            name=name,
            data_type=cells.declared.by_name[name].data_type,
            text=text_of(name, list(cells.scale(name).levels)),
            varies=name in cells.chosen,
        )
        for name in names[:MOST_FIELDS]
        if name in cells.declared.by_name and len(cells)
    ]


def text_of(name: str, values: list[object]) -> str:
    """As the command line writes them: `0.1,0.01`, `adam,sgd`, `[64,64]`."""
    written = commandline.as_arguments(RunSpec(task=1, values={name: values}))[-1]
    prefix = written.index("=", len(to_json(name)) if written.startswith('"') else 0)
    text = written[prefix + 1 :]
    return text if any(sign in text for sign in '["{') else text.replace(",", ", ")


def read(batch: Batch, declared: TaskSpec, typed: Mapping[str, str]) -> RunSpec:
    """The Batch's specification with the values that were typed; SubmitError says what cannot be read."""
    texts = [parameter.name for parameter in declared.parameters if parameter.data_type == "str"]
    arguments = [str(batch.task_id)]
    for name, text in typed.items():
        if name in declared.by_name and text.strip():
            arguments += ["--set", f"{to_json(name)}={text.strip()}"]
    try:
        given = commandline.from_arguments(arguments, texts=texts).values
    except RunSpecError as error:
        raise SubmitError(str(error)) from error
    before = batch.run_spec
    return replace(before, values={**before.values, **given})


@dataclass(frozen=True, kw_only=True)
class Addition:
    """What values would add: how many Runs, of how many combinations, and how many succeeded elsewhere."""

    new: int
    asked: int
    earlier: int

    @property
    def there(self) -> int:
        """Combinations that the Batch has already."""
        return self.asked - self.new


def look_ahead(batch: Batch, spec: RunSpec) -> Addition:
    """What `batches.add_values` would do now; raises what it raises, but nothing new is no mistake."""
    asked = batches.with_more(batch, spec)
    new = batches.additions(batch, asked)
    batches.check_room(batch, len(new))
    earlier = batches.reusable(batch, asked, new)
    return Addition(new=len(new), asked=asked.count, earlier=len(earlier))
