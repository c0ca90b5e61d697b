"""A JSON column that gives back exactly what was stored: 1e22 stays a float, and keys keep their order."""

import json
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class ExactJSONField(models.JSONField):
    """As JSONField, but of PostgreSQL's type `json`, which keeps the text.

    `jsonb`, which JSONField takes there, writes numbers anew (1e22 comes back as an int) and sorts keys.
    Such a column cannot be compared or looked into by the database; store what is searched for beside it.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "json" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if connection.vendor == "postgresql" and value is not None:
            return json.dumps(value, cls=self.encoder)  # as jsonb, which Django sends, it would be changed
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        if connection.vendor == "postgresql":
            return value  # read by psycopg already
        return super().from_db_value(value, expression, connection)
