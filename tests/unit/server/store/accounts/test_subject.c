/* test_subject.c */
#include "tests/unit/server/store/accounts_fixture.h"

#include "server/store/accounts/subject.h"

static const struct str issuer = STR_INIT("https://sso.example"), other = STR_INIT("https://other.example");

WORK_TEST(subject__is_known_by_issuer_and_subject_together) {
    struct fixture *f = context;
    struct subject found;
    struct user *alice;
    bool has;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(subject_find(tx, issuer, STR("1"), &found, err));
    EXPECT(found.user_id == 0);
    TRY(subject_bind(tx, issuer, STR("1"), alice, &nobody, err));
    TRY(subject_find(tx, issuer, STR("1"), &found, err));
    EXPECT(found.user_id == alice->id && !found.is_admin_by_group);
    TRY(subject_find(tx, other, STR("1"), &found, err));
    EXPECT(found.user_id == 0);
    TRY(subject_has_user(tx, issuer, alice->id, &has, err));
    EXPECT(has);
    TRY(subject_has_user(tx, other, alice->id, &has, err));
    EXPECT(!has);
    return OK;
}

WORK_TEST(subject__remembers_who_administers_by_a_group) {
    struct fixture *f = context;
    struct subject found;
    struct user *alice;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(subject_bind(tx, issuer, STR("1"), alice, &nobody, err));
    TRY(subject_set_admin_by_group(tx, issuer, STR("1"), true, err));
    TRY(subject_find(tx, issuer, STR("1"), &found, err));
    EXPECT(found.is_admin_by_group);
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(subject__is_known_by_issuer_and_subject_together),
        DB_TEST(subject__remembers_who_administers_by_a_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
