"""Third-party scripts are static files out of their packages, and nothing else of those packages is."""

from pathlib import Path

from django.conf import LazySettings
from django.contrib.staticfiles import finders

from coretex_site import preparation


def test_the_script_of_the_charts_is_found() -> None:
    found = finders.find("plotly/plotly.min.js")
    assert found and Path(found).stat().st_size > 0


def test_nothing_else_of_its_package_is_collected(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    preparation.check_data_folder()
    preparation.collect_static()
    names = {path.name for path in (tmp_path / "static" / "plotly").iterdir()}
    assert "plotly.min.js" in names
    assert all(name.startswith("plotly.min.") for name in names)
