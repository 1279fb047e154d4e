/* test_sigv4.c - against the examples of Amazon's own description of the signature. */
#include "server/blobs/sigv4.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Friday, 24 May 2013, 00:00:00 UTC */
enum { DAY = 1369353600 };
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct sigv4_key example_key = { STR_INIT("AKIAIOSFODNN7EXAMPLE"), STR_INIT("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), STR_INIT("") };

static struct sigv4_request example(const char *path) {
    return (struct sigv4_request){ .method = STR("GET"), .host = STR("examplebucket.s3.amazonaws.com"), .path = str_from_c(path),
                                   .payload_sha256 = STR(EMPTY_SHA256), .region = STR("us-east-1"), .at_ms = DAY * INT64_C(1000) };
}

static int set_up(void **state) {
    *state = arena_create();
    return 0;
}

static int tear_down(void **state) {
    arena_destroy(*state);
    return 0;
}

static void sigv4__signs_a_range_of_an_object(void **state) {
    struct http_field fields[] = { { STR_INIT("host"), STR_INIT("examplebucket.s3.amazonaws.com") },
                                   { STR_INIT("range"), STR_INIT("bytes=0-9") },
                                   { STR_INIT("x-amz-content-sha256"), STR_INIT(EMPTY_SHA256) },
                                   { STR_INIT("x-amz-date"), STR_INIT("20130524T000000Z") } };
    struct sigv4_request request = example("/test.txt");
    request.fields = fields;
    request.field_count = 4;
    struct str found = sigv4_authorization(&request, &example_key, *state);
    assert_string_equal(found.ptr,
                        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void sigv4__signs_a_list(void **state) {
    struct http_field fields[] = { { STR_INIT("host"), STR_INIT("examplebucket.s3.amazonaws.com") },
                                   { STR_INIT("x-amz-content-sha256"), STR_INIT(EMPTY_SHA256) },
                                   { STR_INIT("x-amz-date"), STR_INIT("20130524T000000Z") } };
    struct http_field query[] = { { STR_INIT("prefix"), STR_INIT("J") }, { STR_INIT("max-keys"), STR_INIT("2") } };
    struct sigv4_request request = example("/");
    request.fields = fields;
    request.field_count = 3;
    request.query = query;
    request.query_count = 2;
    struct str found = sigv4_authorization(&request, &example_key, *state);
    assert_true(str_ends_with(found, STR("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")));
}

static void sigv4__makes_links(void **state) {
    struct http_field host = { STR_INIT("host"), STR_INIT("examplebucket.s3.amazonaws.com") };
    struct sigv4_request request = example("/test.txt");
    request.fields = &host;
    request.field_count = 1;
    struct str found = sigv4_presigned_query(&request, &example_key, 86400, *state);
    assert_string_equal(found.ptr,
                        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3"
                        "%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

static void sigv4__encodes_all_but_the_plain(void **state) {
    assert_string_equal(sigv4_encode(STR("a/b c~\xc3\xa9+"), true, *state).ptr, "a/b%20c~%C3%A9%2B");
    assert_string_equal(sigv4_encode(STR("a/b"), false, *state).ptr, "a%2Fb");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigv4__signs_a_range_of_an_object),
        cmocka_unit_test(sigv4__signs_a_list),
        cmocka_unit_test(sigv4__makes_links),
        cmocka_unit_test(sigv4__encodes_all_but_the_plain),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
