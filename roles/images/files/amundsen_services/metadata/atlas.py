# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amundsen's Atlas proxy with its faults mended; named by PROXY_CLIENT."""

from __future__ import annotations

import re
from typing import Any

from amundsen_common.models.api.health_check import OK, HealthCheck
from amundsen_common.models.table import Badge, Column
from amundsen_common.models.user import User
from amundsen_common.utils.atlas import AtlasCommonParams, AtlasCommonTypes, AtlasTableKey
from apache_atlas.model.instance import AtlasEntityWithExtInfo
from apache_atlas.utils import type_coerce
from flask import current_app
from metadata_service.entity.tag_detail import TagDetail
from metadata_service.exception import NotFoundException
from metadata_service.proxy.atlas_proxy import AtlasProxy as UpstreamProxy

from amundsen_services.metadata import types
from amundsen_services.metadata.search_index import DescriptionsInSearch
from amundsen_services.stores import atlas

_TABLE_BOOKMARK = re.compile(r"(?P<db>[^.]*)\.(?P<table>[^.]*)\.(?P<entity_type>[^.]*)\.(?P<user_id>.*)\.bookmark@(?P<cluster>.*)")


class AtlasProxy(DescriptionsInSearch, UpstreamProxy):  # type: ignore[misc]  # untyped
    """Each method here replaces one of upstream's, and says what was wrong with it."""

    def __init__(self, **_: Any) -> None:
        """Check the certificate, and give up on a server that does not answer."""
        self.client = atlas.connect(current_app.config["STORE"], NotFoundException)
        self._complete = False

    def health(self) -> HealthCheck:
        """Ask Atlas, at first for Amundsen's types, which it is given; upstream's is always `ok`."""
        found = atlas.health(self.client, atlas.ask if self._complete else types.complete)
        self._complete = self._complete or found.status == OK
        return found

    def _entity(self, type_name: str, qualified_name: str, named: str) -> AtlasEntityWithExtInfo:
        """Find an entity; upstream's takes an Atlas that is down, too, for one that does not exist."""
        try:
            return self.client.entity.get_entity_by_attribute(type_name, [(AtlasCommonParams.qualified_name, qualified_name)])
        except NotFoundException as error:
            raise NotFoundException(f"{named} does not exist") from error

    def _get_table_entity(self, *, table_uri: str) -> AtlasEntityWithExtInfo:
        key = AtlasTableKey(table_uri)
        try:
            type_name, name = key.entity_type, key.qualified_name
        except ValueError as error:
            raise NotFoundException(f"{table_uri} is no table's key") from error
        return self._entity(type_name, name, table_uri)

    def _get_user_entity(self, user_id: str) -> AtlasEntityWithExtInfo:
        return self._entity(AtlasCommonTypes.user, user_id, f"user {user_id}")

    def get_user(self, *, id: str | int) -> User:
        """Find a user: else 404 with a JSON body, which the frontend reads; upstream's knows none."""
        self._get_user_entity(str(id))
        return User(email=str(id), user_id=str(id), is_active=True)

    def _serialize_columns(self, *, entity: AtlasEntityWithExtInfo) -> list[Column]:
        """Give a table's columns in order; upstream's puts the first, whose position is 0, last."""
        columns = super()._serialize_columns(entity=entity)
        first = {part["attributes"]["name"] for part in (entity.referredEntities or {}).values() if part["attributes"].get("position") == 0}
        for column in columns:
            if column.name in first:
                column.sort_order = 0
        return sorted(columns, key=lambda column: int(column.sort_order))

    def create_update_user(self, *, user: User) -> tuple[User, bool]:
        """Make a user, as upstream makes an owner: of Amundsen's types for Atlas, a user has a key alone. Upstream's does nothing and dies of it."""
        key = user.user_id or user.email
        entity = {"typeName": AtlasCommonTypes.user, "attributes": {AtlasCommonParams.qualified_name: key}}
        answer = self.client.entity.create_entity(type_coerce({"entity": entity}, AtlasEntityWithExtInfo))
        return self.get_user(id=key), "CREATE" in (answer.mutatedEntities or {})

    def _parse_table_bookmark_qn(self, bookmark_qn: str) -> dict[str, str]:
        """Read a bookmark's name; upstream's cannot if there is a dot in the user's address."""
        found = _TABLE_BOOKMARK.fullmatch(bookmark_qn)
        return found.groupdict() if found else {}

    def get_tags(self) -> list[TagDetail]:
        """Give the tags that are there; upstream's keeps the answer for 11 hours."""
        tags: list[TagDetail] = UpstreamProxy.get_tags.__wrapped__(self)
        return tags

    def get_badges(self) -> list[Badge]:
        """Give the badges that are there; upstream's keeps the answer for 11 hours."""
        badges: list[Badge] = UpstreamProxy.get_badges.__wrapped__(self)
        return badges
