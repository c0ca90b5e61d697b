"""Counts and measures bright cells in images, and draws what was found."""

import csv
import json
import os
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, UnidentifiedImageError

import cells

DEFAULTS = {
    "images": None,
    "largest": 800,
    "blur": 1.5,
    "threshold": "Otsu",
    "level": 90,
    "area": {"from": 40, "to": 900, "step": 20},
    "dropEdge": True,
}
SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"}
FOUND, TOO_SMALL, TOO_LARGE, AT_EDGE = "#42d392", "#8a93a6", "#ff6b5e", "#f0b429"


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


def read_grey(path, largest):
    try:
        with Image.open(path) as image:
            grey = image.convert("L")
    except (UnidentifiedImageError, OSError) as error:
        sys.exit(f"{path.name} cannot be read as an image: {error}")
    grey.thumbnail((largest, largest))
    return grey


def colour_of(cell, size, chosen):
    area = chosen["area"]
    if cell.area < area["from"]:
        return TOO_SMALL
    if cell.area > area["to"]:
        return TOO_LARGE
    return AT_EDGE if chosen["dropEdge"] and cell.touches_edge(size) else FOUND


def draw(grey, coloured):
    """The image, with a frame around each thing that was found, in the colour of what became of it."""
    picture = grey.convert("RGB")
    pen = ImageDraw.Draw(picture)
    for cell, colour in coloured:
        left, top, right, bottom = cell.box
        pen.rectangle((left - 2, top - 2, right + 2, bottom + 2), outline=colour)
    return picture


def histogram(areas, bins):
    """A text histogram for the console."""
    edges = range(bins["from"], bins["to"] + 1, bins["step"])
    counts = {edge: sum(edge <= area < edge + bins["step"] for area in areas) for edge in edges}
    for edge, count in counts.items():
        if count:
            print(f"{edge:>6} pixels  {'█' * count} {count}")


def main():
    chosen = read_parameters()
    folder = Path(__file__).parent / "data" if chosen["images"] is None else Path(chosen["images"]["path"])
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        sys.exit(f"There are no images ({', '.join(sorted(SUFFIXES))}) in {folder}.")

    rows, names = [], set()
    for number, path in enumerate(files, start=1):
        grey = read_grey(path, chosen["largest"])
        smooth = grey.filter(ImageFilter.GaussianBlur(chosen["blur"])) if chosen["blur"] else grey
        level = cells.otsu(smooth.histogram()) if chosen["threshold"] == "Otsu" else chosen["level"]
        everything = cells.find(smooth.tobytes(), grey.size, level)
        coloured = [(cell, colour_of(cell, grey.size, chosen)) for cell in everything]
        kept = [cell for cell, colour in coloured if colour == FOUND]
        for place, cell in enumerate(kept, start=1):
            x, y = cell.centre
            brightness = cell.mean(grey.tobytes(), grey.width)
            rows.append((path.name, place, round(x, 1), round(y, 1), cell.area, round(brightness, 1)))
        name = path.stem if path.stem not in names else f"{path.stem}-{number}"
        names.add(name)
        draw(grey, coloured).save(f"{name}-cells.png")
        print(f"{path.name}: {len(kept)} cells, {len(everything) - len(kept)} left out, brighter than {level}")
        report("cells", number, len(kept))
        report("share of the image", number, sum(cell.area for cell in kept) / (grey.width * grey.height))

    with open("cells.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "cell", "x", "y", "area", "brightness"))
        writer.writerows(rows)
    areas = [row[4] for row in rows]
    histogram(areas, chosen["area"])
    report("cells in all images", len(files), len(rows))
    if areas:
        report("mean area", len(files), sum(areas) / len(areas))


if __name__ == "__main__":
    main()
