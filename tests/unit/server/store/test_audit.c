/* test_audit.c */
#include "tests/unit/server/store/accounts_fixture.h"

static enum err_code add_and_fail(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    TRY(audit_add(tx, &nobody, "test.fail", 0, STR("x"), err));
    return err_set(err, ERR_CONFLICT, "no");
}

static enum err_code count_failed(struct db_tx *tx, void *context, struct err *err) {
    return count_rows(tx, "select count(*) from audit where action = 'test.fail'", context, err);
}

/* No row tells of a change that was not made. */
static void audit__is_undone_with_its_change(void **state) {
    struct fixture *f = *state;
    int64_t count = -1;
    assert_int_equal(db_write(f->db, add_and_fail, NULL, &f->err), ERR_CONFLICT);
    assert_ok(f, db_read(f->db, count_failed, &count, &f->err));
    assert_int_equal(count, 0);
}

WORK_TEST(audit__keeps_who_what_where_and_when) {
    int64_t count;
    (void)context;
    TRY(audit_add(tx, &(struct actor){ 3, 4, STR("10.0.0.1") }, "key.add", 5, STR("abc"), err));
    TRY(audit_add(tx, &nobody, "user.add", 0, STR("bob"), err));
    TRY(count_rows(tx, "select count(*) from audit where at > 1700000000000 and action = 'key.add' and user_id = 3 and "
                       "key_id = 4 and address = '10.0.0.1' and entity_id = 5 and subject = 'abc'", &count, err));
    EXPECT(count == 1);
    TRY(count_rows(tx, "select count(*) from audit where user_id is null and key_id is null and entity_id is null and "
                       "address = 'local'", &count, err));
    EXPECT(count == 1);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(audit__is_undone_with_its_change),
        DB_TEST(audit__keeps_who_what_where_and_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
