"""The only package that runs SQL: the connection, the schema, the tables, the loading of batches.

`connection` connects and describes errors, `pooler` recognises poolers, `migrate` applies
migrations, `table_names` frees the names of new tables, `views` creates the views, `ddl` finds and
widens tables, `table` has a table's statements, `references` those that extract task ids. `store`
loads batches in the thread of `serial_loader`; `reconciliation` (completed reads), `seen_keys`
(table versions) and `tombstones` (reported deletions) decide which rows are deleted, and
`deletions` marks or deletes them. `pull_requests` derives the commits that each of them brought,
`links` those that the history links with tasks, both by `walks` over the commits, `resolved_links`
the tasks that references name, `ide_time` the active time in editors, `transitions` the status
changes of tasks, `people` who made the commits. `reporting` has the time zone and working time of
reports. `backup` prepares a dump and a restore, `reader` reads a store without changing it,
`comparison` reads rows as records, and `write_check` tries whether a load could write. `readers`
creates logins for BI tools, which do not read `private_tables`. `sql_text` composes identifiers.
"""

from target_pandev.database.comparison import StoredObjects, StoredRecord, StoredRows
from target_pandev.database.connection import search_path_option
from target_pandev.database.deletions import DeletionRules
from target_pandev.database.reader import StoreReader
from target_pandev.database.references import ReferenceRules
from target_pandev.database.reporting import ReportingChange, ReportingRules
from target_pandev.database.seen_keys import SeenKeysTable
from target_pandev.database.store import Store
from target_pandev.database.table import StreamSchema, Table
from target_pandev.database.tombstones import Deletion
from target_pandev.database.write_check import WriteCheck, check_writable
from target_pandev.errors import RejectedRecord, RowError, StoreError

__all__ = [
    "Deletion",
    "DeletionRules",
    "ReferenceRules",
    "RejectedRecord",
    "ReportingChange",
    "ReportingRules",
    "RowError",
    "SeenKeysTable",
    "Store",
    "StoreError",
    "StoreReader",
    "StoredObjects",
    "StoredRecord",
    "StoredRows",
    "StreamSchema",
    "Table",
    "WriteCheck",
    "check_writable",
    "search_path_option",
]
