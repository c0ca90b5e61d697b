"""A program that executes a notebook from top to bottom and keeps it as far as it came, with its outputs.

Run by the Python of the Run's environment, so it knows nothing but `nbclient`. What cells print is printed at
once. It ends as its kernel does: with the exit code of `sys.exit`, by the signal that killed it.
"""

import json
import logging
import os
import re
import signal
import sys
import warnings
from contextlib import ExitStack
from types import FrameType
from typing import Any, NoReturn

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# {the beginning of a kernel's name: its language}, for notebooks that do not say the language.
LANGUAGES = {"ir": "r", "julia": "julia", "bash": "bash", "octave": "octave", "deno": "typescript"}
# {language: (its name, what to do to have its kernel)}
NEEDED = {
    "r": ("R", "Add r-irkernel to the dependencies of environment.yml"),
    "julia": ("Julia", "Julia and its package IJulia must be installed on the node"),
    "bash": ("bash", "Add bash_kernel to the dependencies of environment.yml"),
}
# Run in a Python kernel before the first cell, without leaving names: the folders come where Jupyter puts the
# working folder, after Python's own modules and before installed ones. IPython's `exit(3)` would end well.
SET_UP = """\
import sys, warnings
packages = (i for i, folder in enumerate(sys.path) if folder.endswith(("site-packages", "dist-packages")))
place = sys.path.index("") if "" in sys.path else next(packages, len(sys.path))
sys.path[place:place] = FOLDERS
warnings.filterwarnings("ignore", message="To exit: use 'exit'")
from IPython.core.autocall import ZMQExitAutocall
class Exit(ZMQExitAutocall):
    def __call__(self, code=None, keep_kernel=False):
        if code is None:
            return super().__call__()
        raise SystemExit(code)
shell = get_ipython()
shell.user_ns.update(exit=Exit(shell), quit=Exit(shell))
# What a kernel is started with is no command line of the notebook.
sys.argv[1:] = []
"""
NO_INPUT = (
    "Nobody is there to answer input(): give the notebook its values as parameters, which it reads from the "
    "file that CORETEX_PARAMETERS names."
)


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def text_of(output: Any) -> str:
    """What one output prints."""
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        if output.ename == "SystemExit":
            return ""
        note = f"{NO_INPUT}\n" if output.ename == "StdinNotImplementedError" else ""
        return note + ANSI.sub("", "\n".join(output.traceback)) + "\n"
    text = output.data.get("text/plain", "")
    return f"{text}\n" if text else ""


def language_of(metadata: Any) -> str:
    """The language that a notebook is written in; Python where nothing says another."""
    kernel = metadata.get("kernelspec") or {}
    language = kernel.get("language") or (metadata.get("language_info") or {}).get("name")
    name = str(kernel.get("name") or "").casefold()
    known = (LANGUAGES[start] for start in LANGUAGES if re.fullmatch(rf"{start}([-_.\d].*)?", name))
    language = str(language or next(known, "python")).casefold()
    return "python" if language.startswith(("python", "ipython")) else language


def kernel_for(language: str, metadata: Any) -> str:
    """The name of a kernel of the environment for a language other than Python; empty when it has none."""
    from jupyter_client.kernelspec import KernelSpecManager

    specs = KernelSpecManager().get_all_specs()
    wanted = (metadata.get("kernelspec") or {}).get("name")
    if wanted in specs:
        return str(wanted)
    spoken = {name: str(found["spec"].get("language", "")).casefold() for name, found in specs.items()}
    return next((name for name in sorted(spoken) if spoken[name] == language), "")


def read(path: str) -> Any:
    """The notebook at `path`, with what some programs leave out; raises whatever a broken file makes it."""
    import nbformat

    with open(path, "rb") as file:
        content = json.loads(file.read())
    if isinstance(content.get("cells"), list):
        content.setdefault("nbformat", 4)
        content.setdefault("nbformat_minor", 4)
        content.setdefault("metadata", {})
        for cell in content["cells"]:
            cell.setdefault("metadata", {})
            if cell.get("cell_type") == "code":
                cell.setdefault("outputs", [])
                cell.setdefault("execution_count", None)
    return nbformat.reads(json.dumps(content), as_version=4)


def signal_name(number: int) -> str:
    try:
        return f"{signal.Signals(number).name.removeprefix('SIG')} ({number})"
    except ValueError:  # one without a name
        return str(number)


def end_by(number: int) -> NoReturn:
    """Ends this program by a signal."""
    import resource

    sys.stdout.flush()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # where a signal does not end programs


def exit_code_of(value: str) -> int:
    """The exit code for the value of a SystemExit; a text is printed, as Python does."""
    try:
        return 0 if value in ("", "None") else int(value)
    except ValueError:
        say(f"{value}\n")
        return 1


class Notebook:
    """A notebook that is being executed, and the number of the code cell that is."""

    def __init__(self, path: str, content: Any) -> None:
        self.path, self.content = path, content
        self.count = sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in content.cells)
        self.number = 0
        self.is_over = False

    @property
    def place(self) -> str:
        return f"cell {self.number} of {self.count}"

    def keep(self) -> None:
        import nbformat

        nbformat.write(self.content, self.path)

    def executed(self, *, execute_reply: Any, **others: Any) -> None:
        """What a cell asked for: `exit` and `quit` end a notebook."""
        sources = {each.get("source") for each in execute_reply["content"].get("payload") or ()}
        self.is_over = "ask_exit" in sources

    def stop(self, number: int, frame: FrameType | None) -> None:
        """A request to end: what was done until now is kept."""
        self.keep()
        end_by(number)

    def died(self, code: int | None) -> int:
        """What to end with after the kernel has ended in the middle of a cell."""
        if code is not None and code < 0:
            self.keep()
            say(f"The kernel was killed by signal {signal_name(-code)} in {self.place}.\n")
            end_by(-code)
        ended = "without an exit code" if code is None else f"with exit code {code}"
        say(f"The kernel ended {ended} in {self.place}; what comes after was not executed.\n")
        return 1 if code is None else code

    def execute(self, client: Any) -> int:
        """Executes the cells one by one; the exit code."""
        from nbclient.exceptions import CellExecutionError, DeadKernelError

        process = getattr(client.km.provisioner, "process", None)
        for index, cell in enumerate(self.content.cells):
            self.number += cell.cell_type == "code" and bool(cell.source.strip())
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                return exit_code_of(error.evalue) if error.ename == "SystemExit" else 1
            except DeadKernelError:
                return self.died(None if process is None else process.poll())
            if self.is_over:
                break
        return 0


def main(path: str, *folders: str) -> int:
    """Executes the notebook at `path`; Python kernels look through `folders` for modules, too."""
    # Packages of the Run's environment, not of the server's.
    from nbclient import NotebookClient

    # What these say of themselves is nothing that the notebook printed.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    try:
        content = read(path)
    except Exception as error:  # whatever a broken file makes the reader raise: it is printed in the console
        say(f"{path} is not a readable notebook: {error}\n")
        return 1
    notebook = Notebook(path, content)
    language = language_of(content.metadata)
    name = "python3" if language == "python" else kernel_for(language, content.metadata)
    if not name:
        shown, needed = NEEDED.get(language, (language, "Add a Jupyter kernel for it to its environment"))
        say(f"{path} is written in {shown}, for which its environment has no kernel. {needed}.\n")
        return 1

    class Client(NotebookClient):  # type: ignore[misc]
        """Prints what cells put out when they do."""

        def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
            output = super().output(outs, msg, display_id, cell_index)
            if output is not None:
                is_meant = "raises-exception" in content.cells[cell_index].metadata.get("tags", ())
                if output.output_type == "error" and output.ename != "SystemExit" and not is_meant:
                    say(f"{notebook.place.capitalize()} failed:\n")
                say(text_of(output))
            return output

    client = Client(content, timeout=None, kernel_name=name, resources={"metadata": {"path": "."}})
    client.on_cell_executed = notebook.executed
    if language == "python":
        client.extra_arguments = ["--IPKernelApp.log_level=40"]
    signal.signal(signal.SIGTERM, notebook.stop)
    with ExitStack() as stack:
        try:
            stack.enter_context(client.setup_kernel())
        except RuntimeError as error:
            say(f"The kernel {name} could not be started: {error}\n")
            return 1
        stack.callback(notebook.keep)
        if language == "python":
            set_up = f"exec({SET_UP!r}, {{'FOLDERS': {list(folders)!r}, 'get_ipython': get_ipython}})"
            client.wait_for_reply(client.kc.execute(set_up, silent=True))
        return notebook.execute(client)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
