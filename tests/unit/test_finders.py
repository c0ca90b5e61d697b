"""Third-party scripts are static files out of their packages, and nothing else of those packages is."""

from pathlib import Path

from django.contrib.staticfiles import finders

from coretex_site.finders import PACKAGED, PackagedFiles


def test_every_packaged_script_is_found_and_collected() -> None:
    for address in PACKAGED:
        found = finders.find(address)
        assert found is not None
        assert Path(found).stat().st_size > 0
    collected = [f"{storage.prefix}/{name}" for name, storage in PackagedFiles().list([])]
    assert collected == list(PACKAGED)


def test_other_files_of_the_packages_are_not() -> None:
    assert finders.find("plotly/widgetbundle.js") is None
    assert finders.find("plotly/../plotly/plotly.min.js") is None
    assert PackagedFiles().find("plotly/plotly.min.js", find_all=True) != []
    assert list(PackagedFiles().list(["*.js"])) == []
