"""What an operator told pip holds for environments as well."""

from pathlib import Path

from runs.runtimes import pip_settings


def told(tmp_path: Path, variables: dict[str, str], conf: str = "") -> pip_settings.InstallerSettings:
    file = tmp_path / "pip.conf"
    file.write_text(conf)
    base = {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path), "PIP_CONFIG_FILE": str(file)}
    return pip_settings.for_uv({**base, **variables}, prefix=tmp_path)


def test_indexes_of_pip_conf_are_used(tmp_path: Path) -> None:
    conf = (
        "[global]\nindex_url = https://a/simple\nextra-index-url =\n  https://b/simple\n  https://c/simple\n"
    )
    environment = told(tmp_path, {}, conf).environment
    assert environment["UV_DEFAULT_INDEX"] == "https://a/simple"
    assert environment["UV_INDEX"] == "https://b/simple https://c/simple"
    assert environment["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_variables_win_over_files_and_those_of_uv_over_all(tmp_path: Path) -> None:
    conf = "[global]\nindex-url = https://file/simple\n"
    variables = {"PIP_INDEX_URL": "https://variable/simple"}
    assert told(tmp_path, variables, conf).environment["UV_DEFAULT_INDEX"] == "https://variable/simple"
    variables["UV_DEFAULT_INDEX"] = "https://uv/simple"
    assert told(tmp_path, variables, conf).environment["UV_DEFAULT_INDEX"] == "https://uv/simple"


def test_folders_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    conf = f"[global]\nfind-links = /nowhere {tmp_path}\nextra-index-url = file:///nowhere/simple\n"
    environment = told(tmp_path, {}, conf).environment
    assert environment["UV_FIND_LINKS"] == str(tmp_path)
    assert "UV_INDEX" not in environment


def test_certificates_timeouts_and_no_index(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    cert = tmp_path / "ca.pem"
    conf = f"[global]\ncert = {cert}\ntimeout = 60\ntrusted-host = a b\n[install]\nno-index = yes\n"
    settings = told(tmp_path, {}, conf)
    assert settings.environment["SSL_CERT_FILE"] == str(tmp_path / "ca.pem")
    assert settings.environment["UV_HTTP_TIMEOUT"] == "60"
    assert settings.environment["UV_INSECURE_HOST"] == "a b"
    assert settings.options == ("--no-index",)


def test_secrets_of_the_server_do_not_reach_the_installer(tmp_path: Path) -> None:
    variables = {
        "CORETEX_SECRET_KEY": "x",
        "PYTHONPATH": "/srv",
        "VIRTUAL_ENV": "/srv",
        "UV_PYTHON": "3.8",
        "https_proxy": "http://proxy",
        "PATH": "/bin",
    }
    environment = told(tmp_path, variables).environment
    assert not {"CORETEX_SECRET_KEY", "PYTHONPATH", "VIRTUAL_ENV", "UV_PYTHON"} & environment.keys()
    assert environment["https_proxy"] == "http://proxy"
    assert environment["PATH"] == "/bin"


def test_a_broken_pip_conf_is_overlooked(tmp_path: Path) -> None:
    assert "UV_DEFAULT_INDEX" not in told(tmp_path, {}, "index-url = https://a\n").environment


def test_pip_can_be_told_to_read_no_files(tmp_path: Path) -> None:
    folder = tmp_path / "pip"
    folder.mkdir()
    (folder / "pip.conf").write_text("[global]\nindex-url = https://a/simple\n")
    assert told(tmp_path, {}).environment["UV_DEFAULT_INDEX"] == "https://a/simple"
    assert "UV_DEFAULT_INDEX" not in told(tmp_path, {"PIP_CONFIG_FILE": "/dev/null"}).environment
