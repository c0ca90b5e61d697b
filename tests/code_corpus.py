"""Scripts as people write them, to be read and to be run: argparse, click, typer, R, bash, a notebook."""

import json

TRAINING = '''\
"""Trains a small network."""
import argparse
import json
import os
from pathlib import Path

DEFAULT_LR = 1e-3
MODELS = {"resnet": object, "vit": object, "mlp": object}


def str2bool(text):
    return text.lower() in ("yes", "true", "1")


def get_parser():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default="data", help="Where the images are")
    parser.add_argument("--model", choices=sorted(MODELS), default="resnet",
                        help="Architecture (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="Loader processes")
    parser.add_argument("--amp", action="store_true", help="Mixed precision, 50%% faster")
    parser.add_argument("--no-shuffle", dest="shuffle", action="store_false", help="Keep the order")
    parser.add_argument("--pretrained", type=str2bool, default=True)
    parser.add_argument("--cache", action=argparse.BooleanOptionalAction, default=False)
    optimiser = parser.add_argument_group("Optimiser")
    optimiser.add_argument("-l", "--learning-rate", type=float, default=DEFAULT_LR, help="Step size "
                           "of the optimiser")
    optimiser.add_argument("--weight-decay", type=float, default=-0.5)
    optimiser.add_argument("--batch-size", "-b", type=int, default=32)
    optimiser.add_argument("--layers", type=int, nargs="+", default=[64, 32])
    optimiser.add_argument("--betas", type=float, nargs=2, default=(0.9, 0.999))
    parser.add_argument("--fold", type=int, choices=range(5), default=0)
    parser.add_argument("--tags", nargs="*", default=[])
    parser.add_argument("--note")
    parser.add_argument("--version", action="version", version="1")
    parser.add_argument("-v", "--verbose", action="count", default=0)
    return parser


def main():
    parser = get_parser()
    args = parser.parse_args()
    print(json.dumps(vars(args), default=str))


if __name__ == "__main__":
    main()
'''

COMMANDS = """\
import argparse
import json


def add_common(p):
    p.add_argument("--seed", type=int, default=0, help="Of every random number")


def build():
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser = argparse.ArgumentParser()
    parser.add_argument("--log-level", default="info")
    commands = parser.add_subparsers(dest="command", required=True, help="What to do")
    train = commands.add_parser("train", parents=[shared])
    add_common(train)
    train.add_argument("data")
    train.add_argument("--epochs", type=int, required=True)
    predict = commands.add_parser("predict", parents=[shared])
    add_common(predict)
    predict.add_argument("inputs", nargs="+")
    predict.add_argument("--threshold", type=float, default=.5)
    export = commands.add_parser("export")
    export.add_argument("--format", choices=["onnx", "torch"], default="onnx")
    return parser


if __name__ == "__main__":
    print(json.dumps(vars(build().parse_args())))
"""

POSITIONAL = """\
#!/usr/bin/env python
import argparse, json
ap = argparse.ArgumentParser("count k-mers")
ap.add_argument("fasta", help="Sequences")
ap.add_argument("out", nargs="?", default="counts.tsv")
ap.add_argument("-k", type=int, default=21, metavar="K")
ap.add_argument("--strict", type=bool, default=False)
ap.add_argument("--include", action="append", help="A chromosome, again for more")
group = ap.add_mutually_exclusive_group()
group.add_argument("--fast", action="store_true")
group.add_argument("--exact", action="store_true")
a = ap.parse_args()
print(json.dumps(vars(a)))
"""

SHARED_OPTIONS = {
    "train.py": "import options\nfrom lib.extra import add_extra\n\nparser = options.make()\n"
    "add_extra(parser)\nargs = parser.parse_args()\n",
    "options.py": "import argparse\n\ndef make():\n    parser = argparse.ArgumentParser()\n"
    '    parser.add_argument("--epochs", type=int, default=3)\n    return parser\n',
    "lib/__init__.py": "",
    "lib/extra.py": 'def add_extra(p):\n    p.add_argument("--extra", default="x")\n',
}

CLICK = """\
import json

import click
from click import Choice, option

seed_option = click.option("--seed", default=42, show_default=True, help="Of every random number")


@click.command()
@click.argument("source", type=click.Path())
@click.argument("rest", nargs=-1)
@option("--mode", type=Choice(["fast", "exact"]), default="fast", help="How")
@click.option("-n", "--number", type=click.IntRange(1, 10), default=3)
@click.option("--ratio", type=click.FloatRange(min=0, max=1), default=0.5)
@click.option("--shout/--no-shout", default=False)
@click.option("--dry-run", is_flag=True, help="Change nothing")
@click.option("--tag", "tags", multiple=True)
@click.option("--size", nargs=2, type=int, default=(640, 480))
@click.option("-v", "--verbose", count=True)
@click.option("--name", required=True, prompt="Your name")
@seed_option
def main(**values):
    click.echo(json.dumps(values))


if __name__ == "__main__":
    main()
"""

CLICK_GROUP = """\
import json
import click


@click.group()
@click.option("--debug/--no-debug", default=False)
@click.pass_context
def cli(ctx, debug):
    ctx.obj = {"debug": debug}


@cli.command()
@click.option("--count", default=1, type=int)
@click.pass_context
def init(ctx, count):
    click.echo(json.dumps({**ctx.obj, "count": count}))


@cli.command("drop-all")
@click.option("--force", is_flag=True)
@click.pass_context
def drop(ctx, force):
    click.echo(json.dumps({**ctx.obj, "force": force}))


cli()
"""

TYPER = """\
from enum import Enum
from pathlib import Path
from typing import Annotated, List, Literal, Optional

import typer

app = typer.Typer()


class Mode(str, Enum):
    fast = "fast"
    slow = "slow"


@app.command()
def main(
    source: Path,
    learning_rate: float = 0.1,
    epochs: Annotated[int, typer.Option("--epochs", "-e", min=1, max=100, help="How long")] = 10,
    mode: Mode = Mode.fast,
    norm: Literal["l1", "l2"] = "l2",
    tags: Optional[List[str]] = None,
    verbose: bool = False,
    note: str | None = typer.Option(None, help="For the log"),
):
    print(source)


if __name__ == "__main__":
    app()
"""

PLAIN = """\
import json
import os
from pathlib import Path

DEFAULTS = {"epochs": 10, "rate": 0.1, "labels": ["a", "b"], "unused": None}


def read_parameters():
    path = os.environ.get("CORETEX_PARAMETERS")
    if path is None:
        return DEFAULTS
    with open(path, encoding="utf-8") as file:
        return {**DEFAULTS, **json.load(file)}


def train(config):
    for epoch in range(config["epochs"]):
        print(epoch, config["rate"])


def main():
    chosen = read_parameters()
    data = chosen["images"]
    print(sorted(Path(data["path"]).iterdir()))
    train(chosen)
    if chosen.get("verbose", False):
        print(chosen)
    print(float(chosen["limit"]), chosen["labels"])


if __name__ == "__main__":
    main()
"""

ONE_LINER = """\
import json, os
params = json.load(open(os.environ["CORETEX_PARAMETERS"]))
print(params["lr"] * params.get("steps", 100), "seed" in params)
"""

PLATFORM = """\
import logging
from coretex import currentTaskRun, TaskRun


def main(taskRun: TaskRun):
    dataset = taskRun.parameters["dataset"]
    dataset.download()
    for sample in dataset.samples:
        logging.info(sample)
    epochs = taskRun.parameters.get("epochs", 5)
    parameters = taskRun.parameters
    print(parameters["batchSize"], epochs)


if __name__ == "__main__":
    main(currentTaskRun())
"""

NOT_OURS = """\
import numpy as np


def initialise(sizes):
    parameters = {}
    for layer in range(1, len(sizes)):
        parameters["W" + str(layer)] = np.random.randn(sizes[layer], sizes[layer - 1])
    return parameters


def forward(x, parameters):
    return parameters["W1"] @ x + parameters["b1"]


print(forward(np.ones(3), initialise([3, 2])))
"""

FILLED = """\
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--name", required=True)
if "CORETEX_PARAMETERS" in os.environ:
    chosen = json.load(open(os.environ["CORETEX_PARAMETERS"]))
    parser.set_defaults(**{name: value for name, value in chosen.items() if value is not None})
args = parser.parse_args()
print(args.lr, args.name, args.more)
"""

R = """\
library(jsonlite)
# parameters$commented is not read
path <- Sys.getenv("CORETEX_PARAMETERS")
p <- fromJSON(path)
n <- as.integer(p$iterations)
alpha <- p[["alpha"]] %||% 0.05
files <- list.files(p$reads$path)
cat(n, alpha, files)
"""

SHELL = """\
#!/bin/bash
set -eu
# jq -r .commented "$CORETEX_PARAMETERS"
threads=$(jq -r '.threads // 4' "$CORETEX_PARAMETERS")
reads=$(jq -r .reads.path "$CORETEX_PARAMETERS")
"""

NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "source": ["# parameters['no']"]},
            {
                "cell_type": "code",
                "source": ["%matplotlib inline\n", "!pip install x\n", "import json, os\n"],
            },
            {
                "cell_type": "code",
                "source": "parameters = json.load(open(os.environ['CORETEX_PARAMETERS']))\nfiles = !ls\n",
            },
            {"cell_type": "code", "source": ["%%bash\n", "echo $parameters\n"]},
            {
                "cell_type": "code",
                "source": ["%%time\n", "x = parameters['alpha']\n", "parameters.get('beta', 2)"],
            },
        ],
        "nbformat": 4,
    }
)
