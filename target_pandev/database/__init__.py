"""The one place that runs SQL: the connection, the schema, the tables, the loading of a batch."""

from target_pandev.database.connection import StoreError
from target_pandev.database.deletions import DeletionRules
from target_pandev.database.seen_keys import Brought
from target_pandev.database.store import Refused, Rejection, Store
from target_pandev.database.table import ReferenceRules, StreamSchema, Table
from target_pandev.database.tombstones import Deletion

__all__ = [
    "Brought",
    "Deletion",
    "DeletionRules",
    "ReferenceRules",
    "Refused",
    "Rejection",
    "Store",
    "StoreError",
    "StreamSchema",
    "Table",
]
