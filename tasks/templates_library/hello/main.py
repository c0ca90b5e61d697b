"""Greets somebody, slowly. Shows the four things that a script does with the platform."""

import json
import math
import os
import time

DEFAULTS = {"name": "world", "language": "English", "shout": False, "steps": 20, "pause": 0.1}
GREETINGS = {"English": "Hello", "Deutsch": "Hallo", "Français": "Bonjour", "Srpski": "Zdravo"}


def read_parameters():
    """1. The values that were chosen in the form; the defaults when run by hand."""
    path = os.environ.get("CORETEX_PARAMETERS")
    if path is None:
        return DEFAULTS
    with open(path, encoding="utf-8") as file:
        return {**DEFAULTS, **json.load(file)}


def report(metric, x, y):
    """2. A point of a metric: one line of JSON, which becomes a chart on the Run's page."""
    path = os.environ.get("CORETEX_METRICS")
    if path is not None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"metric": metric, "x": x, "y": y}) + "\n")


def main():
    chosen = read_parameters()
    greeting = f"{GREETINGS[chosen['language']]}, {chosen['name']}!"
    if chosen["shout"]:
        greeting = greeting.upper()

    for step in range(1, chosen["steps"] + 1):
        time.sleep(chosen["pause"])
        report("warmth", step, 1 - math.exp(-3 * step / chosen["steps"]))
        # 3. What is printed is in the console at once; \r makes it one living line.
        print(f"\rWarming up: {step} of {chosen['steps']}", end="", flush=True)
    print()
    print(greeting)

    # 4. Every file that is made here becomes an Artifact.
    with open("greeting.txt", "w", encoding="utf-8") as file:
        file.write(greeting + "\n")


if __name__ == "__main__":
    main()
