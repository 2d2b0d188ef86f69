"""Secrets are in the files of those who read them, and nowhere else."""

from __future__ import annotations

import stat
from pathlib import Path

from conftest import command

UIDS = {"mariadb": 10001, "metadata": 10002, "search": 10003, "frontend": 10004, "proxy": 10005, "databuilder": 10006}


def assert_none(secrets: dict[str, str], text: str, where: str) -> None:
    assert text, f"nothing to search in {where}"
    found = [name for name, value in secrets.items() if value in text]
    assert not found, f"{found} in {where}"


def test_not_on_the_screen_with_every_detail(site):
    logs = sorted(site.logs.glob("*.log"))
    assert [path.name for path in logs] == ["again.log", "first.log"]
    for path in logs:
        text = path.read_text()
        assert "<localhost>" in text or "<127.0.0.1>" in text, f"{path.name} was not made with -vvv"
        # After Ansible's own output the demo tells its user how to get in.
        output, _, ending = text.partition("\ndemo up:")
        assert site.access["password"] in ending
        assert_none(site.secrets(), output, path.name)


def test_not_in_what_the_engine_tells(site):
    containers = site.containers()
    assert len(containers) >= 6
    for container in containers:
        assert_none(site.secrets(), str(container), f"docker inspect {container['Name']}")


def test_not_in_image_layers(site):
    for image in {container["Image"] for container in site.containers()}:
        assert_none(site.secrets(), command("docker", "history", "--no-trunc", image), f"docker history {image}")


def test_not_in_logs_of_services(site):
    for container in site.containers():
        log = Path(container["LogPath"]).read_text()
        assert_none(site.secrets(), log or "(no line)", f"log of {container['Name']}")


def test_not_in_process_lists(site):
    seen = 0
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                text = (process / name).read_bytes().decode(errors="replace")
            except OSError:
                continue
            seen += 1
            if text:
                assert_none(site.secrets(), text, f"{process}/{name}")
    assert seen > 20


def test_compose_files_and_settings_hold_none(site):
    for name in ("compose.yaml", "proxy.yaml", "config/frontend.env", "proxy/Caddyfile"):
        assert_none(site.secrets(), (site.root / name).read_text(), name)


def test_each_secret_file_is_its_readers_alone(site):
    assert stat.S_IMODE(site.root.stat().st_mode) == 0o700
    files = site.secret_files()
    assert len(files) >= 8
    for path in files:
        status = path.stat()
        owner = UIDS.get(path.parent.name, 0)
        assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o600, owner), path


def test_what_the_demo_leaves_is_private(site):
    for name in ("access.json", "tenant.json"):
        assert stat.S_IMODE((site.output / name).stat().st_mode) == 0o600
