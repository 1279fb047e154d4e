/* test_secrets.c */
#include "tests/unit/server/store/accounts_fixture.h"

static const char *secret_path(struct fixture *f) {
    return arena_printf(f->arena, "%s/secret.key", f->folder).ptr;
}

static void secrets__makes_a_file_that_only_the_owner_reads(void **state) {
    struct fixture *f = *state;
    struct secrets *first, *second;
    struct stat info;

    assert_ok(f, secrets_open(&first, secret_path(f), f->db, &f->err));
    assert_int_equal(stat(secret_path(f), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_ok(f, secrets_open(&second, secret_path(f), f->db, &f->err));
    struct secret_hash a = secrets_hash(first, SECRET_API_KEY, STR("x"));
    struct secret_hash b = secrets_hash(second, SECRET_API_KEY, STR("x"));
    struct secret_hash c = secrets_hash(second, SECRET_SESSION, STR("x"));
    assert_memory_equal(a.bytes, b.bytes, sizeof a.bytes);
    assert_memory_not_equal(a.bytes, c.bytes, sizeof a.bytes);
    secrets_close(first);
    secrets_close(second);
}

static void secrets__refuses_a_secret_of_another_database(void **state) {
    struct fixture *f = *state;
    struct secrets *secrets, *wrong = NULL;
    const char *other = arena_printf(f->arena, "%s/other.key", f->folder).ptr;
    char text[65];

    assert_ok(f, secrets_open(&secrets, secret_path(f), f->db, &f->err));
    secrets_close(secrets);
    memset(text, 'a', 64);
    assert_ok(f, file_replace(other, (struct str){ text, 64 }, 0600, &f->err));
    assert_int_equal(secrets_open(&wrong, other, f->db, &f->err), ERR_PRECONDITION);
    assert_non_null(strstr(f->err.message, "is not the secret that this database's API keys were made with"));
    assert_int_equal(secrets_open(&wrong, "/nowhere/secret.key", f->db, &f->err), ERR_PRECONDITION);
    assert_string_equal(f->err.message, "'/nowhere/secret.key' is missing, and without it no API key of this database "
                                        "is good: put it back");
    assert_null(wrong);
}

static void secrets__refuses_a_file_that_is_not_a_secret(void **state) {
    struct fixture *f = *state;
    struct secrets *secrets = NULL;
    assert_ok(f, file_replace(secret_path(f), STR("hello"), 0600, &f->err));
    assert_int_equal(secrets_open(&secrets, secret_path(f), f->db, &f->err), ERR_CORRUPT);
}

static enum err_code check(const struct secrets *secrets, struct signed_link link, struct str query, int64_t now,
                           struct err *err) {
    struct signed_link found = { .method = link.method, .path = link.path };
    enum err_code code = secrets_check_link(secrets, &found, str_from(query, strlen("sig=")), now, err);
    if (code == OK) {
        assert_int_equal(found.user_id, link.user_id);
        assert_int_equal(found.key_id, link.key_id);
        assert_int_equal(found.session_id, link.session_id);
        assert_int_equal(found.max_bytes, link.max_bytes);
    }
    return code;
}

static void secrets__bind_a_link_to_all_that_it_says(void **state) {
    struct fixture *f = *state;
    struct secrets *secrets;
    struct signed_link link = { LINK_PUT, STR_INIT("/files/a.b/1"), 1000, 77, 5, 6, 7 };

    assert_ok(f, secrets_open(&secrets, secret_path(f), f->db, &f->err));
    struct str query = secrets_sign_link(secrets, &link, f->arena);
    assert_ok(f, check(secrets, link, query, 999, &f->err));
    assert_int_equal(check(secrets, link, query, 1000, &f->err), ERR_FORBIDDEN);
    assert_string_equal(f->err.message, "the link has expired, ask for a new one");

    struct signed_link other = link;
    other.method = LINK_GET;
    assert_int_equal(check(secrets, other, query, 0, &f->err), ERR_FORBIDDEN);
    other = link;
    other.path = STR("/files/a.b/2");
    assert_int_equal(check(secrets, other, query, 0, &f->err), ERR_FORBIDDEN);
    assert_string_equal(f->err.message, "the link's signature is not good for this address");
    secrets_close(secrets);
}

/* Each byte of the signature counts. */
static void secrets__refuse_a_link_that_was_changed_anywhere(void **state) {
    struct fixture *f = *state;
    struct secrets *secrets;
    struct signed_link link = { LINK_GET, STR_INIT("/x"), INT64_MAX, 0, 5, 6, 7 };

    assert_ok(f, secrets_open(&secrets, secret_path(f), f->db, &f->err));
    struct str query = secrets_sign_link(secrets, &link, f->arena);
    for (size_t i = strlen("sig="); i < query.len; i++) {
        char *changed = arena_copy_c(f->arena, query);
        changed[i] = changed[i] == '1' ? '2' : '1';
        struct str text = { changed + strlen("sig="), query.len - strlen("sig=") };
        assert_int_equal(secrets_check_link(secrets, &(struct signed_link){ .path = link.path }, text, 0, &f->err),
                         ERR_FORBIDDEN);
    }
    assert_int_equal(secrets_check_link(secrets, &link, STR("...."), 0, &f->err), ERR_FORBIDDEN);
    assert_int_equal(secrets_check_link(secrets, &link, (struct str){ NULL, 0 }, 0, &f->err), ERR_FORBIDDEN);
    secrets_close(secrets);
}

static void secrets__that_follow_another_still_know_what_it_made(void **state) {
    struct fixture *f = *state;
    struct secrets *before, *after;
    struct signed_link link = { LINK_GET, STR_INIT("/x"), 1000, 0, 5, 6, 7 };

    assert_ok(f, secrets_open(&before, secret_path(f), f->db, &f->err));
    assert_ok(f, secrets_rotate(secret_path(f), &f->err));
    assert_ok(f, secrets_open(&after, secret_path(f), f->db, &f->err));
    assert_int_equal(secrets_count(after), 2);
    struct secret_hash old = secrets_hash(before, SECRET_API_KEY, STR("key")), renewed = secrets_hash(after, SECRET_API_KEY, STR("key")),
                       known = secrets_hash_of(after, 1, SECRET_API_KEY, STR("key"));
    assert_memory_not_equal(old.bytes, renewed.bytes, sizeof old.bytes);
    assert_memory_equal(old.bytes, known.bytes, sizeof old.bytes);
    assert_ok(f, check(after, link, secrets_sign_link(before, &link, f->arena), 999, &f->err));
    assert_int_equal(check(before, link, secrets_sign_link(after, &link, f->arena), 999, &f->err), ERR_FORBIDDEN);
    secrets_close(before);
    secrets_close(after);
    assert_ok(f, secrets_rotate(secret_path(f), &f->err));
    assert_ok(f, secrets_rotate(secret_path(f), &f->err));
    assert_int_equal(secrets_rotate(secret_path(f), &f->err), ERR_CONFLICT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(secrets__makes_a_file_that_only_the_owner_reads),
        DB_TEST(secrets__refuses_a_secret_of_another_database),
        DB_TEST(secrets__refuses_a_file_that_is_not_a_secret),
        DB_TEST(secrets__bind_a_link_to_all_that_it_says),
        DB_TEST(secrets__refuse_a_link_that_was_changed_anywhere),
        DB_TEST(secrets__that_follow_another_still_know_what_it_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
