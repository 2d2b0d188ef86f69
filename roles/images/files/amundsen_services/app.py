# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Flask class of both services, named by FLASK_APP_MODULE_NAME and FLASK_APP_CLASS_NAME."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any
from urllib.parse import unquote_plus

from amundsen_common.models.api.health_check import OK
from flask import Flask, Request, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import HTTPException, NotFound, ServiceUnavailable
from werkzeug.utils import cached_property, import_string

# The frontend 3.13.0 puts a search term into the query as it is.
_RAW_TERM = re.compile(r"query_term=(?P<query_term>.*&(?!index=).*)&page_index=(?P<page_index>-?\d+)")


class ServiceRequest(Request):
    """A request as Amundsen's frontends send it.

    Without a body or a content type where there is nothing to say: with a tag or a search; Werkzeug >= 2.1 answers 415.
    With a bare `&` in a search term, which splits it: the search service answers 400.
    """

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """Read the query, a term with a bare `&` in one piece."""
        raw = _RAW_TERM.fullmatch(self.query_string.decode("latin1"))
        if raw:
            return ImmutableMultiDict({name: unquote_plus(value) for name, value in raw.groupdict().items()})
        return super().args

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        """Give no JSON where there is no body; refuse a broken one as ever."""
        return None if e is None else super().on_json_loading_failed(e)


class ServiceApp(Flask):
    """Answers 404 for what is not there, 503 when the store is not, 400 for what it cannot hold: not 500."""

    request_class = ServiceRequest

    def __init__(self, import_name: str, **options: Any) -> None:
        super().__init__(import_name, **options)
        self.config["ERROR_404_HELP"] = False
        # Each service has its own; create_app() passes the service's package as import_name.
        self._not_found: type[Exception] = import_string(f"{import_name}.exception.NotFoundException")

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer a request, and say whose fault it is if that fails."""
        try:
            response = super().dispatch_request()
        except HTTPException:
            raise
        except Exception as error:
            # The store first: upstream takes much for "not found".
            known = import_string(self.config["STORE_MODULE"]).fault(error)
            if known is None and isinstance(error, self._not_found):
                known = NotFound(str(error))
            if known is None:
                raise
            raise known from error
        if getattr(response, "status_code", 200) == 500:
            self._blame_the_store()
        return response

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        """Log a store's fault in one line: where the program was then says nothing."""
        error = exc_info[1] if exc_info else None
        if isinstance(error, ServiceUnavailable):
            self.logger.error("%s %s: %s", request.method, request.path, error.description)
        else:
            super().log_exception(exc_info)

    def _blame_the_store(self) -> None:
        """Make 503 of a 500 if the store is down: many of upstream's handlers swallow its errors."""
        health = import_string(f"{self.import_name}.proxy.get_proxy_client")().health()
        if health.status != OK:
            raise ServiceUnavailable(next(iter(health.checks.values()))["message"])
