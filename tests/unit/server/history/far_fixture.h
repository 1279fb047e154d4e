/* far_fixture.h - segments that lie in a bucket only, which says nothing of use. */
#ifndef TESTS_FAR_FIXTURE_H
#define TESTS_FAR_FIXTURE_H

#include "tests/unit/base/http_peer.h"
#include "tests/unit/server/history/history_fixture.h"

#define BUCKET_SAYS(status) STR("HTTP/1.1 " status "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

static inline void rename_segments(struct history_fixture *f, const char *from, const char *to) {
    const char *folder = history_folder(f);
    assert_int_equal(rename(arena_printf(f->arena, "%s/%s", folder, from).ptr, arena_printf(f->arena, "%s/%s", folder, to).ptr), 0);
}

/* RUN's. Begins a bucket that has nothing and is asked so often; http_peer_finish hears whether it was. */
static inline void move_segments_far(struct history_fixture *f, struct http_peer *bucket, int times) {
    static const struct str says[] = { BUCKET_SAYS("200 OK"), BUCKET_SAYS("404 Not Found") };

    *bucket = (struct http_peer){ .says_each = says, .connection_count = 1 + times }; /* it is looked for first */
    assert_true(times <= 1);
    http_peer_start(bucket);
    (void)setenv("AWS_ACCESS_KEY_ID", "an-id", 0);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "a secret", 0);
    history_destroy(f->history);
    f->history = NULL;
    depot_close(f->depot);
    f->depot = NULL;
    expect_ok(f, s3_open(&f->bucket, arena_printf(f->arena, "s3://bucket?endpoint=http://127.0.0.1:%u", bucket->port), &f->err));
    open_history(f);
    rename_segments(f, "7", "far");
}

static inline void bring_segments_near(struct history_fixture *f) {
    rename_segments(f, "far", "7");
}

#endif
