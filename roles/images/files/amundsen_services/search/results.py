# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog's rows in the forms of Amundsen's two search APIs: objects for v1, dictionaries for v2."""

from __future__ import annotations

from typing import Any

from search_service.models.dashboard import Dashboard
from search_service.models.table import Table
from search_service.models.tag import Tag
from search_service.models.user import User

from amundsen_services.search.catalog import Found
from amundsen_services.search.highlight import highlighted
from amundsen_services.search.query import Kind
from amundsen_services.search.term import Analysis

_LAST_SUCCESS = "_last_successful_execution"


def _description(row: Any) -> str | None:
    return row.description.description if row.description else None


def table(found: Found) -> Table:
    """Make a table as v1 answers it."""
    row, schema = found.row, found.row.schema
    return Table(
        id=row.rk,
        key=row.rk,
        name=row.name,
        schema=schema.name,
        cluster=schema.cluster.name,
        database=schema.cluster.database.name,
        display_name=f"{schema.name}.{row.name}",
        description=_description(row),
        schema_description=_description(schema),
        tags=[Tag(tag_name=tag.rk) for tag in row.tags],
        badges=[Tag(tag_name=badge.rk) for badge in row.badges],
        column_names=[column.name for column in row.columns],
        programmatic_descriptions=[each.description for each in row.programmatic_descriptions if each.description],
        last_updated_timestamp=row.timestamp.last_updated_timestamp if row.timestamp else None,
        total_usage=found.usage,
    )


def dashboard(found: Found) -> Dashboard:
    """Make a dashboard as v1 answers it. The frontend takes no null for a URL."""
    row, group = found.row, found.row.group
    ran = [each.timestamp for each in row.execution if each.rk.endswith(_LAST_SUCCESS)]
    return Dashboard(
        id=row.rk,
        uri=row.rk,
        name=row.name,
        url=row.dashboard_url or "",
        product=row.rk.partition("_")[0],
        cluster=group.cluster.name,
        group_name=group.name,
        group_url=group.dashboard_group_url or "",
        description=_description(row),
        last_successful_run_timestamp=ran[0] if ran else None,
        chart_names=[chart.name for query in row.queries for chart in query.charts if chart.name],
    )


def user(found: Found) -> User:
    """Make a user as v1 answers it. Not known to be active is not gone."""
    row = found.row
    return User(
        id=row.rk,
        user_id=row.rk,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        full_name=row.full_name,
        display_name=row.full_name or row.email,
        is_active=row.is_active is not False,
        github_username=row.github_username,
        team_name=row.team_name,
        slack_id=row.slack_id,
        employee_type=row.employee_type,
        role_name=row.role_name,
        profile_url=row.profile_url or "",
        manager_id=row.manager_rk,
        manager_fullname=row.manager.full_name if row.manager else None,
        manager_email=row.manager.email if row.manager else None,
    )


def _table_v2(found: Found) -> dict[str, Any]:
    one = table(found)
    return {
        "key": one.key,
        "table": one.name,
        "name": one.name,
        "schema": one.schema,
        "cluster": one.cluster,
        "database": one.database,
        "description": one.description,
        "schema_description": one.schema_description,
        "column": one.column_names,
        "tag": [tag.tag_name for tag in one.tags],
        "badges": [badge.tag_name for badge in one.badges],
        "last_updated_timestamp": one.last_updated_timestamp,
    }


def _dashboard_v2(found: Found) -> dict[str, Any]:
    one = dashboard(found)
    return {
        "key": one.uri,
        "uri": one.uri,
        "url": one.url,
        "name": one.name,
        "product": one.product,
        "group_name": one.group_name,
        "group_url": one.group_url,
        "description": one.description,
        "chart_names": one.chart_names,
        "query_names": [query.name for query in found.row.queries],
        "tag": [tag.rk for tag in found.row.tags],
        "last_successful_run_timestamp": one.last_successful_run_timestamp,
    }


def _user_v2(found: Found) -> dict[str, Any]:
    row = found.row
    return {"key": row.rk, "email": row.email, "first_name": row.first_name, "last_name": row.last_name, "full_name": row.full_name}


def _highlight(kind: Kind, found: Found) -> dict[str, list[str]]:
    """Show what was found where, in the fields of Elasticsearch's proxy."""
    row, asked = found.row, found.asked
    name = row.full_name if kind is Kind.USER else row.name
    texts = {"name": highlighted([name], asked, Analysis.NAME, 1)}
    if kind is not Kind.USER:
        texts["description"] = highlighted([_description(row)], asked, Analysis.PROSE, 1)
    if kind is Kind.TABLE:
        texts["columns"] = highlighted([column.name for column in row.columns], asked, Analysis.PLAIN, 10)
        texts["column_descriptions"] = highlighted([_description(column) for column in row.columns], asked, Analysis.PROSE, 5)
    if kind is Kind.DASHBOARD:
        texts["query_names"] = highlighted([query.name for query in row.queries], asked, Analysis.NAME, 10)
        texts["chart_names"] = highlighted([chart.name for query in row.queries for chart in query.charts], asked, Analysis.NAME, 10)
    return {field: marked for field, marked in texts.items() if marked}


_V2 = {Kind.TABLE: _table_v2, Kind.DASHBOARD: _dashboard_v2, Kind.USER: _user_v2}


def v2(kind: Kind, found: Found, highlight: bool) -> dict[str, Any]:
    """Make a resource as /v2/search answers it."""
    shown = _highlight(kind, found) if highlight else {}
    return {**_V2[kind](found), "resource_type": kind.value, "search_score": found.score, "highlight": shown}
