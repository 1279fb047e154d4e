/* test_arrival.c - with BAROGRAPH_TEST_BUCKETS (see tests/support/seaweed.py) a bucket that clients are sent to; skipped without. */
#include "server/blobs/arrival.h"

#include "base/http_client.h"

#include <unistd.h>

#define FIXTURE_PARTS struct depot *depot; struct blobs *blobs;
#include "tests/unit/server/blobs/bucket_fixture.h"

static int set_up(void **state) {
    struct fixture *f = *state = bucket_make("&direct=on");
    if (f == NULL)
        return 0;
    assert_ok(f, depot_open(&f->depot, f->folder, f->bucket, STR("blobs/"), &f->err));
    f->blobs = blobs_create(f->depot);
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    if (f == NULL)
        return 0;
    blobs_destroy(f->blobs);
    depot_close(f->depot);
    return bucket_drop(f);
}

/* As a client that knows nothing but the address. */
static void put(struct fixture *f, struct str name, struct str bytes) {
    struct http_response response = { 0 };
    struct http_client *client;
    struct str url;
    assert_ok(f, arrival_link(f->depot, name, 60, &url, f->arena, &f->err));
    assert_ok(f, http_client_create(&client, &(struct http_client_options){ 0 }, &f->err));
    assert_ok(f, http_client_send(client, &(struct http_request){ .method = STR("PUT"), .url = url, .body = bytes }, &response, &f->err));
    assert_int_equal(response.status, 200);
    http_response_finish(&response);
    http_client_destroy(client);
}

static enum err_code note_key(void *context, struct str key, uint64_t size, int64_t modified_ms, struct err *err) {
    (void)key;
    (void)size;
    (void)modified_ms;
    (void)err;
    ++*(int *)context;
    return OK;
}

static int arriving(struct fixture *f) {
    int count = 0;
    assert_ok(f, s3_list(f->bucket, STR("arriving/"), note_key, &count, &f->err));
    return count;
}

static void arrival__becomes_a_blob_of_its_bytes(void **state) {
    struct fixture *f = need(state);
    struct blob_facts facts;
    unsigned char wanted[SHA256_BYTES];
    char bytes[8] = { 0 };
    uint64_t size;
    int fd;

    put(f, STR("one"), STR("hello"));
    assert_ok(f, arrival_adopt(f->depot, STR("one"), &facts, &f->err));
    hash_sha256(wanted, STR("hello"));
    assert_memory_equal(facts.id.sha256, wanted, SHA256_BYTES);
    assert_int_equal(facts.size_bytes, 5);
    assert_int_equal(arriving(f), 0);

    /* In the bucket, not in the folder alone. */
    depot_tidy(f->depot, 0);
    assert_ok(f, blobs_read(f->blobs, &facts.id, &fd, &size, &f->err));
    assert_int_equal(read(fd, bytes, sizeof bytes), 5);
    assert_string_equal(bytes, "hello");
    (void)close(fd);
}

/* Whoever may put something into the bucket fills no disk of the server with it. */
static void arrival__that_is_large_is_not_fetched(void **state) {
    enum { LARGE_BYTES = (16 << 20) + 5 };
    struct fixture *f = need(state);
    struct str bytes = { arena_alloc(f->arena, LARGE_BYTES), LARGE_BYTES };
    unsigned char wanted[SHA256_BYTES], md5[MD5_BYTES];
    struct blob_facts facts;

    memset((char *)(uintptr_t)bytes.ptr, 'x', LARGE_BYTES);
    put(f, STR("large"), bytes);
    assert_ok(f, arrival_adopt(f->depot, STR("large"), &facts, &f->err));
    hash_sha256(wanted, bytes);
    hash_md5(md5, bytes);
    assert_memory_equal(facts.id.sha256, wanted, SHA256_BYTES);
    assert_memory_equal(facts.md5, md5, MD5_BYTES);
    assert_int_equal(facts.size_bytes, LARGE_BYTES);
    assert_true(blobs_has(f->blobs, &facts.id));
    struct str hex = hash_hex(facts.id.sha256, SHA256_BYTES, f->arena);
    assert_true(depot_is_far(f->depot, arena_printf(f->arena, "%.2s/%s", hex.ptr, hex.ptr + 2)));
}

static void arrival__that_did_not_come_is_not_found(void **state) {
    struct fixture *f = need(state);
    struct blob_facts facts;
    assert_int_equal(arrival_adopt(f->depot, STR("never"), &facts, &f->err), ERR_NOT_FOUND);
}

static void arrival__put_again_changes_no_blob(void **state) {
    struct fixture *f = need(state);
    struct blob_facts facts, again;
    put(f, STR("one"), STR("hello"));
    assert_ok(f, arrival_adopt(f->depot, STR("one"), &facts, &f->err));
    put(f, STR("one"), STR("other"));
    assert_true(blobs_has(f->blobs, &facts.id));
    assert_ok(f, arrival_adopt(f->depot, STR("one"), &again, &f->err));
    assert_memory_not_equal(facts.id.sha256, again.id.sha256, SHA256_BYTES);
}

static void arrival__goes_when_nobody_asks_for_it(void **state) {
    struct fixture *f = need(state);
    struct blob_facts facts;
    put(f, STR("old"), STR("hello"));
    arrival_tidy(f->depot, ARRIVAL_KEPT_MS);
    assert_int_equal(arriving(f), 1);
    arrival_tidy(f->depot, -60 * 1000); /* the bucket's clock may be some seconds ahead */
    assert_int_equal(arriving(f), 0);
    assert_int_equal(arrival_adopt(f->depot, STR("old"), &facts, &f->err), ERR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(arrival__becomes_a_blob_of_its_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrival__that_did_not_come_is_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrival__that_is_large_is_not_fetched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrival__put_again_changes_no_blob, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrival__goes_when_nobody_asks_for_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
