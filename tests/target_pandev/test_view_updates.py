"""Views are created again when their definitions change, and what others built on them stays.

A test makes a store look like one of another release: it gives a view another definition, and has
`schema_versions` record another hash for it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

from target_pandev.database import Store, StoreError
from target_pandev.sql import read_views

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER_DEFINITION = "CREATE VIEW {} AS SELECT '900' AS workspace_id, 1 AS column_of_another_release"
GRANTS = """
SELECT a.attname, coalesce(nullif(g.grantee, 0)::regrole::text, 'PUBLIC'), g.privilege_type,
    g.is_grantable
FROM pg_class AS c
CROSS JOIN LATERAL (
    SELECT 0 AS attnum, c.relacl AS acl
    UNION ALL
    SELECT v.attnum, v.attacl FROM pg_attribute AS v WHERE v.attrelid = c.oid
) AS p
CROSS JOIN LATERAL aclexplode(p.acl) AS g
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.attnum
WHERE c.oid = %s::regclass AND g.grantee <> c.relowner
ORDER BY 1 NULLS FIRST, 2, 3
"""

RECORD_CREATED_VIEWS = """
CREATE TABLE public.created_views (name text);
CREATE FUNCTION public.record_created_views() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.created_views
    SELECT object_identity FROM pg_event_trigger_ddl_commands() WHERE object_type = 'view';
END $$;
CREATE EVENT TRIGGER record_created_views ON ddl_command_end WHEN TAG IN ('CREATE VIEW')
EXECUTE FUNCTION public.record_created_views();
"""


class StoreOfAnotherRelease:
    """A store whose views a test changes, and that a new release then opens."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self.connection = psycopg.connect(conninfo, autocommit=True)
        self.connection.execute("SET search_path = pandev")
        self.definitions = self.read_definitions()

    def execute(self, statement: str, *parameters: Any) -> None:
        """Run a statement."""
        self.connection.execute(statement.encode(), parameters or None)

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        return self.connection.execute(statement.encode(), parameters or None).fetchall()

    def forget_hash(self, *views: str) -> None:
        """Record a hash for views that no definition of this release has."""
        for view in views:
            self.execute("UPDATE schema_versions SET views[%s] = '\"other\"'", view)

    def give_other_columns(self, view: str) -> None:
        """Replace a view by one with other columns; views that depend on it are missing then."""
        self.execute(f"DROP VIEW {view} CASCADE")
        self.execute(OTHER_DEFINITION.format(view))
        self.forget_hash(view)

    def open(self) -> None:
        """Open the store as a target of this release does."""
        Store(self.conninfo, schema="pandev").close()

    def read_definitions(self) -> dict[str, str]:
        """Return the definitions of all views, with their comments."""
        rows = self.rows(
            "SELECT c.relname, concat_ws(E'\\n', pg_get_viewdef(c.oid), "
            "obj_description(c.oid, 'pg_class'), (SELECT string_agg(d.description, E'\\n' "
            "ORDER BY d.objsubid) FROM pg_description AS d WHERE d.objoid = c.oid)) "
            "FROM pg_class AS c "
            "WHERE c.relnamespace = 'pandev'::regnamespace AND c.relkind = 'v'"
        )
        return {str(name): str(definition) for name, definition in rows}

    def row_versions(self) -> dict[str, tuple[Any, ...]]:
        """Return the transactions that wrote each view and the newest schema version."""
        rows = self.rows(
            "SELECT c.relname, c.xmin::text, r.xmin::text, d.xmin::text "
            "FROM pg_class AS c INNER JOIN pg_rewrite AS r ON r.ev_class = c.oid "
            "INNER JOIN pg_description AS d ON d.objoid = c.oid AND d.objsubid = 0 "
            "WHERE c.relnamespace = 'pandev'::regnamespace AND c.relkind = 'v' "
            "UNION ALL (SELECT 'schema_versions', xmin::text, NULL, NULL FROM schema_versions "
            "ORDER BY version DESC LIMIT 1)"
        )
        return {str(name): tuple(versions) for name, *versions in rows}

    def oid(self, view: str) -> int:
        """Return a view's oid, which changes when it is dropped and created again."""
        return int(self.rows("SELECT %s::regclass::oid", view)[0][0])

    def hashes(self) -> dict[str, str]:
        """Return the hashes that the store has recorded."""
        rows = self.rows("SELECT views FROM schema_versions ORDER BY version DESC LIMIT 1")
        return dict(rows[0][0])


@pytest.fixture
def store(database: str) -> Iterator[StoreOfAnotherRelease]:
    store = StoreOfAnotherRelease(database)
    yield store
    store.connection.close()


@pytest.fixture
def role(store: StoreOfAnotherRelease) -> Iterator[str]:
    """Yield the name of a role; roles belong to the whole server."""
    name = f"reader_{uuid4().hex}"
    store.execute(f"CREATE ROLE {name}")
    yield name
    store.execute(f"DROP OWNED BY {name}")
    store.execute(f"DROP ROLE {name}")


def test_unchanged_views_are_not_written_again(store: StoreOfAnotherRelease) -> None:
    before = store.row_versions()
    assert before.keys() == {*read_views(), "schema_versions"}
    store.open()
    assert store.row_versions() == before


def test_only_changed_views_are_written(store: StoreOfAnotherRelease) -> None:
    before = store.row_versions()
    store.forget_hash("worklogs")
    store.open()
    after = store.row_versions()
    written = {name for name in after if after[name] != before[name]}
    assert written == {"worklogs", "schema_versions"}


def test_a_changed_view_is_replaced_in_place(store: StoreOfAnotherRelease, role: str) -> None:
    """Columns at the end are new: privileges and dependent views stay without being restored."""
    store.execute("DROP VIEW worklogs CASCADE")
    store.execute("CREATE VIEW worklogs AS SELECT workspace_id, id FROM time_entries")
    store.forget_hash("worklogs")
    store.execute(f"GRANT SELECT ON worklogs TO {role}")
    store.execute("CREATE VIEW public.hours AS SELECT id FROM worklogs")
    oid = store.oid("worklogs")
    store.open()
    assert store.read_definitions() == store.definitions
    assert store.oid("worklogs") == oid
    assert store.rows(GRANTS, "worklogs") == [(None, role, "SELECT", False)]
    assert store.rows("SELECT * FROM public.hours") == []
    assert store.hashes()["worklogs"] != "other"


def test_a_view_with_other_columns_is_created_again_with_its_grants(
    store: StoreOfAnotherRelease, role: str
) -> None:
    """Privileges by default, given since, do not come in addition to those that the view had."""
    store.give_other_columns("worklogs")
    store.execute(f"GRANT SELECT, UPDATE ON worklogs TO {role} WITH GRANT OPTION")
    store.execute(
        f"GRANT INSERT (workspace_id), INSERT (column_of_another_release) ON worklogs TO {role}"
    )
    store.execute("GRANT SELECT ON worklogs TO PUBLIC")
    store.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA pandev GRANT DELETE ON TABLES TO {role}")
    store.open()
    assert store.read_definitions() == store.definitions
    assert store.rows(GRANTS, "worklogs") == [
        (None, "PUBLIC", "SELECT", False),
        (None, role, "SELECT", True),
        (None, role, "UPDATE", True),
        ("workspace_id", role, "INSERT", False),
    ]


def test_our_views_that_read_a_changed_one_are_created_again(
    store: StoreOfAnotherRelease, role: str
) -> None:
    """They have not changed themselves."""
    for view in ("status_durations", "cycle_times", "status_transitions"):
        store.execute(f"DROP VIEW {view} CASCADE")
    store.execute(OTHER_DEFINITION.format("status_transitions"))
    store.execute(
        "CREATE VIEW cycle_times AS SELECT column_of_another_release FROM status_transitions"
    )
    store.forget_hash("status_transitions", "cycle_times")
    store.execute(f"GRANT SELECT ON cycle_times TO {role}")
    store.open()
    assert store.read_definitions() == store.definitions
    assert store.rows(GRANTS, "cycle_times") == [(None, role, "SELECT", False)]


DEPENDENTS = {
    "CREATE VIEW public.hours AS SELECT column_of_another_release FROM cycle_times": (
        "view public.hours",
        "DROP VIEW public.hours",
    ),
    "CREATE VIEW hours AS SELECT column_of_another_release FROM cycle_times": (
        "view hours",
        "DROP VIEW hours",
    ),
    "CREATE MATERIALIZED VIEW public.hours AS SELECT * FROM cycle_times": (
        "materialized view public.hours",
        "DROP MATERIALIZED VIEW public.hours",
    ),
    "CREATE FUNCTION public.hours() RETURNS SETOF cycle_times "
    "LANGUAGE sql AS 'SELECT * FROM pandev.cycle_times'": (
        "function public.hours()",
        "DROP FUNCTION public.hours",
    ),
}
"""What users build on a view: how it is named in the error, and how it is dropped."""


@pytest.mark.parametrize("dependent", DEPENDENTS)
def test_a_view_of_the_users_own_is_named_and_never_dropped(
    store: StoreOfAnotherRelease, dependent: str
) -> None:
    """The store stays as it was, and the next run succeeds once the dependent object is dropped."""
    description, drop = DEPENDENTS[dependent]
    store.give_other_columns("cycle_times")
    store.execute(dependent)
    before = store.read_definitions(), store.hashes()
    for _ in range(2):
        with pytest.raises(StoreError) as error:
            store.open()
        assert str(error.value) == (
            "store_schema pandev: the columns of view cycle_times cannot change while "
            f"used by {description}; drop what uses the view, run again, then recreate it"
        )
        assert (store.read_definitions(), store.hashes()) == before
    store.execute(drop)
    store.open()
    assert store.read_definitions() == store.definitions


def test_dependents_through_our_views_are_named(store: StoreOfAnotherRelease) -> None:
    for view in ("status_durations", "cycle_times", "status_transitions"):
        store.execute(f"DROP VIEW {view} CASCADE")
    store.execute(OTHER_DEFINITION.format("status_transitions"))
    store.execute("CREATE VIEW cycle_times AS SELECT workspace_id FROM status_transitions")
    store.execute("CREATE VIEW public.teams AS SELECT workspace_id FROM cycle_times")
    store.execute("CREATE VIEW public.floors AS SELECT workspace_id FROM public.teams")
    store.forget_hash("status_transitions")
    with pytest.raises(StoreError, match=r" by view public\.floors, view public\.teams; drop what"):
        store.open()


def test_a_foreign_relation_with_the_name_of_a_new_view_is_kept(
    store: StoreOfAnotherRelease,
) -> None:
    """An older release did not have the view, and a user has created one of that name."""
    store.execute("DROP VIEW worklogs CASCADE")
    store.execute("CREATE VIEW worklogs AS SELECT 1 AS own")
    store.execute("UPDATE schema_versions SET views = views - 'worklogs'")
    with pytest.raises(
        StoreError,
        match="store_schema pandev: worklogs exists and was not created by target-pandev",
    ):
        store.open()
    assert store.rows("SELECT * FROM worklogs") == [(1,)]
    store.execute("ALTER VIEW worklogs RENAME TO own_worklogs")
    store.open()
    assert store.rows("SELECT * FROM own_worklogs") == [(1,)]
    assert store.read_definitions()["worklogs"] == store.definitions["worklogs"]


def test_a_view_that_this_release_no_longer_has_is_dropped(store: StoreOfAnotherRelease) -> None:
    store.execute("CREATE VIEW former AS SELECT 1 AS n")
    store.execute("CREATE VIEW own AS SELECT 1 AS n")
    store.forget_hash("former")
    store.open()
    assert store.read_definitions().keys() == {*store.definitions, "own"}
    assert store.hashes().keys() == read_views().keys()


def test_a_dropped_view_is_created_again(store: StoreOfAnotherRelease) -> None:
    store.execute("DROP VIEW task_activity_summary")
    store.open()
    assert store.read_definitions() == store.definitions


def test_processes_that_update_views_at_once_do_it_once(store: StoreOfAnotherRelease) -> None:
    store.give_other_columns("task_ages")
    store.execute(RECORD_CREATED_VIEWS)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.open(), range(8)))
    assert store.read_definitions() == store.definitions
    assert store.rows("SELECT name FROM public.created_views") == [("pandev.task_ages",)]
