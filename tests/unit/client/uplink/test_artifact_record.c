/* test_artifact_record.c - artifacts as logs describe them, whole and damaged. */
#include "base/gzip.h"
#include "base/protobuf.h"
#include "client/uplink/artifact_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_MAX = 64 << 10 };

static void put_names(struct buf *body) {
    protobuf_put_bytes(body, 4, STR("dataset"));
    protobuf_put_bytes(body, 5, STR("ds"));
    protobuf_put_bytes(body, 11, STR("latest"));
    protobuf_put_bytes(body, 11, STR("best"));
    protobuf_put_bytes(body, 15, STR("client"));
    protobuf_put_bool(body, 14, true);
}

static void artifact_record__has_names_entries_and_extras(void **state) {
    struct buf body = BUF_INIT(TEXT_MAX);
    struct artifact_record record;
    struct err err;
    (void)state;
    put_names(&body);
    size_t manifest = protobuf_begin(&body, 12);
    for (int i = 0; i < 100; i++) {
        size_t entry = protobuf_begin(&body, 4);
        protobuf_put_bytes(&body, 1, STR("a/b.txt"));
        protobuf_put_bytes(&body, 2, STR("digest=="));
        protobuf_put_i64(&body, 4, 7 + i);
        protobuf_put_bytes(&body, 6, STR("/tmp/b.txt"));
        size_t extra = protobuf_begin(&body, 16);
        protobuf_put_bytes(&body, 1, STR("k"));
        protobuf_put_bytes(&body, 2, STR("[1]"));
        protobuf_end(&body, extra);
        protobuf_end(&body, entry);
    }
    protobuf_end(&body, manifest);
    assert_int_equal(artifact_record_parse(&record, buf_str(&body), &err), OK);
    assert_true(str_eq_c(record.type, "dataset"));
    assert_int_equal(record.alias_count, 2);
    assert_true(record.is_finalized);
    assert_int_equal(record.entry_count, 100);
    assert_int_equal(record.entries[99].size, 106);
    assert_true(str_eq_c(record.entries[0].extra_json, "\"k\":[1]"));
    assert_true(str_eq_c(record.entries[99].extra_json, "\"k\":[1]"));
    artifact_record_finish(&record);
    buf_finish(&body);
}

static void artifact_record__reads_a_manifest_that_lies_in_a_file(void **state) {
    struct buf body = BUF_INIT(TEXT_MAX), packed = BUF_INIT(TEXT_MAX);
    struct artifact_record record;
    struct err err;
    char path[] = "/tmp/manifest.XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_int_equal(gzip_compress(&packed,
                                   STR("{\"path\":\"x\\u00e9\",\"digest\":\"d1\",\"size\":3,\"local_path\":\"/a\"}\n"
                                       "{\"path\":\"y\",\"digest\":\"d2\",\"ref\":\"s3://b/y\",\"extra\":{\"v\":1}}\n"),
                                   1, &err),
                     OK);
    assert_int_equal(write(fd, packed.ptr, packed.len), (ssize_t)packed.len);
    close(fd);
    put_names(&body);
    size_t manifest = protobuf_begin(&body, 12);
    protobuf_put_bytes(&body, 5, str_from_c(path));
    protobuf_end(&body, manifest);
    assert_int_equal(artifact_record_parse(&record, buf_str(&body), &err), OK);
    assert_int_equal(record.entry_count, 2);
    assert_true(str_eq_c(record.entries[0].path, "x\xc3\xa9"));
    assert_int_equal(record.entries[0].size, 3);
    assert_true(str_eq_c(record.entries[1].ref, "s3://b/y"));
    assert_true(str_eq_c(record.entries[1].extra_json, "\"v\":1"));
    artifact_record_finish(&record);
    (void)unlink(path);
    buf_finish(&body);
    buf_finish(&packed);
}

static void artifact_record__refuses_what_has_no_name_or_is_damaged(void **state) {
    struct artifact_record record;
    struct err err;
    (void)state;
    assert_int_equal(artifact_record_parse(&record, STR_EMPTY, &err), ERR_BAD_INPUT);
    assert_int_equal(artifact_record_parse(&record, STR("\x62\x05\x22\x09zz"), &err), ERR_CORRUPT);
    assert_int_equal(artifact_record_parse(&record, STR("\x62\x0e\x2a\x0c/no/manifest"), &err), ERR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(artifact_record__has_names_entries_and_extras),
        cmocka_unit_test(artifact_record__reads_a_manifest_that_lies_in_a_file),
        cmocka_unit_test(artifact_record__refuses_what_has_no_name_or_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
