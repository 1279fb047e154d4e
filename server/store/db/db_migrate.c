/* db_migrate.c - brings a database to the version that this program knows, or refuses.
 *
 * Migrations expand first and contract a release later, so a program may go on writing to a newer database as long
 * as no migration in it names a later program as the oldest that may write.
 */
#include "server/store/db/db_driver.h"

#include "base/clock.h"

struct migrating {
    const struct migration_set *set;
    struct arena *arena;
};

static bool take_number(struct str *text, uint64_t *out) {
    struct str head, rest = STR_EMPTY;
    (void)str_cut(*text, '.', &head, &rest);
    *text = rest;
    return str_to_u64(head, out);
}

/* "0.10.0" is newer than "0.9.3". What is not a number counts as newer than any. */
static bool is_older(struct str a, struct str b) {
    for (int i = 0; i < 3; i++) {
        uint64_t number_a, number_b;
        bool is_number_a = take_number(&a, &number_a), is_number_b = take_number(&b, &number_b);
        if (!is_number_a || !is_number_b)
            return is_number_a;
        if (number_a != number_b)
            return number_a < number_b;
    }
    return false;
}

static int last_version(const struct migration_set *set) {
    return set->count == 0 ? 0 : set->rows[set->count - 1].version;
}

static enum err_code check_may_write(struct db_tx *tx, const struct migration_set *set, struct arena *arena,
                                     struct err *err) {
    struct db_rows *rows;

    TRY(db_query(tx, &rows, DB_NO_ARGS, "select version, oldest_writer from schema_version order by version desc", err));
    while (db_next(rows)) {
        struct str oldest = db_str(rows, 1, arena);
        if (is_older(str_from_c(set->program_version), oldest))
            return err_set(err, ERR_CONFLICT,
                           "the database has version %lld and is written by barograph %.*s or later; "
                           "this is barograph %s, which knows versions up to %d",
                           (long long)db_int(rows, 0), STR_ARG(oldest), set->program_version, last_version(set));
    }
    return db_end(rows, err);
}

static enum err_code is_applied(struct db_tx *tx, int version, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(version)), "select 1 from schema_version where version = $1", err));
    *out = db_next(rows);
    return db_end(rows, err);
}

static enum err_code apply(struct db_tx *tx, const struct migration *migration, struct err *err) {
    if (tx->driver->exec_script(tx, migration->sql, err) != OK)
        return err_add_context(err, "migration '%s'", migration->name);
    return db_exec(tx,
                   DB_ARGS(DB_INT(migration->version), DB_TEXT(str_from_c(migration->name)),
                           DB_TEXT(str_from_c(migration->oldest_writer)), DB_INT(clock_wall_ms())),
                   "insert into schema_version (version, name, oldest_writer, applied_at) values ($1, $2, $3, $4)",
                   err);
}

static enum err_code migrate(struct db_tx *tx, void *context, struct err *err) {
    const struct migrating *migrating = context;
    bool done;

    TRY(tx->driver->exec_script(tx,
                                "create table if not exists schema_version (version integer primary key, "
                                "name text not null, oldest_writer text not null, applied_at integer not null);",
                                err));
    TRY(check_may_write(tx, migrating->set, migrating->arena, err));
    for (size_t i = 0; i < migrating->set->count; i++) {
        TRY(is_applied(tx, migrating->set->rows[i].version, &done, err));
        if (!done)
            TRY(apply(tx, &migrating->set->rows[i], err));
    }
    return OK;
}

enum err_code db_migrate(struct db *db, const struct migration_set *set, struct err *err) {
    struct migrating context = { set, arena_create() };
    enum err_code code = db->driver->write_schema(db, migrate, &context, err);
    arena_destroy(context.arena);
    return code;
}
