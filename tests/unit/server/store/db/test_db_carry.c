/* test_db_carry.c - tables made equal, with a second SQLite file as the source: what differs, what is in its own way. */
#include "tests/unit/server/store/db_fixture.h"

#include "server/store/db/db_carry.h"

static struct db *make_source(struct fixture *f) {
    struct db *db;
    struct str url = arena_printf(f->arena, "sqlite:%s/source.db", f->folder);
    assert_int_equal(db_open(&db, url, &f->err), OK);
    return db;
}

static enum err_code run_sql(struct db_tx *tx, void *context, struct err *err) {
    struct db_rows *rows;
    TRY(db_query_text(tx, &rows, DB_NO_ARGS, *(const struct str *)context, err));
    (void)db_next(rows);
    return db_end(rows, err);
}

static void say(struct fixture *f, struct db *db, const char *sql) {
    struct str text = str_from_c(sql);
    if (db_write(db, run_sql, &text, &f->err) != OK)
        fail_msg("%s: %s", sql, f->err.message);
}

static const struct table_shape *find_table(struct fixture *f, struct db *db, const char *name) {
    struct list tables;
    assert_int_equal(db_list_tables(db, f->arena, &tables, &f->err), OK);
    for (size_t i = 0; i < tables.count; i++)
        if (str_eq_c(((const struct table_shape *)tables.items[i])->name, name))
            return tables.items[i];
    fail_msg("there is no table '%s'", name);
    return NULL;
}

static struct carry_facts carry(struct fixture *f, struct db *source, const char *name, bool only_compares) {
    struct carry_facts facts;
    if (db_carry_table(source, f->db, find_table(f, source, name), only_compares, &facts, f->arena, &f->err) != OK)
        fail_msg("%s", f->err.message);
    return facts;
}

static void db_carry__writes_what_differs_and_takes_out_what_is_gone(void **state) {
    struct fixture *f = *state;
    struct db *source = make_source(f);
    say(f, source, "with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000) insert into settings (name, value) select 'name' || i, 'x' from n");
    assert_int_equal(carry(f, source, "settings", false).written_count, 10000);
    assert_int_equal(carry(f, source, "settings", false).written_count, 0);
    say(f, source, "update settings set value = 'y' where name = 'name77'");
    say(f, source, "delete from settings where name = 'name9999'");
    say(f, f->db, "insert into settings (name, value) values ('zzz', 'not in the source')");
    assert_int_equal(carry(f, source, "settings", true).wrong_count, 4);
    assert_int_equal(carry(f, source, "settings", false).written_count, 4);
    struct carry_facts same = carry(f, source, "settings", true);
    assert_int_equal(same.wrong_count, 0);
    assert_int_equal(same.row_count, 9999);
    assert_memory_equal(same.source_sha256, same.target_sha256, SHA256_BYTES);
    db_close(source);
}

static void db_carry__writes_a_table_anew_when_names_changed_places(void **state) {
    struct fixture *f = *state;
    struct db *source = make_source(f);
    assert_int_equal(db_loosen(f->db, &f->err), OK);
    /* More rows between them than one portion holds, so that the name is taken when it is written. */
    say(f, source, "with recursive n (i) as (select 1 union all select i + 1 from n where i < 9000) insert into entities (id, name, kind, created_at) select i, 'e' || i, 'team', 0 from n");
    (void)carry(f, source, "entities", false);
    say(f, source, "update entities set name = 'free' where id = 9000");
    say(f, source, "update entities set name = 'e9000' where id = 1");
    assert_int_equal(carry(f, source, "entities", false).row_count, 9000);
    assert_int_equal(carry(f, source, "entities", true).wrong_count, 0);
    assert_int_equal(db_tighten(f->db, &f->err), OK);
    db_close(source);
}

static void db_carry__brings_ids_that_are_never_given_again(void **state) {
    struct fixture *f = *state;
    struct db *source = make_source(f);
    const struct table_shape *table = find_table(f, source, "entities");
    int64_t last;
    say(f, source, "insert into entities (name, kind, created_at) values ('a', 'team', 0), ('b', 'team', 0)");
    say(f, source, "delete from entities where name = 'b'");
    assert_int_equal(db_last_id(source, table, &last, &f->err), OK);
    assert_int_equal(last, 2);
    (void)carry(f, source, "entities", false);
    assert_int_equal(db_set_last_id(f->db, table, last, &f->err), OK);
    say(f, f->db, "insert into entities (name, kind, created_at) values ('c', 'team', 0)");
    assert_int_equal(db_last_id(f->db, table, &last, &f->err), OK);
    assert_int_equal(last, 3);
    db_close(source);
}

static void db_catalogue__finds_rows_that_refer_to_none(void **state) {
    struct fixture *f = *state;
    assert_int_equal(db_loosen(f->db, &f->err), OK);
    say(f, f->db, "insert into run_configs (run_id, config) values (77, '{}')");
    assert_int_equal(db_tighten(f->db, &f->err), ERR_CONFLICT);
}

static void db_catalogue__refuses_what_is_half_carried(void **state) {
    struct fixture *f = *state;
    assert_int_equal(db_refuse_half_carried(f->db, &f->err), OK);
    assert_int_equal(db_mark_carried(f->db, true, &f->err), OK);
    assert_int_equal(db_refuse_half_carried(f->db, &f->err), ERR_PRECONDITION);
    assert_int_equal(db_mark_carried(f->db, false, &f->err), OK);
    assert_int_equal(db_refuse_half_carried(f->db, &f->err), OK);
}

static void db__that_is_opened_to_read_is_not_written(void **state) {
    struct fixture *f = *state;
    struct db *source = make_source(f), *read;
    struct str sql = STR("delete from settings");
    bool is_empty;
    assert_int_equal(db_open_to_read(&read, arena_printf(f->arena, "sqlite:%s/source.db", f->folder), &f->err), OK);
    assert_int_equal(db_write(read, run_sql, &sql, &f->err), ERR_INTERNAL);
    say(f, source, "insert into settings (name, value) values ('seen', 'while the other writes')");
    assert_int_equal(db_is_table_empty(read, find_table(f, read, "settings"), &is_empty, &f->err), OK);
    assert_false(is_empty);
    db_close(read);
    db_close(source);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(db_carry__writes_what_differs_and_takes_out_what_is_gone),
        DB_TEST(db_carry__writes_a_table_anew_when_names_changed_places),
        DB_TEST(db_carry__brings_ids_that_are_never_given_again),
        DB_TEST(db_catalogue__finds_rows_that_refer_to_none),
        DB_TEST(db_catalogue__refuses_what_is_half_carried),
        DB_TEST(db__that_is_opened_to_read_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
