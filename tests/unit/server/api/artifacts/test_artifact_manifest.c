/* test_artifact_manifest.c */
#include "server/api/artifacts/artifact_manifest.h"

#include <setjmp.h>

#include <cmocka.h>

#define HASH "1B2M2Y8AsgTpgAmY7PhCfg=="

static int set_up(void **state) {
    *state = arena_create();
    return 0;
}

static int tear_down(void **state) {
    arena_destroy(*state);
    return 0;
}

static const struct artifact_file *only_entry(const char *text, struct arena *arena) {
    struct list entries = { 0 };
    struct err err = { 0 };
    if (artifact_manifest_parse(str_from_c(text), &entries, arena, &err) != OK)
        fail_msg("%s", err.message);
    assert_int_equal(entries.count, 1);
    return entries.items[0];
}

static void assert_refused(const char *text, const char *message, struct arena *arena) {
    struct list entries = { 0 };
    struct err err = { 0 };
    assert_int_not_equal(artifact_manifest_parse(str_from_c(text), &entries, arena, &err), OK);
    if (strstr(err.message, message) == NULL)
        fail_msg("'%s' should hold '%s'", err.message, message);
}

static void artifact_manifest__reads_an_entry(void **state) {
    const struct artifact_file *file = only_entry("{\"storagePolicy\": [{\"version\": 2}], \"contents\": {\"a\\u002fb\": {\"unknown\": {\"digest\": \"no\"},"
                                                  " \"digest\": \"" HASH "\", \"size\": 1e+06, \"ref\": \"s3:\\/\\/x\", \"extra\": {\"etag\": 1},"
                                                  " \"birthArtifactID\": \"QXJ0aWZhY3Q6Nw==\"}}, \"version\": 1}",
                                                  *state);
    assert_true(str_eq(file->path, STR("a/b")));
    assert_true(str_eq(file->digest, STR(HASH)));
    assert_true(str_eq(file->ref, STR("s3://x")));
    assert_true(str_eq(file->extra, STR("{\"etag\": 1}")));
    assert_int_equal(file->size_bytes, 1000000);
    assert_int_equal(file->birth_artifact_id, 7);
}

static void artifact_manifest__counts_the_last_of_repeated_members(void **state) {
    const struct artifact_file *file =
        only_entry("{\"version\": 1, \"contents\": {\"a\": {\"digest\": \"x\", \"size\": 1, \"digest\": \"y\", \"extra\": {}}}}", *state);
    assert_true(str_eq(file->digest, STR("y")));
    assert_null(file->extra.ptr);
}

static void artifact_manifest__says_what_is_wrong(void **state) {
    assert_refused("", "not JSON", *state);
    assert_refused("[]", "not of version 1", *state);
    assert_refused("{\"version\": 2, \"contents\": {}}", "not of version 1", *state);
    assert_refused("{\"version\": 1, \"contents\": []}", "has no 'contents'", *state);
    assert_refused("{\"version\": 1, \"contents\": {\"a\": 7}}", "'a' has no digest", *state);
    assert_refused("{\"version\": 1, \"contents\": {\"a\": {\"digest\": 7}}}", "'a' has no digest", *state);
    assert_refused("{\"version\": 1, \"contents\": {\"../a\": {\"digest\": \"x\"}}}", "not a plain relative path", *state);
    assert_refused("{\"version\": 1, \"contents\": {\"a\": {\"digest\": \"x\", \"size\": -1}}}", "a negative size", *state);
    assert_refused("{\"version\": 1, \"contents\": {\"a\": {\"digest\": \"x\", \"size\": 1.5}}}", "no whole number", *state);
    assert_refused("{\"version\": 1, \"contents\": {\"a\": {\"digest\": \"x\", \"size\": 1e300}}}", "size", *state);
    assert_refused("{\"version\": 1, \"contents\": {}} {}", "not JSON", *state);
}

/* Cut anywhere, in each of its parts, it is no manifest and nothing is read beyond its end. */
static void artifact_manifest__is_refused_when_it_is_cut(void **state) {
    static const char whole[] = "{\"version\": 1, \"x\": [1, {\"y\": null}], \"contents\": {\"a\": {\"digest\": \"x\", \"size\": 3, \"extra\": "
                                "{\"k\": [true]}}, \"b\": {\"digest\": \"z\", \"ref\": \"r\"}}}";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *copy = malloc(len + 1); /* its own, so that a sanitizer sees a step too far */
        struct list entries = { 0 };
        struct err err = { 0 };
        memcpy(copy, whole, len);
        enum err_code code = artifact_manifest_parse((struct str){ copy, len }, &entries, *state, &err);
        free(copy);
        assert_int_equal(code, ERR_BAD_INPUT);
        assert_non_null(strstr(err.message, "not JSON"));
    }
}

static void artifact_manifest__bounds_the_list_over_several_manifests(void **state) {
    struct list entries = { 0 };
    struct artifact_file *file = ARENA_NEW(*state, struct artifact_file);
    struct err err = { 0 };
    while (entries.count < MANIFEST_MAX_ENTRIES)
        list_add(&entries, file, *state);
    assert_int_equal(artifact_manifest_parse(STR("{\"version\": 1, \"contents\": {\"a\": {\"digest\": \"x\"}}}"), &entries, *state, &err),
                     ERR_TOO_LARGE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(artifact_manifest__reads_an_entry),
        TEST(artifact_manifest__counts_the_last_of_repeated_members),
        TEST(artifact_manifest__says_what_is_wrong),
        TEST(artifact_manifest__is_refused_when_it_is_cut),
        TEST(artifact_manifest__bounds_the_list_over_several_manifests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
