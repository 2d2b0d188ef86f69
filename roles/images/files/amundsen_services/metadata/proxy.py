# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amundsen's MySQL proxy with its faults mended; named by PROXY_CLIENT."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from amundsen_common.entity.resource_type import ResourceType
from amundsen_common.models.api.health_check import HealthCheck
from amundsen_common.models.dashboard import DashboardSummary
from amundsen_common.models.feature import Feature
from amundsen_common.models.table import Column, Reader, TableSummary
from amundsen_common.models.user import User
from amundsen_rds.models.column import ColumnDescription
from amundsen_rds.models.dashboard import DashboardDescription, DashboardTag
from amundsen_rds.models.table import TableDescription, TableTag, TableUsage
from amundsen_rds.models.tag import Tag
from amundsen_rds.models.user import User as UserRow
from beaker.cache import CacheManager
from flask import current_app
from metadata_service.client.rds_client import RDSClient
from metadata_service.entity.tag_detail import TagDetail
from metadata_service.exception import NotFoundException
from metadata_service.proxy.mysql_proxy import MySQLProxy, resource_relation_model
from metadata_service.util import UserResourceRel
from sqlalchemy import distinct, func
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from amundsen_services.database import health

_CACHE = CacheManager(type="memory")
_POPULAR_SECONDS = 60


def _to_existing(write: Callable[..., None]) -> Callable[..., None]:
    """Make a write to a resource that is not there a 404, not an error of the server (500)."""

    @wraps(write)
    def checked(self: MySQLProxy, **arguments: Any) -> None:
        try:
            write(self, **arguments)
        except IntegrityError as error:
            key = arguments.get("table_uri") or arguments.get("id")
            raise NotFoundException(f"{key} does not exist") from error

    return checked


class MariaDbProxy(MySQLProxy):  # type: ignore[misc]  # untyped
    """Each method here replaces one of MySQLProxy, and says what was wrong with it."""

    def __init__(self, *, client_kwargs: dict[str, Any], **_: Any) -> None:
        """Connect at the first query: upstream's asks the database here, and dies if it is down."""
        self.client = RDSClient(current_app.config["SQLALCHEMY_DATABASE_URI"], client_kwargs)

    def health(self) -> HealthCheck:
        """Ask the database; upstream's is always `ok`."""
        return health(self.client.engine)

    def get_user(self, *, id: str | int) -> User:
        """Find a user: else 404 with a JSON body, which the frontend reads; an id of digits stays text.

        The API makes a number of it, and MariaDB then finds every user whose key is no number.
        """
        user = super().get_user(id=str(id))
        if user is None:
            raise NotFoundException(f"user_id {id} does not exist")
        return user

    @staticmethod
    def _build_user_from_record(user_record: UserRow, manager_name: str = "") -> User:
        """Keep people active who became users by owning or following something: not known is not gone."""
        user = MySQLProxy._build_user_from_record(user_record, manager_name)
        user.is_active = user_record.is_active is not False
        return user

    def _get_table_metadata(self, *, session: Session, table_uri: str) -> Any:
        """Give owners their names; upstream's have an address alone."""
        found = super()._get_table_metadata(session=session, table_uri=table_uri)
        if found:
            found["owners"] = [self._build_user_from_record(owner) for owner in found["table"].owners]
        return found

    def _get_table_readers(self, *, session: Session, table_uri: str) -> list[Reader]:
        """Give the five most frequent readers; upstream's are the five least frequent."""
        rows = session.query(TableUsage).filter(TableUsage.table_rk == table_uri).order_by(TableUsage.read_count.desc(), TableUsage.user_rk).limit(5)
        return [Reader(user=User(email=row.user_rk), read_count=row.read_count) for row in rows]

    def _get_table_columns(self, *, session: Session, table_uri: str) -> list[Column]:
        """Give the columns in the table's order; upstream's are in none."""
        columns = super()._get_table_columns(session=session, table_uri=table_uri)
        return sorted(columns, key=lambda column: column.sort_order)

    def get_tags(self) -> list[TagDetail]:
        """Count each resource once; upstream multiplies a tag's tables by its dashboards."""
        count = func.count(distinct(TableTag.table_rk)) + func.count(distinct(DashboardTag.dashboard_rk))
        with self.client.create_session() as session:
            rows = (
                session.query(Tag.rk, count.label("count"))
                .outerjoin(TableTag, TableTag.tag_rk == Tag.rk)
                .outerjoin(DashboardTag, DashboardTag.tag_rk == Tag.rk)
                .filter(Tag.tag_type == "default")
                .group_by(Tag.rk)
                .having(count > 0)
                .order_by(Tag.rk)
                .all()
            )
        return [TagDetail(tag_name=row.rk, tag_count=row.count) for row in rows]

    @_CACHE.cache("popular", expire=_POPULAR_SECONDS)  # type: ignore[untyped-decorator]
    def _get_global_popular_resources_uris(self, num_entries: int, resource_type: ResourceType = ResourceType.Table) -> list[str]:
        """Keep the answer for a minute; upstream does for 11 hours, and a catalog that was empty looks so for long."""
        uris: list[str] = MySQLProxy._get_global_popular_resources_uris.__wrapped__(self, num_entries, resource_type)
        return uris

    def _get_personal_popular_resources_uris(self, num_entries: int, user_id: str, resource_type: ResourceType = ResourceType.Table) -> list[str]:
        """Give what the user reads most; upstream keeps the answer for ever."""
        usage = resource_relation_model[resource_type][UserResourceRel.read]
        key = getattr(usage, f"{resource_type.name.lower()}_rk")
        with self.client.create_session() as session:
            rows = session.query(key).filter(usage.user_rk == user_id).order_by(usage.read_count.desc(), key)
            return [row[0] for row in rows.limit(num_entries)]

    def _get_popular_tables(self, *, table_uris: list[str]) -> list[TableSummary]:
        """Put the most popular first; upstream's are in no order."""
        tables = super()._get_popular_tables(table_uris=table_uris)
        rank = {uri: position for position, uri in enumerate(table_uris)}
        return sorted(tables, key=lambda table: rank.get(f"{table.database}://{table.cluster}.{table.schema}/{table.name}", len(rank)))

    def _get_popular_dashboards(self, *, dashboard_uris: list[str]) -> list[DashboardSummary]:
        """Put the most popular first; upstream's are in no order."""
        dashboards = super()._get_popular_dashboards(dashboard_uris=dashboard_uris)
        return sorted(dashboards, key=lambda dashboard: dashboard_uris.index(dashboard.uri))

    def get_feature(self, *, feature_uri: str) -> Feature:
        """Say that amundsen-rds has no features; upstream's answers an empty one, which the frontend cannot read."""
        raise NotFoundException(f"feature_uri {feature_uri} does not exist")

    def _describe(self, description: TableDescription | ColumnDescription | DashboardDescription) -> None:
        """Write a description as one that a person wrote: without the tag of a job, so that no job overwrites it."""
        description.published_tag = None
        with self.client.create_session() as session:
            session.merge(description)
            session.commit()

    @_to_existing
    def put_table_description(self, *, table_uri: str, description: str) -> None:
        """Keep what people write apart from what jobs load; upstream's looks as if the job had written it."""
        key = f"{table_uri}/_description"
        self._describe(TableDescription(rk=key, description_source="description", description=description, table_rk=table_uri))

    @_to_existing
    def put_column_description(self, *, table_uri: str, column_name: str, description: str) -> None:
        """Keep what people write apart from what jobs load."""
        column = f"{table_uri}/{column_name}"
        self._describe(ColumnDescription(rk=f"{column}/_description", description_source="description", description=description, column_rk=column))

    @_to_existing
    def put_dashboard_description(self, *, id: str, description: str) -> None:
        """Keep what people write apart from what jobs load."""
        self._describe(DashboardDescription(rk=f"{id}/_description", description=description, dashboard_rk=id))

    add_tag = _to_existing(MySQLProxy.add_tag)
    add_badge = _to_existing(MySQLProxy.add_badge)
