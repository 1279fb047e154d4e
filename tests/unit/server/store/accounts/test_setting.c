/* test_setting.c */
#include "tests/unit/server/store/db_fixture.h"

#include "server/store/accounts/setting.h"

WORK_TEST(setting__is_what_was_set_last) {
    struct fixture *f = context;
    struct str value;
    TRY(setting_get(tx, STR("colour"), f->arena, &value, err));
    EXPECT(value.ptr == NULL);
    TRY(setting_set(tx, STR("colour"), STR("red"), err));
    TRY(setting_set(tx, STR("colour"), STR(""), err));
    TRY(setting_get(tx, STR("colour"), f->arena, &value, err));
    EXPECT(value.ptr != NULL && value.len == 0);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = { DB_TEST(setting__is_what_was_set_last) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
