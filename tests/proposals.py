"""What is proposed for scripts, in the forms that tests compare."""

from tasks.proposals.options import Option, declare
from tasks.proposals.propose import Proposal, parameters_of, propose, read_scripts
from tasks.proposals.reads import Reads
from tasks.taskyaml.spec import TaskSpec, parse

URL = "https://example.org/schemas/task.schema.json"


def proposed(files: dict[str, str] | str, *entry_scripts: str) -> Proposal:
    given_files = {"main.py": files} if isinstance(files, str) else files
    return propose(given_files, entry_scripts or [next(iter(given_files))], schema_url=URL)


def spec_of(proposal: Proposal) -> TaskSpec:
    parsed = parse(proposal.text)
    assert parsed.spec is not None and not parsed.problems, (parsed.problems, proposal.text)
    return parsed.spec


def options(source: str) -> dict[str, Option]:
    (reading,) = read_scripts({"main.py": source}, ["main.py"])
    return {option.name: declare(option) for option in parameters_of(reading)}


def names_read(source: str, path: str = "main.py") -> Reads:
    """What one script reads by name; its language is told by the path."""
    (reading,) = read_scripts({path: source}, [path])
    (reads,) = reading.reads
    return reads


def read_names(source: str, path: str = "main.py") -> set[str]:
    return {read.name for read in names_read(source, path).names}
