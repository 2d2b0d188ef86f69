"""The UI's own settings: the script, and what preflight says of values that the UI could not take."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.datacatalog.amundsen.plugins.filter.ui_script import ui_script
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _ui

WANTED = {"title": "Data </script> at ACME \u2028é", "logo": "", "links": [], "resources": ["tables", "users"], "config": {}}


def settings(**changes):
    """Return what the script sets, run by a JavaScript engine as a page would."""
    program = ui_script(WANTED | changes) + "process.stdout.write(JSON.stringify(globalThis.configExternal));"
    return json.loads(subprocess.run([shutil.which("node") or "node", "-e", program], capture_output=True, text=True, check=True).stdout)


def test_title_and_resources():
    made = settings()
    assert made["logoTitle"] == made["documentTitle"] == WANTED["title"]
    assert (made["indexUsers"], made["indexDashboards"], made["indexFeatures"]) == ({"enabled": True}, {"enabled": False}, {"enabled": False})
    assert "logoPath" not in made


def test_links_come_after_browse_and_others_open_in_a_window_of_their_own():
    links = settings(links=[{"label": "Help", "href": "https://help.example.com"}, {"label": "News", "href": "/announcements"}])["navLinks"]
    assert [(link["label"], link["href"], link["use_router"], link.get("target")) for link in links] == [
        ("Browse", "/browse", True, None),
        ("Help", "https://help.example.com", False, "_blank"),
        ("News", "/announcements", True, ""),
    ]
    assert len({link["id"] for link in links}) == 3


def test_the_logo_goes_into_the_script(tmp_path):
    logo = tmp_path / "logo.PNG"
    logo.write_bytes(b"\x89PNG\xff")
    assert settings(logo=str(logo))["logoPath"] == "data:image/png;base64,iVBOR/8="
    with pytest.raises(AnsibleFilterError, match=r"none\.svg"):
        ui_script(WANTED | {"logo": str(tmp_path / "none.svg")})


def test_what_is_given_as_config_wins():
    made = settings(config={"navTheme": "light", "indexUsers": {"enabled": False}})
    assert (made["navTheme"], made["indexUsers"]) == ("light", {"enabled": False})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"amundsen_ui_resources": ["tables", "people"]}, "'people': the UI has no such kind. Choose of: tables, dashboards, users, features"),
        ({"amundsen_ui_links": [{"label": "Help"}]}, "not a label and an href"),
        ({"amundsen_ui_links": ["https://help.example.com"]}, "not a label and an href"),
        ({"amundsen_ui_links": [{"label": "Run", "href": "javascript:alert(1)"}]}, "'Run' is 'javascript:alert(1)', neither a path of the catalog"),
        ({"amundsen_ui_links": [{"label": "Away", "href": "//evil.example.com"}]}, "neither a path"),
        ({"amundsen_ui_config": ["navTheme"]}, "amundsen_ui_config is no mapping"),
        ({"amundsen_ui_logo_file": "logo.gif", "amundsen_ui_logo_size": 1}, "ends in .svg, .png, .jpg"),
        ({"amundsen_ui_logo_file": "logo.svg", "amundsen_ui_logo_size": -1}, "has no such file"),
        ({"amundsen_ui_logo_file": "logo.svg", "amundsen_ui_logo_size": 300_000}, "300000 bytes"),
    ],
)
def test_values_that_the_ui_could_not_take(values, words):
    (problem,) = _ui.problems(values)
    assert words in problem


def test_good_values_have_no_problems():
    links = [{"label": "Page", "href": href} for href in ("https://help.example.com", "mailto:data@example.com", "/announcements")]
    good = {"amundsen_ui_resources": list(_ui.RESOURCES), "amundsen_ui_links": links, "amundsen_ui_config": {"navTheme": "light"}}
    assert _ui.problems(good | {"amundsen_ui_logo_file": "logo.svg", "amundsen_ui_logo_size": 100}) == []
    assert _ui.problems({}) == []
