"""A program that executes a notebook from top to bottom and keeps it as far as it came, with its outputs.

Run by the Python of the Run's environment, so it knows nothing but `nbclient`. What cells print is printed.
"""

import signal
import sys
from types import FrameType
from typing import Any


def show(output: Any) -> None:
    """Prints the text of one output."""
    text = ""
    if output.output_type == "stream":
        text = output.text
    elif output.output_type in {"execute_result", "display_data"}:
        text = output.data.get("text/plain", "") + "\n"
    elif output.output_type == "error":
        text = "\n".join(output.traceback) + "\n"
    sys.stdout.write(text)
    sys.stdout.flush()


def stop(number: int, frame: FrameType | None) -> None:
    """A request to end: what was done until now is kept."""
    sys.exit(128 + number)


def main(path: str) -> int:
    # Packages of the Run's environment, not of the server's.
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # whatever a broken file makes the reader raise: it is printed in the console
        sys.stdout.write(f"{path} is not a readable notebook: {error}\n")
        return 1
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    # Kernels are named differently on every machine; that of Python is the one of this environment.
    name = "python3" if language == "python" else ""
    client = NotebookClient(notebook, timeout=None, kernel_name=name, resources={"metadata": {"path": "."}})
    if name:
        # Its remarks about itself are nothing that the notebook printed.
        client.extra_arguments = ["--IPKernelApp.log_level=40"]
    signal.signal(signal.SIGTERM, stop)
    try:
        with client.setup_kernel():
            for number, cell in enumerate(notebook.cells):
                try:
                    client.execute_cell(cell, number)
                except CellExecutionError:
                    return 1
                finally:
                    for output in cell.get("outputs", ()):
                        show(output)
    finally:
        nbformat.write(notebook, path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
