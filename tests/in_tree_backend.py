"""A build backend of a few lines beside the project that it builds, so that no other has to be had."""

BACKEND = """
import os, zipfile

WHEEL = "Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def metadata(requires):
    needs = "".join(f"Requires-Dist: {one}\\n" for one in requires)
    return f"Metadata-Version: 2.1\\nName: mine\\nVersion: 1.0\\n{needs}"


def build(folder, modules):
    import tomllib

    with open("pyproject.toml", "rb") as file:
        requires = tomllib.load(file)["project"].get("dependencies", [])
    name = "mine-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as file:
        for path, text in modules.items():
            file.writestr(path, text)
        file.writestr("mine-1.0.dist-info/METADATA", metadata(requires))
        file.writestr("mine-1.0.dist-info/WHEEL", WHEEL)
        file.writestr("mine-1.0.dist-info/RECORD", "")
    return name


def build_wheel(folder, config_settings=None, metadata_directory=None):
    found = {}
    for current, _, names in os.walk("src"):
        for name in names:
            path = os.path.join(current, name)
            if name.endswith(".py"):
                found[os.path.relpath(path, "src")] = open(path).read()
    return build(folder, found)


def build_editable(folder, config_settings=None, metadata_directory=None):
    return build(folder, {"mine.pth": os.path.abspath("src") + "\\n"})
"""
BUILD_SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
