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

WORK_TEST(audit__is_listed_from_the_row_behind_one_that_is_known) {
    struct fixture *f = context;
    struct list first = { 0 }, rest = { 0 };
    struct user *alice;
    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(audit_list(tx, 0, f->arena, &first, err));
    const struct audit_row *row = first.items[0];
    EXPECT(row->username.ptr == NULL && str_eq_c(row->action, "user.add") && str_eq_c(row->entity, "alice"));
    TRY(audit_add(tx, &(struct actor){ alice->id, 4, STR("::1") }, "key.add", 0, STR("abc"), err));
    TRY(audit_list(tx, ((const struct audit_row *)first.items[first.count - 1])->id, f->arena, &rest, err));
    EXPECT(rest.count == 1);
    row = rest.items[0];
    EXPECT(str_eq_c(row->username, "alice") && row->key_id == 4 && row->entity.ptr == NULL && str_eq_c(row->subject, "abc"));
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(audit__is_undone_with_its_change),
        DB_TEST(audit__keeps_who_what_where_and_when),
        DB_TEST(audit__is_listed_from_the_row_behind_one_that_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
