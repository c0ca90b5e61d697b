"""Keywords of texts by TF-IDF: words and phrases frequent in one text and rare in the others."""

import csv
import json
import math
import os
import re
import sys
from collections import Counter
from pathlib import Path

DEFAULTS = {
    "texts": None,
    "stopWords": ["however", "therefore"],
    "minimumLetters": 3,
    "perText": 8,
    "phraseLength": 2,
    "weighting": "logarithm",
    "rarity": 1.0,
    "compare": True,
    "title": "Keywords",
}
COMMON = set(
    "a about after all also an and any are as at be because been before being between both but by can could did "
    "do does down each even every few first for from had has have he her here him his how i if in into is it its "
    "just like made make many may more most much must my no not now of off on one only or other our out over own "
    "same she should so some such than that the their them then there these they this those through to too two "
    "under until up use used very was we well were what when where which while who why will with would you your".split()
)
WEIGHTS = {
    "as it is": float,
    "logarithm": lambda count: 1 + math.log(count),
    "once or not at all": lambda count: 1.0,
}


def read_parameters():
    """The values chosen in the form, or the defaults when run by hand."""
    path = os.environ.get("CORETEX_PARAMETERS")
    if path is None:
        return DEFAULTS
    with open(path, encoding="utf-8") as file:
        return {**DEFAULTS, **json.load(file)}


def report(metric, x, y):
    """A point of a metric, which becomes a chart on the Run's page."""
    path = os.environ.get("CORETEX_METRICS")
    if path is not None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"metric": metric, "x": x, "y": y}) + "\n")


def read_texts(folder):
    """{file's path: text} of the .txt and .md files in a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".txt", ".md"})
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8", errors="replace") for path in paths}


def terms_of(text, chosen):
    """The words and phrases of a text; a phrase does not go over a sentence's end or a word that never counts."""
    ignored = COMMON | {word.lower() for word in chosen["stopWords"] or []}
    found = Counter()
    for sentence in re.split(r"[.!?;:\n]+", text.lower()):
        run = []
        for word in [*re.findall(r"[^\W\d_]+", sentence), ""]:
            if len(word) >= chosen["minimumLetters"] and word not in ignored:
                run.append(word)
                for length in range(1, min(chosen["phraseLength"], len(run)) + 1):
                    found[" ".join(run[-length:])] += 1
            else:
                run = []
    return found


def weigh(counted, chosen):
    """{text: {term: weight}}, each text's weights scaled to the length 1."""
    spread = Counter(term for terms in counted.values() for term in terms)
    weight_of, weighed = WEIGHTS[chosen["weighting"]], {}
    for number, (name, terms) in enumerate(counted.items(), start=1):
        weights = {
            term: weight_of(count) * math.log((1 + len(counted)) / (1 + spread[term]) + 1) ** chosen["rarity"]
            for term, count in terms.items()
        }
        norm = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        weighed[name] = {term: weight / norm for term, weight in weights.items()}
        report("different terms", number, len(terms))
        print(f"\rWeighed {number} of {len(counted)} texts", end="", flush=True)
    print()
    return weighed


def likeness(one, other):
    """The cosine of two texts' weights: 0 nothing in common, 1 the same words equally often."""
    return sum(weight * other.get(term, 0.0) for term, weight in one.items())


def write_report(keywords, pairs, title):
    lines = [f"# {title}", ""]
    for name, terms in keywords.items():
        lines += [f"## {name}", "", ", ".join(f"{term} ({weight:.2f})" for term, weight in terms) or "none", ""]
    if pairs:
        lines += ["## Most alike", "", "| text | text | likeness |", "| --- | --- | --- |"]
        lines += [f"| {one} | {other} | {value:.3f} |" for one, other, value in pairs[:10]]
    Path("report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    chosen = read_parameters()
    dataset = chosen["texts"]
    folder = Path(__file__).parent / "data" if dataset is None else Path(dataset["path"])
    texts = read_texts(folder)
    if not texts:
        sys.exit(f"There are no .txt or .md files in {folder}.")

    weighed = weigh({name: terms_of(text, chosen) for name, text in texts.items()}, chosen)
    keywords = {
        name: sorted(weights.items(), key=lambda item: (-item[1], item[0]))[: chosen["perText"]]
        for name, weights in weighed.items()
    }
    with open("keywords.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "rank", "keyword", "weight"))
        for name, terms in keywords.items():
            writer.writerows((name, rank, term, round(weight, 4)) for rank, (term, weight) in enumerate(terms, 1))

    pairs, names = [], list(weighed)
    if chosen["compare"]:
        for place, one in enumerate(names):
            pairs += [(one, other, likeness(weighed[one], weighed[other])) for other in names[place + 1 :]]
        pairs.sort(key=lambda pair: -pair[2])
        with open("likeness.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("text", "other", "likeness"))
            writer.writerows((one, other, round(value, 4)) for one, other, value in pairs)

    # How much of a text its first keywords say: the sum of their squared weights.
    for rank in range(1, chosen["perText"] + 1):
        shares = [sum(weight**2 for _, weight in terms[:rank]) for terms in keywords.values()]
        report("share of the text that its keywords say", rank, sum(shares) / len(shares))
    write_report(keywords, pairs, chosen["title"] or "Keywords")
    for name, terms in keywords.items():
        print(f"{name:>24}  {', '.join(term for term, _ in terms[:5])}")


if __name__ == "__main__":
    main()
