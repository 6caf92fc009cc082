"""Words of available items, kept where the database can find parts of words.

SQLite: an FTS5 table with the trigram tokenizer. PostgreSQL: a table with pg_trgm indexes. Both are called
``recommender_item_words`` and are kept up to date by triggers, so that whoever writes items need not know of
them. In both, whatever may stand before a word is a blank, and a text begins and ends with blanks.

Where migrations let SQLite make ``recommender_item`` anew (a changed column, a constraint), its triggers are put
aside before and brought back after them by ``recommender.services.word_triggers``.
"""

from django.core.management.base import CommandError
from django.db import migrations, models
from django.db.utils import DatabaseError

#: Besides the blank, what often stands right before a word.
BREAKS = "-/('\"[_&+|\n\t，、。：；（【《“·"
COLUMNS = ("title", "category", "attributes", "description")


# -- SQLite -------------------------------------------------------------------------------------------------


def _spaced(expression):
    """SQL of ``expression`` between blanks, with blanks for BREAKS."""
    for sign in BREAKS:
        shown = {"'": "''''", "\n": "char(10)", "\t": "char(9)"}.get(sign, f"'{sign}'")
        expression = f"replace({expression}, {shown}, ' ')"
    return f"' ' || {expression} || '  '"


_CATEGORY = _spaced("c.path || ' ' || c.name_zh")
_VALUES = (
    "(SELECT group_concat(t.atom, ' ') FROM json_tree(i.attributes) AS t "
    "WHERE t.atom IS NOT NULL AND t.type NOT IN ('true', 'false'))"
)
_SELECT = f"""
    SELECT i.id, {_spaced("i.title || '  ' || i.title_zh")}, coalesce({_CATEGORY}, ''),
           coalesce({_spaced(_VALUES)}, ''), {_spaced("i.description || '  ' || i.description_zh")}
    FROM recommender_item AS i LEFT JOIN recommender_category AS c ON c.id = i.category_id
    WHERE i.availability = 'available'
"""
_FILL = f"INSERT INTO recommender_item_words (rowid, {', '.join(COLUMNS)}) {_SELECT}"
_WRITTEN = ("title", "title_zh", "description", "description_zh", "category_id", "attributes", "availability")
_CHANGED = " OR ".join(f"new.{name} IS NOT old.{name}" for name in _WRITTEN)


def _named(table):
    return ", ".join(f"{table}.{name}" for name in _WRITTEN)


_GONE = "DELETE FROM recommender_item_words WHERE rowid = old.id;"

SQLITE = (
    f"CREATE VIRTUAL TABLE recommender_item_words USING fts5({', '.join(COLUMNS)}, tokenize='trigram')",
    "CREATE VIRTUAL TABLE recommender_item_words_terms USING fts5vocab('recommender_item_words', 'row')",
    _FILL,
    f"""CREATE TRIGGER recommender_item_words_insert AFTER INSERT ON recommender_item BEGIN
        {_FILL} AND i.id = new.id; END""",
    f"""CREATE TRIGGER recommender_item_words_update AFTER UPDATE OF {', '.join(_WRITTEN)} ON recommender_item
        WHEN {_CHANGED} BEGIN {_GONE} {_FILL} AND i.id = new.id; END""",
    f"CREATE TRIGGER recommender_item_words_delete AFTER DELETE ON recommender_item BEGIN {_GONE} END",
    f"""CREATE TRIGGER recommender_item_words_category AFTER UPDATE OF path, name_zh ON recommender_category
        WHEN new.path IS NOT old.path OR new.name_zh IS NOT old.name_zh BEGIN
        UPDATE recommender_item_words
        SET category = (SELECT {_CATEGORY} FROM recommender_category AS c WHERE c.id = new.id)
        WHERE rowid IN (SELECT id FROM recommender_item WHERE category_id = new.id); END""",
)
SQLITE_REVERSE = (
    *(
        f"DROP TRIGGER IF EXISTS recommender_item_words_{name}"
        for name in ("insert", "update", "delete", "category")
    ),
    "DROP TABLE IF EXISTS recommender_item_words_terms",
    "DROP TABLE IF EXISTS recommender_item_words",
)


# -- PostgreSQL ---------------------------------------------------------------------------------------------

_SIGNS = "E'" + BREAKS.replace("'", "''").replace("\n", "\\n").replace("\t", "\\t") + "'"
_BLANKS = "'" + " " * len(BREAKS) + "'"

POSTGRES = (
    f"""CREATE FUNCTION recommender_spaced(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$ SELECT ' ' || translate(lower(said), {_SIGNS}, {_BLANKS}) || '  ' $$""",
    # Single characters beyond ASCII and neighbouring pairs of them: the Chinese words too short for trigrams.
    r"""CREATE FUNCTION recommender_short_pieces(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$ SELECT coalesce(array_agg(DISTINCT piece), '{}')
           FROM regexp_replace(said, '[\x01-\x7f]+', ' ', 'g') AS beyond,
                generate_series(1, length(beyond)) AS i,
                LATERAL (VALUES (substr(beyond, i, 1)), (substr(beyond, i, 2))) AS pieces (piece)
           WHERE strpos(piece, ' ') = 0 $$""",
    """CREATE FUNCTION recommender_values(held jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$ SELECT string_agg(v #>> '{}', ' ')
           FROM jsonb_path_query(held, 'strict $.**') AS v WHERE jsonb_typeof(v) IN ('string', 'number') $$""",
    """CREATE TABLE recommender_item_words (
        item_id bigint PRIMARY KEY, title text NOT NULL, category text NOT NULL, attributes text NOT NULL,
        description text NOT NULL,
        said text NOT NULL GENERATED ALWAYS AS (title || category || attributes || description) STORED)""",
    """CREATE VIEW recommender_item_said AS
        SELECT i.id AS item_id, recommender_spaced(i.title || '  ' || i.title_zh) AS title,
               coalesce(recommender_spaced(c.path || ' ' || c.name_zh), '') AS category,
               coalesce(recommender_spaced(recommender_values(i.attributes)), '') AS attributes,
               recommender_spaced(i.description || '  ' || i.description_zh) AS description
        FROM recommender_item AS i LEFT JOIN recommender_category AS c ON c.id = i.category_id
        WHERE i.availability = 'available'""",
    f"""INSERT INTO recommender_item_words (item_id, {', '.join(COLUMNS)})
        SELECT * FROM recommender_item_said""",
    """CREATE INDEX recommender_item_words_parts ON recommender_item_words
        USING gin (said gin_trgm_ops, recommender_short_pieces(said))""",
    # What an UPDATE left as it was stays; what has no row, and is available, is given one.
    f"""CREATE FUNCTION recommender_follow_items() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            TRUNCATE recommender_item_words;
        ELSIF TG_OP = 'DELETE' THEN
            DELETE FROM recommender_item_words WHERE item_id IN (SELECT id FROM before);
        ELSE
            IF TG_OP = 'UPDATE' THEN
                DELETE FROM recommender_item_words WHERE item_id IN (
                    SELECT before.id FROM before LEFT JOIN after ON after.id = before.id
                    WHERE ({_named("after")}) IS DISTINCT FROM ({_named("before")}));
            END IF;
            INSERT INTO recommender_item_words
                (item_id, {', '.join(COLUMNS)})
            SELECT said.* FROM recommender_item_said AS said JOIN after ON after.id = said.item_id
            ON CONFLICT (item_id) DO NOTHING;
        END IF;
        RETURN NULL; END $$""",
    """CREATE FUNCTION recommender_follow_category() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE recommender_item_words AS w SET category = said.category FROM recommender_item_said AS said
        JOIN recommender_item AS i ON i.id = said.item_id
        WHERE w.item_id = said.item_id AND i.category_id = new.id;
        RETURN NULL; END $$""",
    """CREATE TRIGGER recommender_item_words_insert AFTER INSERT ON recommender_item
        REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION recommender_follow_items()""",
    """CREATE TRIGGER recommender_item_words_update AFTER UPDATE ON recommender_item
        REFERENCING OLD TABLE AS before NEW TABLE AS after
        FOR EACH STATEMENT EXECUTE FUNCTION recommender_follow_items()""",
    """CREATE TRIGGER recommender_item_words_delete AFTER DELETE ON recommender_item
        REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION recommender_follow_items()""",
    """CREATE TRIGGER recommender_item_words_truncate AFTER TRUNCATE ON recommender_item
        FOR EACH STATEMENT EXECUTE FUNCTION recommender_follow_items()""",
    """CREATE TRIGGER recommender_item_words_category AFTER UPDATE OF path, name_zh ON recommender_category
        FOR EACH ROW WHEN (new.path IS DISTINCT FROM old.path OR new.name_zh IS DISTINCT FROM old.name_zh)
        EXECUTE FUNCTION recommender_follow_category()""",
)
POSTGRES_REVERSE = (
    *(
        f"DROP TRIGGER IF EXISTS recommender_item_words_{name} ON recommender_{table}"
        for name, table in (
            ("insert", "item"),
            ("update", "item"),
            ("delete", "item"),
            ("truncate", "item"),
            ("category", "category"),
        )
    ),
    "DROP TABLE IF EXISTS recommender_item_words",
    "DROP VIEW IF EXISTS recommender_item_said",
    "DROP FUNCTION IF EXISTS recommender_follow_items, recommender_follow_category",
    "DROP FUNCTION IF EXISTS recommender_spaced, recommender_short_pieces, recommender_values",
)


# -- either -------------------------------------------------------------------------------------------------


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        _create_extension(schema_editor)
        _run(schema_editor, POSTGRES)
    elif schema_editor.connection.vendor == "sqlite":
        _run(schema_editor, SQLITE)
    else:
        raise CommandError(
            f"Words cannot be searched in {schema_editor.connection.display_name}. "
            "Set DATABASE_URL to a PostgreSQL database, or leave it unset for SQLite."
        )


def remove(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    _run(schema_editor, POSTGRES_REVERSE if is_postgres else SQLITE_REVERSE)


def _create_extension(schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone():
            return
        try:
            cursor.execute("CREATE EXTENSION pg_trgm")
        except DatabaseError as error:
            raise CommandError(
                f"PostgreSQL's extension pg_trgm, which finds words, could not be created: {error} "
                "Install the server's contrib package if it is missing, then let a role that may create "
                "extensions run CREATE EXTENSION pg_trgm; in this database, and migrate again."
            ) from error


def _run(schema_editor, statements):
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [("recommender", "0001_initial")]

    operations = [
        migrations.RunPython(create, remove),
        migrations.AddIndex(
            "item", models.Index(fields=["availability", "price"], name="item_avail_price")
        ),
        migrations.AddIndex(
            "item", models.Index(fields=["availability", "language"], name="item_avail_language")
        ),
    ]
