/* test_repr_digest.c */
#include "server/http/repr_digest.h"

#include "../../base/fixture.h"

static void repr_digest__reads_what_it_wrote(void **state) {
    unsigned char sha256[SHA256_BYTES], md5[MD5_BYTES];
    hash_sha256(sha256, STR("bytes"));
    hash_md5(md5, STR("bytes"));

    struct repr_digest both = repr_digest_parse(repr_digest_text(sha256, md5, *state), *state);
    assert_true(both.has_sha256 && both.has_md5);
    assert_memory_equal(both.sha256, sha256, SHA256_BYTES);
    assert_memory_equal(both.md5, md5, MD5_BYTES);
    struct repr_digest one = repr_digest_parse(repr_digest_text(sha256, NULL, *state), *state);
    assert_true(one.has_sha256 && !one.has_md5);
}

/* The example of RFC 9530: {"hello": "world"} and a line's end. */
static void repr_digest__reads_the_example_of_the_standard(void **state) {
    unsigned char expected[SHA256_BYTES];
    struct str field = STR("crc32c=:abc=:,\tsha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
    hash_sha256(expected, STR("{\"hello\": \"world\"}\n"));

    struct repr_digest digest = repr_digest_parse(field, *state);
    assert_true(digest.has_sha256 && !digest.has_md5);
    assert_memory_equal(digest.sha256, expected, SHA256_BYTES);
}

static void repr_digest__passes_over_what_is_none(void **state) {
    static const char *const fields[] = {
        "", ",", "=", "sha-256", "sha-256=", "sha-256=:", "sha-256=::", "sha-256=:AAAA:", "sha-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=",
        "md5=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", "SHA-256 :RK/0:", ":,:,:",
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct repr_digest digest = repr_digest_parse(str_from_c(fields[i]), *state);
        if (digest.has_sha256 || digest.has_md5)
            fail_msg("'%s' was read as a digest", fields[i]);
    }
    assert_false(repr_digest_parse((struct str){ NULL, 0 }, *state).has_sha256);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(repr_digest__reads_what_it_wrote),
        TEST(repr_digest__reads_the_example_of_the_standard),
        TEST(repr_digest__passes_over_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
