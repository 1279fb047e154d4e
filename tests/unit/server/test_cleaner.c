/* test_cleaner.c - the collector of blobs beside commits that share their bytes: no version ever loses any. */
#include "server/cleaner.h"

#include "base/clock.h"
#include "server/api/artifacts/artifact_commit.h"
#include "server/api/identity.h"
#include "server/api/runs/upload.h"
#include "server/blobs/blobs.h"
#include "server/blobs/depot.h"
#include "server/blobs/gather.h"
#include "server/blobs/s3.h"
#include "server/store/artifacts/artifact_file.h"
#include "server/store/artifacts/blob.h"
#include "server/store/projects/removal.h"
#include "server/stores.h"
#include "tests/unit/server/api/api_fixture.h"

#include <arpa/inet.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* BAROGRAPH_TEST_COMMITS=10000 makes a long race of it. Some contents only, so that most files of a version are there already, or are just being collected. */
enum { COMMITS = 150, FILES = 4, CONTENTS = 12, VERSIONS_KEPT = 2, TRIES_MAX = 1000 };

struct race {
    struct fixture *f;
    struct arena *arena; /* of one commit */
    struct collection *collection;
    int64_t artifact_id, manifest_id, oldest_kept;
    int contents[FILES];
    bool keeps_bytes; /* in the database, as small ones are */
    struct blob_facts facts;
    struct str held;
    int file; /* the one that is worked on */
    bool needs_upload;
    int64_t now_ms;
    _Atomic bool is_over;
    size_t collected;
    enum err_code collector_code;
};

static struct str content_of(struct race *race, int number) {
    return arena_printf(race->arena, "content %d", number);
}

static struct str md5_of(struct race *race, int number) {
    unsigned char *md5 = arena_alloc(race->arena, MD5_BYTES);
    hash_md5(md5, content_of(race, number));
    return (struct str){ (const char *)md5, MD5_BYTES };
}

static void put_blob(struct race *race, struct str bytes) {
    struct blob_writer *writer;
    assert_int_equal(blob_writer_create(&writer, race->f->app.blobs, &race->f->err), OK);
    assert_int_equal(blob_writer_add(writer, bytes, &race->f->err), OK);
    if (race->keeps_bytes) {
        assert_true(blob_writer_hold(writer, &race->facts, &race->held));
        race->held = arena_copy(race->arena, race->held);
        blob_writer_cancel(writer);
    } else {
        assert_int_equal(blob_writer_finish(writer, &race->facts, &race->f->err), OK);
    }
}

static enum err_code keep_bytes(struct db_tx *tx, const struct race *race, struct err *err) {
    return race->keeps_bytes ? blob_keep_bytes(tx, race->facts.id.sha256, race->held, err) : OK;
}

static struct str path_of(struct race *race, int file) {
    return arena_printf(race->arena, "file-%d", file);
}

/* ---- the steps of one version, as the API takes them ---- */

static enum err_code begin(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    struct artifact wanted = { .digest = STR("d"), .run_id = 0 }, *artifact;
    struct artifact_manifest *manifest;
    TRY(artifact_create(tx, race->collection, &wanted, race->now_ms, race->arena, &artifact, err));
    race->artifact_id = artifact->id;
    TRY(artifact_manifest_create(tx, artifact->id, STR("m"), STR("FULL"), STR("d"), 0, race->now_ms, race->arena, &manifest, err));
    race->manifest_id = manifest->id;
    return OK;
}

static enum err_code ask_for_upload(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    struct artifact_blob blob;
    const unsigned char *md5 = (const unsigned char *)md5_of(race, race->contents[race->file]).ptr;
    enum err_code code = project_blob_find(tx, race->f->project, md5, &blob, err);
    race->needs_upload = code == ERR_NOT_FOUND;
    if (code != OK)
        return race->needs_upload ? OK : code;
    return artifact_upload_pin(tx, race->artifact_id, path_of(race, race->file), md5, &blob, err);
}

static enum err_code store_file(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    if (!race->keeps_bytes)
        TRY(upload_check_stored(tx, &race->f->app, &race->facts.id, err));
    TRY(artifact_upload_store(tx, race->artifact_id, path_of(race, race->file), race->facts.md5, race->facts.id.sha256,
                              (int64_t)race->facts.size_bytes, race->now_ms, err));
    return keep_bytes(tx, race, err);
}

static enum err_code store_manifest(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    if (!race->keeps_bytes)
        TRY(upload_check_stored(tx, &race->f->app, &race->facts.id, err));
    TRY(artifact_manifest_store(tx, race->manifest_id, race->facts.id.sha256, (int64_t)race->facts.size_bytes, race->now_ms, err));
    return keep_bytes(tx, race, err);
}

/* ERR_BUSY is what clients try again after. */
static void upload(struct race *race, struct str bytes, db_work *store) {
    enum err_code code = ERR_BUSY;
    for (int i = 0; i < TRIES_MAX && code == ERR_BUSY; i++) {
        put_blob(race, bytes);
        code = db_write(race->f->app.db, store, race, &race->f->err);
    }
    assert_int_equal(code, OK);
}

static struct str manifest_of(struct race *race) {
    struct buf text = BUF_INIT(1 << 16);
    buf_append_str(&text, STR("{\"version\":1,\"contents\":{"));
    for (int i = 0; i < FILES; i++)
        buf_printf(&text, "%s\"file-%d\":{\"digest\":\"%.*s\",\"size\":9}", i == 0 ? "" : ",", i,
                   STR_ARG(hash_base64(md5_of(race, race->contents[i]), race->arena)));
    buf_append_str(&text, STR("}}"));
    struct str copy = arena_copy(race->arena, buf_str(&text));
    buf_finish(&text);
    return copy;
}

static enum err_code delete_oldest(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    return artifact_delete(tx, race->oldest_kept, race->now_ms, err);
}

/* The version that had the bytes goes while the draft that was told not to send them is being made. */
static void commit_one(struct race *race, struct identity *identity) {
    struct artifact *artifact;
    enum err_code code = ERR_BUSY;

    assert_int_equal(db_write(race->f->app.db, begin, race, &race->f->err), OK);
    for (race->file = 0; race->file < FILES; race->file++) {
        assert_int_equal(db_write(race->f->app.db, ask_for_upload, race, &race->f->err), OK);
        if (race->needs_upload)
            upload(race, content_of(race, race->contents[race->file]), store_file);
    }
    if (race->oldest_kept != 0)
        assert_int_equal(db_write(race->f->app.db, delete_oldest, race, &race->f->err), OK);
    upload(race, manifest_of(race), store_manifest);
    for (int i = 0; i < TRIES_MAX && code == ERR_BUSY; i++)
        code = artifact_commit_draft(identity, race->artifact_id, &artifact, &race->f->err);
    if (code != OK)
        fail_msg("a commit was refused: %s", race->f->err.message);
}

static enum err_code check_version(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    struct list files;
    TRY(artifact_file_list(tx, race->artifact_id, STR_EMPTY, 100, NULL, 0, race->arena, &files, err));
    if (files.count != FILES)
        return err_set(err, ERR_CORRUPT, "a version has %zu files", files.count);
    for (size_t i = 0; i < files.count; i++) {
        const struct artifact_file *file = files.items[i];
        struct blob_id id;
        memcpy(id.sha256, file->sha256, SHA256_BYTES);
        if (!blobs_has(race->f->app.blobs, &id))
            return err_set(err, ERR_CORRUPT, "'%.*s' lost its bytes", STR_ARG(file->path));
    }
    return OK;
}

/* ---- the other side ---- */

static void *collect(void *context) {
    struct race *race = context;
    struct err err;
    while (!race->is_over && race->collector_code == OK) {
        bool is_idle = false;
        size_t count = 0;
        while (!is_idle && race->collector_code == OK)
            race->collector_code = cleaner_remove_portion(&race->f->app, &is_idle, &err);
        if (race->collector_code == OK) /* no grace at all: the hardest case */
            race->collector_code = cleaner_collect_blobs(&race->f->app, -60000, &race->is_over, &count, &err);
        race->collected += count;
    }
    return NULL;
}

static enum err_code make_collection(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    struct artifact_type *type;
    TRY(artifact_type_ensure(tx, race->f->project, STR("t"), 1, race->f->arena, &type, err));
    return collection_ensure(tx, race->f->project, type->id, STR("c"), false, (struct str){ 0 }, 1, race->f->arena, &race->collection, err);
}

static void race_with_collector(struct fixture *f, bool keeps_bytes) {
    struct race race = { .f = f, .arena = arena_create(), .now_ms = 1000, .keeps_bytes = keeps_bytes };
    const char *wish = getenv("BAROGRAPH_TEST_COMMITS");
    int commit_count = wish != NULL ? (int)strtol(wish, NULL, 10) : COMMITS;
    int64_t kept[VERSIONS_KEPT];
    pthread_t collector;

    struct depot *depot;
    assert_int_equal(depot_open(&depot, arena_printf(f->arena, "%s/blobs", f->folder).ptr, NULL, STR_EMPTY, &f->err), OK);
    f->app.blob_depot = depot;
    f->app.blobs = blobs_create(depot);
    blobs_look_first(f->app.blobs, stores_find_small, f->app.db);
    assert_int_equal(db_write(f->app.db, make_collection, &race, &f->err), OK);
    assert_int_equal(pthread_create(&collector, NULL, collect, &race), 0);
    for (int i = 0; i < commit_count; i++) {
        arena_reset(race.arena);
        for (int file = 0; file < FILES; file++)
            race.contents[file] = (i * 7 + file * file * 5 + i / 3) % CONTENTS;
        struct identity *identity = api_identity(f, BOB);
        identity->arena = race.arena;
        race.oldest_kept = i >= VERSIONS_KEPT ? kept[i % VERSIONS_KEPT] : 0;
        commit_one(&race, identity);
        assert_int_equal(db_read(f->app.db, check_version, &race, &f->err), OK);
        kept[i % VERSIONS_KEPT] = race.artifact_id;
    }
    race.is_over = true;
    (void)pthread_join(collector, NULL);
    assert_int_equal(race.collector_code, OK);
    assert_true(race.collected > (size_t)commit_count / 2); /* there was a race */
    for (int i = 0; i < VERSIONS_KEPT; i++) {
        race.artifact_id = kept[i];
        if (db_read(f->app.db, check_version, &race, &f->err) != OK)
            fail_msg("%s", f->err.message);
    }
    blobs_destroy(f->app.blobs);
    depot_close(depot);
    arena_destroy(race.arena);
}

static void cleaner__never_takes_bytes_that_a_commit_relies_on(void **state) {
    race_with_collector(*state, false);
}

static void cleaner__never_takes_bytes_from_the_database_that_a_commit_relies_on(void **state) {
    struct fixture *f = *state;
    race_with_collector(f, true);
    assert_true(api_count(f, "select count(*) from blob_bytes") > 0);
    assert_int_equal(api_count(f, "select count(*) from blob_bytes where blob_id not in (select id from blobs where size_bytes >= 0)"), 0);
}

/* ---- a bucket that hangs ---- */

enum { HEAD_MAX = 8192 };

struct slow_bucket {
    int listener_fd;
    uint16_t port;
    pthread_t thread;
    sem_t asked, may_answer; /* of each DELETE */
    _Atomic bool is_over;
};

static bool read_head(int fd, char *head) {
    size_t len = 0;
    while (len < HEAD_MAX - 1) {
        ssize_t got = read(fd, head + len, HEAD_MAX - 1 - len);
        if (got <= 0)
            return false;
        head[len += (size_t)got] = '\0';
        if (strstr(head, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

static void *serve(void *context) {
    static const char yes[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    struct slow_bucket *bucket = context;
    char head[HEAD_MAX];
    int fd;
    while (!bucket->is_over && (fd = accept(bucket->listener_fd, NULL, NULL)) >= 0) {
        if (read_head(fd, head)) {
            if (strncmp(head, "DELETE ", 7) == 0) {
                (void)sem_post(&bucket->asked);
                (void)sem_wait(&bucket->may_answer);
            }
            (void)!write(fd, yes, sizeof yes - 1);
        }
        (void)close(fd);
    }
    return NULL;
}

static void start_bucket(struct slow_bucket *bucket) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    (void)sem_init(&bucket->asked, 0, 0);
    (void)sem_init(&bucket->may_answer, 0, 0);
    bucket->listener_fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(bucket->listener_fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(bucket->listener_fd, 16), 0);
    assert_int_equal(getsockname(bucket->listener_fd, (struct sockaddr *)&address, &len), 0);
    bucket->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&bucket->thread, NULL, serve, bucket), 0);
}

static void stop_bucket(struct slow_bucket *bucket) {
    bucket->is_over = true;
    (void)shutdown(bucket->listener_fd, SHUT_RDWR);
    (void)pthread_join(bucket->thread, NULL);
    (void)close(bucket->listener_fd);
}

struct removal_test {
    struct fixture *f;
    struct slow_bucket bucket;
    struct s3 *s3;
    struct depot *depot;
    struct blob_id id;
    _Atomic bool is_stopping;
    size_t count;
    enum err_code code;
    enum blob_state state;
};

static enum err_code add_unused(struct db_tx *tx, void *context, struct err *err) {
    struct removal_test *test = context;
    return blob_add(tx, test->id.sha256, 9, 1000, err);
}

static enum err_code look_up_state(struct db_tx *tx, void *context, struct err *err) {
    struct removal_test *test = context;
    return blob_find_state(tx, test->id.sha256, &test->state, err);
}

static enum err_code link_again(struct db_tx *tx, void *context, struct err *err) {
    struct removal_test *test = context;
    TRY(upload_check_stored(tx, &test->f->app, &test->id, err));
    return blob_add(tx, test->id.sha256, 9, 2000, err);
}

/* As a server leaves it that died before it was done, half an hour ago. */
static enum err_code leave_mark(struct db_tx *tx, void *context, struct err *err) {
    struct removal_test *test = context;
    struct str sha256 = { (const char *)test->id.sha256, SHA256_BYTES };
    return db_exec(tx, DB_ARGS(DB_BLOB(sha256), DB_INT(-(clock_wall_ms() - 30 * 60 * 1000))),
                   "update blobs set created_at = $2 where sha256 = $1", err);
}

static void set_up_removal(struct removal_test *test, struct fixture *f) {
    test->f = f;
    hash_sha256(test->id.sha256, STR("forgotten"));
    start_bucket(&test->bucket);
    (void)setenv("AWS_ACCESS_KEY_ID", "an-id", 0);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "a secret", 0);
    struct str url = arena_printf(f->arena, "s3://bucket/p?endpoint=http://127.0.0.1:%u", test->bucket.port);
    assert_int_equal(s3_open(&test->s3, url, &f->err), OK);
    assert_int_equal(depot_open(&test->depot, arena_printf(f->arena, "%s/blobs", f->folder).ptr, test->s3, STR("blobs/"), &f->err), OK);
    f->app.blobs = blobs_create(test->depot);
    assert_int_equal(db_write(f->app.db, add_unused, test, &f->err), OK);
}

static void tear_down_removal(struct removal_test *test) {
    stop_bucket(&test->bucket);
    blobs_destroy(test->f->app.blobs);
    depot_close(test->depot);
    s3_close(test->s3);
}

static enum blob_state state_of(struct removal_test *test) {
    assert_int_equal(db_read(test->f->app.db, look_up_state, test, &test->f->err), OK);
    return test->state;
}

static void *collect_once(void *context) {
    struct removal_test *test = context;
    struct err err;
    test->code = cleaner_collect_blobs(&test->f->app, 0, &test->is_stopping, &test->count, &err);
    return NULL;
}

static void cleaner__lets_others_write_while_the_bucket_hangs(void **state) {
    struct removal_test test = { 0 };
    struct err err;
    pthread_t collector;
    set_up_removal(&test, *state);
    assert_int_equal(pthread_create(&collector, NULL, collect_once, &test), 0);
    (void)sem_wait(&test.bucket.asked);

    struct removal_test other = { .f = test.f };
    assert_int_equal(db_write(test.f->app.db, add_unused, &other, &err), OK);
    assert_int_equal(state_of(&test), BLOB_GOING);
    assert_int_equal(db_write(test.f->app.db, link_again, &test, &err), ERR_BUSY);
    assert_int_equal(db_write(test.f->app.db, add_unused, &test, &err), ERR_BUSY);

    (void)sem_post(&test.bucket.may_answer);
    (void)pthread_join(collector, NULL);
    assert_int_equal(test.code, OK);
    assert_int_equal(test.count, 1);
    assert_int_equal(state_of(&test), BLOB_GONE);
    assert_int_equal(db_write(test.f->app.db, link_again, &test, &err), OK); /* the bucket says that it is there */
    assert_int_equal(state_of(&test), BLOB_KEPT);
    tear_down_removal(&test);
}

static void cleaner__removes_again_what_was_left_half_done(void **state) {
    struct removal_test test = { 0 };
    pthread_t collector;
    set_up_removal(&test, *state);
    assert_int_equal(db_write(test.f->app.db, leave_mark, &test, &test.f->err), OK);
    assert_int_equal(pthread_create(&collector, NULL, collect_once, &test), 0);
    (void)sem_wait(&test.bucket.asked);
    (void)sem_post(&test.bucket.may_answer);
    (void)pthread_join(collector, NULL);
    assert_int_equal(test.count, 1);
    assert_int_equal(state_of(&test), BLOB_GONE);
    tear_down_removal(&test);
}

static enum err_code mark_just_now(struct db_tx *tx, void *context, struct err *err) {
    struct removal_test *test = context;
    int64_t now_ms = clock_wall_ms();
    const struct blob_ages ages = { now_ms, 0, 0 };
    bool is_marked;
    TRY(blob_mark(tx, (struct str){ (const char *)test->id.sha256, SHA256_BYTES }, &ages, now_ms, &is_marked, err));
    return is_marked ? OK : err_set(err, ERR_INTERNAL, "not marked");
}

static void cleaner__leaves_alone_what_another_is_at(void **state) {
    struct removal_test test = { 0 };
    set_up_removal(&test, *state);
    assert_int_equal(db_write(test.f->app.db, mark_just_now, &test, &test.f->err), OK);
    (void)collect_once(&test);
    assert_int_equal(test.code, OK);
    assert_int_equal(test.count, 0);
    assert_int_equal(state_of(&test), BLOB_GOING);
    tear_down_removal(&test);
}

/* ---- files whose parts were sent and that were never put together ---- */

static void gather_one(struct race *race, int64_t artifact_id, int64_t made_ms) {
    struct gather *gather;
    struct str name = arena_printf(race->arena, "%lld-%lld-digest", (long long)artifact_id, (long long)made_ms);
    assert_int_equal(gather_open(&gather, race->f->app.blobs, name, true, &race->f->err), OK);
    gather_close(gather);
}

static bool is_gathered(struct race *race, int64_t artifact_id, int64_t made_ms) {
    struct gather *gather = NULL;
    struct str name = arena_printf(race->arena, "%lld-%lld-digest", (long long)artifact_id, (long long)made_ms);
    enum err_code code = gather_open(&gather, race->f->app.blobs, name, false, &race->f->err);
    gather_close(gather);
    assert_true(code == OK || code == ERR_NOT_FOUND);
    return code == OK;
}

static enum err_code make_draft(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    TRY(make_collection(tx, race, err));
    return begin(tx, race, err);
}

static enum err_code delete_draft(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    return artifact_delete(tx, race->artifact_id, race->now_ms, err);
}

static void cleaner__removes_parts_whose_draft_is_gone(void **state) {
    struct race race = { .f = *state, .arena = arena_create(), .now_ms = 5000 };
    struct depot *depot;
    const char *folder = arena_printf(race.arena, "%s/blobs", race.f->folder).ptr;
    assert_int_equal(depot_open(&depot, folder, NULL, STR_EMPTY, &race.f->err), OK);
    race.f->app.blobs = blobs_create(depot);
    assert_int_equal(db_write(race.f->app.db, make_draft, &race, &race.f->err), OK);
    gather_one(&race, race.artifact_id, 5000);
    gather_one(&race, race.artifact_id, 4999); /* of a draft that had the same number */
    gather_one(&race, race.artifact_id + 1, 5000);
    cleaner_sweep_gathered(&race.f->app, 60000);
    assert_true(is_gathered(&race, race.artifact_id, 5000));
    assert_false(is_gathered(&race, race.artifact_id, 4999));
    assert_false(is_gathered(&race, race.artifact_id + 1, 5000));
    cleaner_sweep_gathered(&race.f->app, -60000); /* nothing was added for so long */
    assert_false(is_gathered(&race, race.artifact_id, 5000));
    gather_one(&race, race.artifact_id, 5000);
    assert_int_equal(db_write(race.f->app.db, delete_draft, &race, &race.f->err), OK);
    cleaner_sweep_gathered(&race.f->app, 60000);
    assert_false(is_gathered(&race, race.artifact_id, 5000));
    blobs_destroy(race.f->app.blobs);
    depot_close(depot);
    arena_destroy(race.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(cleaner__removes_parts_whose_draft_is_gone),
        API_TEST(cleaner__never_takes_bytes_that_a_commit_relies_on),
        API_TEST(cleaner__never_takes_bytes_from_the_database_that_a_commit_relies_on),
        API_TEST(cleaner__lets_others_write_while_the_bucket_hangs),
        API_TEST(cleaner__removes_again_what_was_left_half_done),
        API_TEST(cleaner__leaves_alone_what_another_is_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
