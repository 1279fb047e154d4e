/* db_catalogue.c - see db_catalogue.h. */
#include "server/store/db/db_catalogue.h"

#include "server/store/db/db_driver.h"

#include <string.h>

/* Each asks the engine the same. */
struct catalogue_sql {
    const char *tables;      /* names */
    const char *columns;     /* of a table: name, place in the key */
    const char *last_id;     /* of a table and its column */
    const char *set_last_id; /* of a table, its column and an id */
    const char *references;  /* table, name, definition; NULL: the engine can leave them unchecked */
};

static const struct catalogue_sql sqlite_sql = {
    .tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name",
    .columns = "select name, pk from pragma_table_info($1) order by cid",
    .last_id = "select seq from sqlite_sequence where name = $1 and $2 <> ''",
    .set_last_id = "insert into sqlite_sequence (name, seq) select $1, $3 where $2 <> ''",
};

static const struct catalogue_sql postgres_sql = {
    .tables = "select relname::text from pg_class where relkind in ('r', 'p') and not relispartition "
              "and relnamespace = (select oid from pg_namespace where nspname = current_schema()) order by relname::text collate \"C\"",
    .columns = "select a.attname::text, coalesce(array_position(i.indkey::smallint[], a.attnum) + 1, 0)::bigint "
               "from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary "
               "where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum",
    .last_id = "select coalesce(pg_sequence_last_value(pg_get_serial_sequence($1::text, $2::text)::regclass), 0)",
    .set_last_id = "select setval(pg_get_serial_sequence($1::text, $2::text)::regclass, $3::bigint)",
    .references = "select conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) from pg_constraint "
                  "where contype = 'f' and connamespace = (select oid from pg_namespace where nspname = current_schema()) order by 1, 2",
};

static const struct catalogue_sql *sql_of(const struct db_driver *driver) {
    return driver == &db_sqlite_driver ? &sqlite_sql : &postgres_sql;
}

struct catalogue_call {
    struct arena *arena;
    struct list *list;
    const struct table_shape *table;
    int64_t number;
    bool is_set;
};

/* ---- what there is ---- */

static enum err_code list_columns(struct db_tx *tx, struct table_shape *table, struct arena *arena, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(table->name)), sql_of(tx->driver)->columns, err));
    while (db_next(rows)) {
        struct table_column *column = arena_alloc(arena, sizeof *column);
        *column = (struct table_column){ db_str(rows, 0, arena), (int)db_int(rows, 1) };
        list_add(&table->columns, column, arena);
    }
    return db_end(rows, err);
}

static enum err_code list_tables(struct db_tx *tx, void *context, struct err *err) {
    struct catalogue_call *call = context;
    struct db_rows *rows;

    *call->list = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_NO_ARGS, sql_of(tx->driver)->tables, err));
    while (db_next(rows)) {
        struct str name = db_str(rows, 0, call->arena);
        if (str_eq_c(name, "schema_version") || str_eq_c(name, "transfers") || str_eq_c(name, "write_marks"))
            continue;
        struct table_shape *table = arena_alloc(call->arena, sizeof *table);
        *table = (struct table_shape){ .name = name };
        list_add(call->list, table, call->arena);
    }
    TRY(db_end(rows, err));
    for (size_t i = 0; i < call->list->count; i++)
        TRY(list_columns(tx, call->list->items[i], call->arena, err));
    return OK;
}

enum err_code db_list_tables(struct db *db, struct arena *arena, struct list *tables, struct err *err) {
    struct catalogue_call call = { .arena = arena, .list = tables };
    return db_read(db, list_tables, &call, err);
}

static enum err_code look_into(struct db_tx *tx, void *context, struct err *err) {
    struct catalogue_call *call = context;
    struct db_rows *rows;
    TRY(db_query_text(tx, &rows, DB_NO_ARGS, arena_printf(call->arena, "select 1 from %.*s limit 1", STR_ARG(call->table->name)), err));
    call->is_set = db_next(rows);
    return db_end(rows, err);
}

enum err_code db_is_table_empty(struct db *db, const struct table_shape *table, bool *out, struct err *err) {
    struct catalogue_call call = { .arena = arena_create(), .table = table };
    enum err_code code = db_read(db, look_into, &call, err);
    *out = !call.is_set;
    arena_destroy(call.arena);
    return code;
}

static enum err_code read_version(struct db_tx *tx, void *context, struct err *err) {
    struct catalogue_call *call = context;
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "select coalesce(max(version), 0) from schema_version", err));
    call->number = db_next(rows) ? db_int(rows, 0) : 0;
    return db_end(rows, err);
}

enum err_code db_schema_version(struct db *db, int64_t *version, struct err *err) {
    struct catalogue_call call = { 0 };
    TRY(db_read(db, read_version, &call, err));
    *version = call.number;
    return OK;
}

/* ---- ids ---- */

/* The one column of the key, when it is called id: the others with one are given their ids by us. */
static struct str find_id_column(const struct table_shape *table) {
    for (size_t i = 0; i < table->columns.count; i++) {
        const struct table_column *column = table->columns.items[i];
        if (column->key_place == 1 && str_eq_c(column->name, "id"))
            return column->name;
    }
    return STR_EMPTY;
}

static enum err_code read_last_id(struct db_tx *tx, void *context, struct err *err) {
    struct catalogue_call *call = context;
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(call->table->name), DB_TEXT(find_id_column(call->table))), sql_of(tx->driver)->last_id, err));
    call->number = db_next(rows) ? db_int(rows, 0) : 0;
    TRY(db_end(rows, err));
    struct str sql = arena_printf(call->arena, "select max(id) from %.*s", STR_ARG(call->table->name));
    TRY(db_query_text(tx, &rows, DB_NO_ARGS, sql, err));
    if (db_next(rows) && db_int(rows, 0) > call->number)
        call->number = db_int(rows, 0);
    return db_end(rows, err);
}

enum err_code db_last_id(struct db *db, const struct table_shape *table, int64_t *id, struct err *err) {
    struct catalogue_call call = { .arena = arena_create(), .table = table };
    enum err_code code = find_id_column(table).len == 0 ? OK : db_read(db, read_last_id, &call, err);
    *id = call.number;
    arena_destroy(call.arena);
    return code;
}

static enum err_code set_last_id(struct db_tx *tx, void *context, struct err *err) {
    const struct catalogue_call *call = context;
    struct db_rows *rows;
    if (tx->driver == &db_sqlite_driver)
        TRY(db_exec(tx, DB_ARGS(DB_TEXT(call->table->name)), "delete from sqlite_sequence where name = $1", err));
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(call->table->name), DB_TEXT(find_id_column(call->table)), DB_INT(call->number)),
                 sql_of(tx->driver)->set_last_id, err));
    (void)db_next(rows);
    return db_end(rows, err);
}

enum err_code db_set_last_id(struct db *db, const struct table_shape *table, int64_t id, struct err *err) {
    struct catalogue_call call = { .table = table, .number = id };
    return id == 0 || find_id_column(table).len == 0 ? OK : db_write(db, set_last_id, &call, err);
}

/* ---- references ---- */

struct reference {
    struct str table, name, definition;
};

static enum err_code list_references(struct db_tx *tx, const char *sql, struct arena *arena, struct list *found, struct err *err) {
    struct db_rows *rows;
    *found = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_NO_ARGS, sql, err));
    while (db_next(rows)) {
        struct reference *reference = arena_alloc(arena, sizeof *reference);
        *reference = (struct reference){ db_str(rows, 0, arena), db_str(rows, 1, arena), db_str(rows, 2, arena) };
        list_add(found, reference, arena);
    }
    return db_end(rows, err);
}

static enum err_code drop_references(struct db_tx *tx, void *context, struct err *err) {
    struct catalogue_call *call = context;
    struct list found;

    TRY(tx->driver->lock_schema(tx, err));
    TRY(list_references(tx, sql_of(tx->driver)->references, call->arena, &found, err));
    for (size_t i = 0; i < found.count; i++) {
        const struct reference *reference = found.items[i];
        TRY(db_exec(tx, DB_ARGS(DB_TEXT(reference->table), DB_TEXT(reference->name), DB_TEXT(reference->definition)),
                    "insert into transfers (kind, table_name, name, detail) values ('constraint', $1, $2, $3)", err));
        TRY(tx->driver->exec_script(tx, arena_printf(call->arena, "alter table %.*s drop constraint %.*s", STR_ARG(reference->table), STR_ARG(reference->name)).ptr, err));
    }
    return OK;
}

static enum err_code add_references(struct db_tx *tx, void *context, struct err *err) {
    struct catalogue_call *call = context;
    struct list found;

    TRY(tx->driver->lock_schema(tx, err));
    TRY(list_references(tx, "select table_name, name, detail from transfers where kind = 'constraint' order by 1, 2", call->arena, &found, err));
    for (size_t i = 0; i < found.count; i++) {
        const struct reference *reference = found.items[i];
        TRY(tx->driver->exec_script(tx, arena_printf(call->arena, "alter table %.*s add constraint %.*s %.*s", STR_ARG(reference->table), STR_ARG(reference->name), STR_ARG(reference->definition)).ptr, err));
    }
    return db_exec(tx, DB_NO_ARGS, "delete from transfers where kind = 'constraint'", err);
}

static enum err_code check_references(struct db_tx *tx, void *context, struct err *err) {
    struct catalogue_call *call = context;
    struct db_rows *rows;

    TRY(db_query(tx, &rows, DB_NO_ARGS, "select \"table\", \"parent\" from pragma_foreign_key_check limit 1", err));
    bool is_wrong = db_next(rows);
    struct str table = is_wrong ? db_str(rows, 0, call->arena) : STR_EMPTY, parent = is_wrong ? db_str(rows, 1, call->arena) : STR_EMPTY;
    TRY(db_end(rows, err));
    if (!is_wrong)
        return OK;
    return err_set(err, ERR_CONFLICT, "a row of '%.*s' refers to one of '%.*s' that is not there", STR_ARG(table), STR_ARG(parent));
}

enum err_code db_loosen(struct db *db, struct err *err) {
    struct catalogue_call call = { 0 };
    if (db->driver->loosen != NULL) {
        db->driver->loosen(db);
        return OK;
    }
    call.arena = arena_create();
    enum err_code code = db_write(db, drop_references, &call, err);
    arena_destroy(call.arena);
    return code;
}

enum err_code db_tighten(struct db *db, struct err *err) {
    struct catalogue_call call = { .arena = arena_create() };
    /* On the connection that writes: reads are ended when they take long. */
    enum err_code code = db_write(db, db->driver->loosen != NULL ? check_references : add_references, &call, err);
    arena_destroy(call.arena);
    return code;
}

/* ---- what is half done ---- */

static enum err_code read_mark(struct db_tx *tx, void *context, struct err *err) {
    struct catalogue_call *call = context;
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "select 1 from transfers limit 1", err));
    call->is_set = db_next(rows);
    return db_end(rows, err);
}

enum err_code db_is_half_carried(struct db *db, bool *out, struct err *err) {
    struct catalogue_call call = { 0 };
    TRY(db_read(db, read_mark, &call, err));
    *out = call.is_set;
    return OK;
}

enum err_code db_refuse_half_carried(struct db *db, struct err *err) {
    bool is_half;
    TRY(db_is_half_carried(db, &is_half, err));
    if (!is_half)
        return OK;
    return err_set(err, ERR_PRECONDITION, "the database was begun to be filled by `barograph migrate` and is not whole: run it again with --finish");
}

static enum err_code write_mark(struct db_tx *tx, void *context, struct err *err) {
    const struct catalogue_call *call = context;
    TRY(db_exec(tx, DB_NO_ARGS, "delete from transfers where kind = 'begun'", err));
    return call->is_set ? db_exec(tx, DB_NO_ARGS, "insert into transfers (kind, table_name, name, detail) values ('begun', '', '', '')", err) : OK;
}

enum err_code db_mark_carried(struct db *db, bool is_half, struct err *err) {
    struct catalogue_call call = { .is_set = is_half };
    return db_write(db, write_mark, &call, err);
}
