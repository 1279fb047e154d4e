/* test_session.c */
#include "tests/unit/server/store/accounts_fixture.h"

#include "server/store/accounts/api_key.h"
#include "server/store/accounts/session.h"

static struct secrets *secrets;

static int set_up(void **state) {
    if (fixture_set_up(state) != 0)
        return -1;
    struct fixture *f = *state;
    return secrets_open(&secrets, arena_printf(f->arena, "%s/secret.key", f->folder).ptr, f->db, &f->err) == OK ? 0 : -1;
}

static int tear_down(void **state) {
    secrets_close(secrets);
    return fixture_tear_down(state);
}

static enum err_code find_session(struct db_tx *tx, struct fixture *f, struct str cookie, struct user **user,
                                  struct err *err) {
    struct secret_hash hash = secrets_hash(secrets, SECRET_SESSION, cookie);
    int64_t id, key_id;
    return session_find_user(tx, &hash, f->arena, &id, &key_id, user, err);
}

WORK_TEST(session__ends_with_the_key_it_was_opened_with) {
    struct fixture *f = context;
    struct user *alice, *found;
    struct api_key *key;
    int64_t id;
    struct str by_key, by_password;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(api_key_create(tx, secrets, alice, api_key_make(f->arena), STR_EMPTY, &nobody, &id, err));
    TRY(session_create(tx, secrets, &(struct new_session){ alice, id, SESSION_LIFE_MS, false }, &nobody, f->arena, &by_key, err));
    TRY(session_create(tx, secrets, &(struct new_session){ alice, 0, SESSION_LIFE_MS, false }, &nobody, f->arena, &by_password, err));
    TRY(find_session(tx, f, by_key, &found, err));
    EXPECT(found != NULL && found->id == alice->id);
    TRY(api_key_find(tx, id, f->arena, &key, err));
    TRY(api_key_revoke(tx, key, &nobody, err));
    TRY(find_session(tx, f, by_key, &found, err));
    EXPECT(found == NULL);
    TRY(find_session(tx, f, by_password, &found, err));
    EXPECT(found != NULL);
    return OK;
}

WORK_TEST(session__ends_when_passwords_do) {
    struct fixture *f = context;
    struct user *alice, *found;
    struct str cookies[3];
    int64_t key_id, count;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(api_key_create(tx, secrets, alice, api_key_make(f->arena), STR_EMPTY, &nobody, &key_id, err));
    const struct new_session wanted[] = { { alice, 0, SESSION_LIFE_MS, false }, { alice, key_id, SESSION_LIFE_MS, false }, { alice, 0, SESSION_LIFE_MS, true } };
    for (size_t i = 0; i < 3; i++)
        TRY(session_create(tx, secrets, &wanted[i], &nobody, f->arena, &cookies[i], err));
    TRY(session_end_with_passwords(tx, &count, err));
    EXPECT(count == 1);
    for (size_t i = 0; i < 3; i++) {
        TRY(find_session(tx, f, cookies[i], &found, err));
        EXPECT((found == NULL) == (i == 0));
    }
    return OK;
}

WORK_TEST(session__ends_with_the_password) {
    struct fixture *f = context;
    struct user *alice, *found;
    struct str cookie;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(session_create(tx, secrets, &(struct new_session){ alice, 0, SESSION_LIFE_MS, false }, &nobody, f->arena, &cookie, err));
    TRY(user_set_password(tx, alice, STR("another"), &nobody, err));
    TRY(find_session(tx, f, cookie, &found, err));
    EXPECT(found == NULL);
    return OK;
}

WORK_TEST(session__ends_in_time) {
    struct fixture *f = context;
    struct user *alice, *found;
    struct str cookie;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(session_create(tx, secrets, &(struct new_session){ alice, 0, SESSION_LIFE_MS, false }, &nobody, f->arena, &cookie, err));
    TRY(db_exec(tx, DB_NO_ARGS, "update sessions set expires_at = 1", err));
    TRY(find_session(tx, f, cookie, &found, err));
    EXPECT(found == NULL);
    return OK;
}

WORK_TEST(session__ends_when_told) {
    struct fixture *f = context;
    struct user *alice, *found;
    struct str cookie;
    int64_t id;

    TRY(add_user(tx, f, "alice", &alice, err));
    TRY(session_create(tx, secrets, &(struct new_session){ alice, 0, SESSION_LIFE_MS, false }, &nobody, f->arena, &cookie, err));
    TRY(count_rows(tx, "select id from sessions", &id, err));
    TRY(session_end(tx, id, &nobody, err));
    TRY(find_session(tx, f, cookie, &found, err));
    EXPECT(found == NULL);
    return OK;
}

#define SESSION_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SESSION_TEST(session__ends_with_the_key_it_was_opened_with),
        SESSION_TEST(session__ends_when_passwords_do),
        SESSION_TEST(session__ends_with_the_password),
        SESSION_TEST(session__ends_in_time),
        SESSION_TEST(session__ends_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
