/* test_first_start.c */
#include "tests/unit/server/store/db_fixture.h"

#include "server/api/accounts/first_start.h"
#include "server/store/accounts/api_key.h"

static struct app app;

static int set_up(void **state) {
    if (fixture_set_up(state) != 0)
        return -1;
    struct fixture *f = *state;
    app = (struct app){ .db = f->db };
    return secrets_open(&app.secrets, arena_printf(f->arena, "%s/secret.key", f->folder).ptr, f->db, &f->err) == OK ? 0 : -1;
}

static int tear_down(void **state) {
    secrets_close(app.secrets);
    return fixture_tear_down(state);
}

static const char *key_path(struct fixture *f) {
    return arena_printf(f->arena, "%s/admin.key", f->folder).ptr;
}

struct look_up {
    struct fixture *f;
    struct str key;
    struct user *user;
};

static enum err_code find(struct db_tx *tx, void *context, struct err *err) {
    struct look_up *look_up = context;
    struct secret_hash hash = secrets_hash(app.secrets, SECRET_API_KEY, look_up->key);
    struct api_key key;
    return api_key_find_user(tx, &hash, look_up->f->arena, &key, &look_up->user, err);
}

static struct user *user_of(struct fixture *f, struct str key) {
    struct look_up look_up = { f, key, NULL };
    assert_ok(f, db_read(f->db, find, &look_up, &f->err));
    return look_up.user;
}

static struct str read_key(struct fixture *f) {
    struct str text;
    assert_ok(f, file_read_all(&text, key_path(f), 1000, f->arena, &f->err));
    return str_trim(text);
}

static void first_start__leaves_a_key_that_works_and_only_its_owner_reads(void **state) {
    struct fixture *f = *state;
    struct stat info;
    assert_ok(f, first_start(&app, STR_EMPTY, key_path(f), &f->err));
    assert_int_equal(stat(key_path(f), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    const struct user *admin = user_of(f, read_key(f));
    assert_non_null(admin);
    assert_true(admin->is_admin && str_eq_c(admin->username, "admin"));
}

static void first_start__is_once(void **state) {
    struct fixture *f = *state;
    assert_ok(f, first_start(&app, STR_EMPTY, key_path(f), &f->err));
    struct str key = read_key(f);
    assert_ok(f, first_start(&app, STR_EMPTY, key_path(f), &f->err));
    assert_true(str_eq(read_key(f), key));
}

static void first_start__takes_a_chosen_key_then_and_later(void **state) {
    struct fixture *f = *state;
    struct str first = STR("1111111111111111111111111111111111111111"), second = STR("2222222222222222222222222222222222222222");
    assert_ok(f, first_start(&app, first, key_path(f), &f->err));
    assert_true(str_eq(read_key(f), first));
    assert_ok(f, first_start(&app, second, key_path(f), &f->err));
    assert_ok(f, first_start(&app, second, key_path(f), &f->err));
    assert_non_null(user_of(f, first));
    assert_non_null(user_of(f, second));
}

static void first_start__refuses_a_key_that_clients_would_not_take(void **state) {
    struct fixture *f = *state;
    assert_int_equal(first_start(&app, STR("short"), key_path(f), &f->err), ERR_BAD_INPUT);
    assert_false(file_exists(key_path(f)));
}

#define START_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        START_TEST(first_start__leaves_a_key_that_works_and_only_its_owner_reads),
        START_TEST(first_start__is_once),
        START_TEST(first_start__takes_a_chosen_key_then_and_later),
        START_TEST(first_start__refuses_a_key_that_clients_would_not_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
