"""Why a script ended as it did, in words, and what to do first, from the line that says so. Pure.

The lines are those of CPython 3.8 to 3.14, the packages named, R 4.2 to 4.5, bash 5 and the C library.
"""

import re
from dataclasses import dataclass
from typing import Literal

from runs.records import cause_words
from runs.records.cause_words import IN_PYTHON_2, Given, Words
from runs.records.error_line import ErrorLine
from tasks.preflight import names

says = cause_words.says

# What may help: another file, other values, more packages; or nothing but another try.
Remedy = Literal["edit", "change", "install", "again"]
GONE = "|".join([*names.PYTHON_2, *names.REMOVED])
# Lines from the error on that are looked at.
LOOKED_AT = 30


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A sentence or two about the cause, empty where the line says enough, and what is to be done first.

    `module` or, in R, `r_package` is what is to be installed, when that is known.
    """

    sentence: str
    remedy: Remedy
    module: str = ""
    r_package: str = ""


# (what the line reads, the words, what to do first); the first that matches counts.
CAUSES: tuple[tuple[str, Words, Remedy], ...] = (
    (
        rf"ModuleNotFoundError: No module named '(?P<module>(?:{GONE})(?:\.\w+)*)'",
        cause_words.old_module,
        "edit",
    ),
    (r"ModuleNotFoundError: No module named '(?P<module>[\w.]+)'", cause_words.missing_module, "install"),
    (
        r"there is no package called [‘'\"](?P<package>[\w.]+)",
        says(
            "R has no package {package}. Add r-{package} to the dependencies of environment.yml, or ask your "
            "administrator to install it for the node's R."
        ),
        "install",
    ),
    (
        r"ImportError: libGL\.so",
        says(
            "OpenCV needs a library for windows that the node does not have. Name opencv-python-headless in "
            "place of opencv-python."
        ),
        "install",
    ),
    (
        r"(?:ImportError|OSError): (?P<library>lib[\w.+-]+\.so[\w.]*): cannot open shared object",
        says(
            "A package needs the library {library}, which the node does not have. Ask your administrator to "
            "install it, or get the package from Conda, which brings its libraries."
        ),
        "install",
    ),
    (
        r"Can't locate \S+ in @INC \(you may need to install the (?P<package>\S+) module",
        says(
            "Perl has no module {package}. Add the package that brings it to environment.yml, or ask your "
            "administrator to install it on the node."
        ),
        "install",
    ),
    (
        r"Cannot find module '(?P<package>[^'./][^']*)'",
        says(
            "Node.js has no package {package}. Put its folder node_modules into the Task, or let a main.sh "
            "begin with “npm install”."
        ),
        "install",
    ),
    (
        r"version [`'](?P<version>(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found",
        says("A package was built for a newer system, with {version}. Name an older version of it."),
        "install",
    ),
    (
        r"CUDA out of memory|torch\.(?:cuda\.)?OutOfMemoryError|CUDNN_STATUS_ALLOC_FAILED"
        r"|CUDA_ERROR_OUT_OF_MEMORY"
        r"|RESOURCE_EXHAUSTED: .*(?:memory|OOM)",
        says(
            "The graphics card's memory is full. Try smaller values, such as that of the batch size, or wait "
            "until no other Run uses the card."
        ),
        "change",
    ),
    (
        r"No CUDA GPUs are available|Torch not compiled with CUDA|Found no NVIDIA driver"
        r"|CUDA driver version is "
        r"insufficient|no CUDA-capable device|CUDA_ERROR_NO_DEVICE",
        says(
            "The script asks for a graphics card, and found none on the node that it can use. Choose a node "
            "that has one, or the processor, where the script lets you."
        ),
        "change",
    ),
    (
        r"device-side assert triggered",
        says(
            "The graphics card was given values out of range; most often a label is not below the number of "
            "classes. On the processor the same line says which."
        ),
        "edit",
    ),
    (
        r"TerminatedWorkerError|BrokenProcessPool|BrokenExecutor",
        says(
            "One of its processes was killed, as happens when memory runs out. Try smaller values, or fewer "
            "processes at once."
        ),
        "change",
    ),
    (
        r"in loading state_dict for",
        says(
            "The saved weights are those of another network than the script builds. Choose the weights, or "
            "the values that shape the network, to match."
        ),
        "change",
    ),
    (
        r"MemoryError|Unable to allocate .* for an array|Cannot allocate memory"
        r"|cannot allocate vector of size"
        r"|std::bad_alloc|Out of memory|JavaScript heap out of memory|Killed$",
        says("Its memory was not enough. Try smaller values or less data at once, or another node."),
        "change",
    ),
    (
        r"DataLoader worker .* (?:is killed|exited unexpectedly)|unable to open shared memory|Bus error",
        says(
            "The memory that its processes share is full. Start the script with fewer processes that load "
            "data (num_workers), or none."
        ),
        "change",
    ),
    (
        r"No space left on device|Disk quota exceeded|database or disk is full",
        says("The disk is full. Delete what is no longer needed, or ask your administrator for more room."),
        "again",
    ),
    (
        r"Too many open files",
        says("It had too many files open at once. Close each one after it was read (`with open(…)`)."),
        "edit",
    ),
    (
        r"Read-only file system|PermissionError: .*|(?P<own>[^\s:]+): Permission denied|Permission denied",
        cause_words.no_permission,
        "edit",
    ),
    (
        r"(?:FileNotFoundError|NotADirectoryError): (?:\[Errno \d+\] )?[^:]*: '(?P<path>[^']+)'"
        r"|cannot open (?:compressed )?file '(?P<r_path>[^']+)'.*No such file"
        r"|FileNotFoundError: (?P<other>\S+) not found"
        r"|[\"'‘]?(?P<named>[^\s\"'‘’:]+)[\"'’]? ?: No such file or directory",
        cause_words.missing_file,
        "edit",
    ),
    (
        r"(?P<command>[\w.+-]+): (?:command )?not found$",
        says(
            "The node has no program {command}, nor has its environment. Add the package that brings it to "
            "environment.yml, or ask your administrator to install it."
        ),
        "install",
    ),
    (
        r"TimeoutExpired",
        says("A program that it started took longer than the script lets it. Give it more time."),
        "edit",
    ),
    (
        r"(?:127\.0\.0\.1|localhost|\[::1\]).*(?:refused|Couldn't connect|Max retries)",
        says(
            "The script looked for a service on its own node, where none answers. Start it in the script, or "
            "make its address a parameter."
        ),
        "edit",
    ),
    (
        r"(?:Name or service not known|Temporary failure in name resolution|getaddrinfo failed"
        r"|Connection refused"
        r"|Connection reset by peer|Network is unreachable|Max retries exceeded|ConnectTimeout|ReadTimeout"
        r"|timed out|URLError|RemoteDisconnected|No route to host|Could not resolve host"
        r"|Couldn't connect to server|unable to resolve host)",
        says("Another machine did not answer. Try it again later, or look at the address and the proxy."),
        "again",
    ),
    (
        r"HTTP ?Error:? (?P<code>5\d\d)|(?P<other>5\d\d) Server Error",
        says("Another machine had a problem of its own. Try it again later."),
        "again",
    ),
    (
        r"HTTP ?Error:? (?P<code>40[0134])|(?P<other>40[0134]) Client Error",
        says("Another machine refused the request. Look at the address and at what lets the script in."),
        "edit",
    ),
    (
        r"SSL(?:Error|CertVerificationError)|CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        says("The certificate of another machine is not trusted here. Ask your administrator for theirs."),
        "edit",
    ),
    (
        r"CalledProcessError: .* died with <Signals\.SIGKILL",
        says("A program that it started was killed, as happens when memory runs out. Try smaller values."),
        "change",
    ),
    (
        r"CalledProcessError: .* exit status 127\b",
        says(
            "A program that it started was not found. Add the package that brings it to environment.yml, or "
            "ask your administrator to install it."
        ),
        "install",
    ),
    (
        r"CalledProcessError: ",
        says(
            "A program that it started failed. What that printed is in the console before this, unless the "
            "script captured it."
        ),
        "edit",
    ),
    (
        r"error: (?:unrecognized arguments|the following arguments are required|argument .*)|No such option|"
        r"Missing (?:option|argument)|Invalid value for",
        says(
            "The script reads a command line, and is started without one. Choose the launcher that its Task "
            "proposes as entry script, which gives it the parameters."
        ),
        "edit",
    ),
    (
        r"no value for the required argument|Flags parsing error|^[Uu]sage: \S|\b\$?[1-9]: unbound variable",
        says(
            "The script reads a command line, and is started without one. Let it read the values of its "
            "parameters from the file that CORETEX_PARAMETERS names."
        ),
        "edit",
    ),
    (
        r"EOFError: EOF when reading a line|: Aborted!$|StdinNotImplementedError",
        says("It asked a question, and nobody is there to answer. Make the answer a parameter."),
        "edit",
    ),
    (
        r"no display name and no \$DISPLAY|cannot connect to X server|could not connect to display"
        r"|no display "
        r"environment|Qt platform plugin",
        says(
            "It wanted to open a window, and there is no screen. Save pictures to files; for matplotlib, "
            "name the Agg backend."
        ),
        "edit",
    ),
    (
        r"(?:could not convert string to float|invalid literal for int\(\) with base \d+): (?P<value>.+)",
        cause_words.of_value,
        "change",
    ),
    (
        r"non-numeric argument to"
        r"|TypeError: (?:unsupported operand type|'\w+' object cannot be interpreted as an integer"
        r"|can only concatenate|must be real number|'<' not supported between|'[<>]=?' not supported"
        r"|an integer is required"
        r"|'\w+' object is not (?:iterable|callable|subscriptable))",
        says(
            "A value has another type than the script expects there. Compare the data types in task.yaml "
            "with what the script does with its parameters."
        ),
        "edit",
    ),
    (r"KeyError: (?P<value>.+)", cause_words.missing_key, "edit"),
    (
        r"SyntaxError: Missing parentheses in call to '(?:print|exec)'"
        r"|'dict' object has no attribute 'has_key'"
        r"|NameError: name '(?:xrange|raw_input|unicode|basestring|unichr|execfile|reload)' is not defined",
        says(IN_PYTHON_2),
        "edit",
    ),
    (
        r"SyntaxError: (?:Non-UTF-8 code|\(unicode error\) 'utf-?8' codec|source code .*null bytes)"
        r"|EOF whilst reading MBCS",
        says("The script is not saved as UTF-8. Save it as UTF-8 in your editor."),
        "edit",
    ),
    (
        "unexpected input in [\"“”']\ufeff",
        says("The script begins with a byte order mark. Save it as UTF-8 without one."),
        "edit",
    ),
    (
        r"SyntaxError|IndentationError|TabError|syntax error|^Error: unexpected "
        r"|unexpected (?:symbol|end of file|input|string)",
        says("The file cannot be read as a program. Correct the line."),
        "edit",
    ),
    (
        r"UnicodeDecodeError: '(?P<codec>[\w-]+)' codec",
        says("A file holds other characters than {codec}. Name its encoding where it is opened."),
        "edit",
    ),
    (
        r"JSONDecodeError|ParserError|EmptyDataError|Expecting value: line",
        says("A file that it read is empty, or not in the format that was expected."),
        "edit",
    ),
    (
        r"AttributeError: (?:partially initialized )?module '(?P<module>[\w.]+)' "
        r"has no attribute '(?P<name>\w+)'",
        cause_words.no_attribute,
        "edit",
    ),
    (
        r"ImportError: cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'",
        cause_words.no_attribute,
        "edit",
    ),
    (
        r"attempted relative import",
        says(
            "Relative imports only work inside a package. Put an empty __init__.py beside the file, move "
            "both into a folder, or write the import without the dot."
        ),
        "edit",
    ),
    (
        r"RecursionError|evaluation nested too deeply|C stack usage",
        says("A function calls itself without an end."),
        "edit",
    ),
    (
        r"(?:could not find function|object) [\"'](?P<name>[^\"']+)[\"'](?: not found)?",
        says("R knows no {name} there: a package is not loaded, or a name is misspelt."),
        "edit",
    ),
    (
        r"(?:NameError|UnboundLocalError|AttributeError|IndexError|ZeroDivisionError|AssertionError"
        r"|ReferenceError|NotImplementedError|StopIteration)\b",
        says(""),
        "edit",
    ),
)
PATTERNS = tuple((re.compile(pattern, re.MULTILINE), words, remedy) for pattern, words, remedy in CAUSES)


def explain(error: ErrorLine, given: Given) -> Cause | None:
    """The cause of a script's end; None where only the line itself can say it.

    The line counts before what was printed after it.
    """
    if sentence := cause_words.from_traceback(error, given):
        return Cause(sentence=sentence, remedy="install" if "environment.yml" in sentence else "edit")
    for text in (error.text, "\n".join(error.after[:LOOKED_AT])):
        for pattern, words, remedy in PATTERNS:
            found = pattern.search(text)
            if found is not None:
                missed = found.groupdict(default="") if remedy == "install" else {}
                return Cause(
                    sentence=words(found, given),
                    remedy=remedy,
                    module=missed.get("module", ""),
                    r_package=missed.get("package", ""),
                )
    return None
