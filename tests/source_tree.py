"""A small source tree of our own, laid out as Amundsen's: a real npm project, four real Python packages, none of Amundsen's code.

As a program: tests/source_tree.py FOLDER [git], where `git` also commits it. The commit is the same on every host and day.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

STATIC = "frontend/amundsen_application/static"

# Everything that git would take from the user's settings, the clock or the system.
GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "user"), ("EMAIL", "user@example.com"))},
}
FIRST_DAY = {"GIT_AUTHOR_DATE": "2025-04-02T00:00:00Z", "GIT_COMMITTER_DATE": "2025-04-02T00:00:00Z"}

# The names that this collection's own parts import from upstream's packages: with them the images' import checks pass.
IMPORTED = {
    "metadata/metadata_service/client/rds_client.py": ["RDSClient"],
    "metadata/metadata_service/config.py": ["MySQLConfig"],
    "metadata/metadata_service/entity/tag_detail.py": ["TagDetail"],
    "metadata/metadata_service/proxy/mysql_proxy.py": ["MySQLProxy", "resource_relation_model"],
    "metadata/metadata_service/proxy/neo4j_proxy.py": ["Neo4jProxy"],
    "metadata/metadata_service/util.py": ["UserResourceRel"],
    "search/search_service/api/dashboard.py": ["DASHBOARD_INDEX"],
    "search/search_service/api/feature.py": ["FEATURE_INDEX"],
    "search/search_service/api/table.py": ["TABLE_INDEX"],
    "search/search_service/config.py": ["LocalConfig"],
    "search/search_service/models/dashboard.py": ["Dashboard", "SearchDashboardResult"],
    "search/search_service/models/feature.py": ["SearchFeatureResult"],
    "search/search_service/models/table.py": ["SearchTableResult", "Table"],
    "search/search_service/models/tag.py": ["Tag"],
    "search/search_service/models/user.py": ["SearchUserResult", "User"],
    "search/search_service/proxy/base.py": ["BaseProxy"],
    "search/search_service/proxy/elasticsearch.py": ["ElasticsearchProxy"],
    "search/search_service/proxy/es_proxy_utils.py": ["Resource", "create_search_response"],
    "search/search_service/proxy/es_proxy_v2_1.py": ["ElasticsearchProxyV2_1"],
}

# Those that our parts take from a class as soon as they are imported.
METHODS = {"MySQLProxy": ["put_table_description", "put_column_description", "put_dashboard_description", "add_tag", "add_badge"]}

FILES = {
    ".gitignore": "node_modules/\ndist/\n*.egg-info/\n",
    "requirements-common.txt": "Flask==2.2.5\nwerkzeug==3.0.3\n",
    "requirements-dev.txt": "pytest>=6.2.4\n",
    "common/README.md": "# Common code\n",
    "common/amundsen_common/__init__.py": "",
    "frontend/MANIFEST.in": """\
        recursive-include amundsen_application/static/dist *
        recursive-include amundsen_application/static/images *
        global-include requirements-*txt
        """,
    "frontend/amundsen_application/__init__.py": """\
        import importlib
        import os

        from flask import Flask, render_template


        def create_app():
            module = os.environ.get("FLASK_APP_MODULE_NAME") or os.environ.get("APP_WRAPPER") or "flask"
            name = os.environ.get("FLASK_APP_CLASS_NAME") or os.environ.get("APP_WRAPPER_CLASS") or "Flask"
            static = os.path.join(os.path.dirname(os.path.abspath(__file__)), "static")
            app: Flask = getattr(importlib.import_module(module), name)(__name__, static_folder=static, template_folder=f"{static}/dist/templates")
            app.config.from_object(os.environ.get("FRONTEND_SVC_CONFIG_MODULE_CLASS", "amundsen_application.config.LocalConfig"))
            app.add_url_rule("/", "index", lambda: render_template("index.html"))
            app.add_url_rule("/healthcheck", "healthcheck", lambda: "")
            if app.config["INIT_CUSTOM_ROUTES"]:
                app.config["INIT_CUSTOM_ROUTES"](app)
            return app
        """,
    "frontend/amundsen_application/api/__init__.py": "",
    "frontend/amundsen_application/api/metadata/__init__.py": "",
    "frontend/amundsen_application/api/metadata/v0.py": 'USER_ENDPOINT = "/user"\n',
    "frontend/amundsen_application/api/utils/__init__.py": "",
    "frontend/amundsen_application/api/utils/request_utils.py": """\
        import requests


        def request_metadata(*, url):
            return requests.get(url, timeout=3)
        """,
    "frontend/amundsen_application/config.py": "class LocalConfig:\n    INIT_CUSTOM_ROUTES = None\n",
    "frontend/amundsen_application/models/__init__.py": "",
    "frontend/amundsen_application/models/user.py": """\
        def load_user(data):
            return data


        def dump_user(user):
            return user
        """,
    "frontend/amundsen_application/wsgi.py": "from amundsen_application import create_app\n\napplication = create_app()\n",
    f"{STATIC}/.npmrc": "fund = false\n",
    f"{STATIC}/build.js": """\
        const fs = require('fs');
        const escape = require('escape-html');
        const ms = require('ms');
        const mustache = require('mustache');

        const page = fs.readFileSync('templates/index.mustache', 'utf8');
        const shown = { title: escape(process.env.npm_package_name), age: ms(ms('2 days'), { long: true }) };
        fs.mkdirSync('dist/templates', { recursive: true });
        fs.writeFileSync('dist/templates/index.html', mustache.render(page, shown));
        fs.copyFileSync('js/config/config-custom.ts', 'dist/config.txt');
        console.log('built dist/templates/index.html');
        """,
    f"{STATIC}/css/app.css": "body { color: black }\n",
    f"{STATIC}/images/logo.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    f"{STATIC}/js/config/config-custom.ts": "export default {};\n",
    f"{STATIC}/templates/index.mustache": "<!doctype html><title>{{title}}</title><p>{{age}}</p>\n",
    f"{STATIC}/package.json": """\
        {
          "name": "static",
          "version": "1.0.0",
          "license": "GPL-3.0-or-later",
          "scripts": {
            "build": "node build.js"
          },
          "dependencies": {
            "ms": "^2.1.3",
            "mustache": "^4.2.0"
          },
          "devDependencies": {
            "escape-html": "^1.0.3"
          }
        }
        """,
    f"{STATIC}/package-lock.json": """\
        {
          "name": "static",
          "version": "1.0.0",
          "lockfileVersion": 3,
          "requires": true,
          "packages": {
            "": {
              "name": "static",
              "version": "1.0.0",
              "license": "GPL-3.0-or-later",
              "dependencies": {
                "ms": "^2.1.3",
                "mustache": "^4.2.0"
              },
              "devDependencies": {
                "escape-html": "^1.0.3"
              }
            },
            "node_modules/escape-html": {
              "version": "1.0.3",
              "integrity": "sha512-NiSupZ4OeuGwr68lGIeym/ksIZMJodUGOSCZ/FSnTxcrekbvqrgdUxlJOMpijaKZVjAJrWrGs/6Jy8OMuyj9ow==",
              "dev": true,
              "license": "MIT"
            },
            "node_modules/ms": {
              "version": "2.1.3",
              "integrity": "sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==",
              "license": "MIT"
            },
            "node_modules/mustache": {
              "version": "4.2.0",
              "integrity": "sha512-71ippSywq5Yb7/tVYyGbkBggbU8H3u5Rz56fH60jGFgr8uHwxs+aSKeqmluIVzM0m0kB7xQjKS6qPfd0b2ZoqQ==",
              "license": "MIT",
              "bin": {
                "mustache": "bin/mustache"
              }
            }
          }
        }
        """,
    "metadata/metadata_service/exception.py": "class NotFoundException(Exception):\n    pass\n",
    "metadata/metadata_service/metadata_wsgi.py": 'from flask import Flask\n\napplication = Flask("metadata_service")\n',
    "search/search_service/exception.py": "class NotFoundException(Exception):\n    pass\n",
    "search/search_service/search_wsgi.py": 'from flask import Flask\n\napplication = Flask("search_service")\n',
}

SETUP = """\
    {first}from pathlib import Path

    from setuptools import find_packages, setup

    here = Path(__file__).resolve().parent
    setup(
        name="{name}",
        version="{version}",
        packages=find_packages(),
        include_package_data=True,
        install_requires=[line for file in ("requirements.txt", "requirements-common.txt") for line in (here / file).read_text().splitlines()],
    )
    """
# As upstream's, it builds the UI at each of pip's steps.
BUILDS_UI = """import subprocess

    subprocess.run("npm install && npm run build", shell=True, cwd="amundsen_application/static", check=False)

    """
PACKAGES = {"common": "0.32.0", "frontend": "4.3.0", "metadata": "3.13.0", "search": "4.2.0"}


def files() -> dict[str, str]:
    """Return the tree's files, path to text."""
    found = {path: dedent(text) for path, text in FILES.items()}
    for path, names in IMPORTED.items():
        found[path] = "".join(f"class {name}:\n    {'; '.join(f'{method} = None' for method in METHODS.get(name, [])) or 'pass'}\n" for name in names)
        for folder in list(Path(path).parents)[:-2]:
            found.setdefault(f"{folder}/__init__.py", "")
    for name, version in PACKAGES.items():
        found[f"{name}/setup.py"] = dedent(SETUP.format(name=f"amundsen-{name}", version=version, first=BUILDS_UI if name == "frontend" else ""))
        found[f"{name}/requirements.txt"] = ""
    return found


def write(folder: Path) -> None:
    """Write the tree into a folder, which need not exist."""
    for path, text in files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    for name in PACKAGES:
        (folder / name / "requirements-common.txt").symlink_to("../requirements-common.txt")
        (folder / name / "requirements-dev.txt").symlink_to("../requirements-dev.txt")


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """Run git in a folder, free of the user's settings, and return what it prints.

    Raises:
        subprocess.CalledProcessError: git failed.
    """
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=os.environ | GIT | environment, check=True, capture_output=True, text=True).stdout.strip()


def commit_all(folder: Path, message: str = "A change") -> str:
    """Commit all that is in a repository's tree, on a fixed day, and return the commit's id."""
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", message, **FIRST_DAY)
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path) -> str:
    """Write the tree as a repository with the branch `main` and one commit, and return the commit's id."""
    write(folder)
    git(folder, "init", "-q", "-b", "main")
    return commit_all(folder, "A tree laid out as Amundsen's")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    print(repository(target) if sys.argv[2:] == ["git"] else write(target) or target)
