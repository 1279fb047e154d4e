/* test_cleaner.c - the collector of blobs beside commits that share their bytes: no version ever loses any. */
#include "server/cleaner.h"

#include "server/api/artifacts/artifact_commit.h"
#include "server/api/identity.h"
#include "server/blobs/blobs.h"
#include "server/blobs/depot.h"
#include "server/store/artifact_file.h"
#include "server/store/removal.h"
#include "tests/unit/server/api/api_fixture.h"

#include <stdlib.h>

/* BAROGRAPH_TEST_COMMITS=10000 makes a long race of it. Some contents only, so that most files of a version are there already, or are just being collected. */
enum { COMMITS = 150, FILES = 4, CONTENTS = 12, VERSIONS_KEPT = 2, TRIES_MAX = 1000 };

struct race {
    struct fixture *f;
    struct arena *arena; /* of one commit */
    struct collection *collection;
    int64_t artifact_id, manifest_id, oldest_kept;
    int contents[FILES];
    struct blob_facts facts;
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
    assert_int_equal(blob_writer_finish(writer, &race->facts, &race->f->err), OK);
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
    if (!blobs_has(race->f->app.blobs, &race->facts.id))
        return err_set(err, ERR_BUSY, "collected");
    return artifact_upload_store(tx, race->artifact_id, path_of(race, race->file), race->facts.md5, race->facts.id.sha256,
                                 (int64_t)race->facts.size_bytes, race->now_ms, err);
}

static enum err_code store_manifest(struct db_tx *tx, void *context, struct err *err) {
    struct race *race = context;
    if (!blobs_has(race->f->app.blobs, &race->facts.id))
        return err_set(err, ERR_BUSY, "collected");
    return artifact_manifest_store(tx, race->manifest_id, race->facts.id.sha256, (int64_t)race->facts.size_bytes, race->now_ms, err);
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

static void cleaner__never_takes_bytes_that_a_commit_relies_on(void **state) {
    struct fixture *f = *state;
    struct race race = { .f = f, .arena = arena_create(), .now_ms = 1000 };
    const char *wish = getenv("BAROGRAPH_TEST_COMMITS");
    int commit_count = wish != NULL ? (int)strtol(wish, NULL, 10) : COMMITS;
    int64_t kept[VERSIONS_KEPT];
    pthread_t collector;

    struct depot *depot;
    assert_int_equal(depot_open(&depot, arena_printf(f->arena, "%s/blobs", f->folder).ptr, NULL, STR_EMPTY, &f->err), OK);
    f->app.blobs = blobs_create(depot);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(cleaner__never_takes_bytes_that_a_commit_relies_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
