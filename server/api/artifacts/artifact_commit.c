/* artifact_commit.c - see artifact_commit.h. */
#include "server/api/artifacts/artifact_commit.h"

#include "base/clock.h"
#include "base/file.h"
#include "server/api/artifacts/artifact_alias.h"
#include "server/api/artifacts/artifact_manifest.h"
#include "server/api/artifacts/arrived.h"
#include "server/api/runs/upload.h"
#include "server/blobs/blobs.h"
#include "server/store/artifacts/artifact_reference.h"
#include "server/store/projects/removal.h"

#include <unistd.h>

/* So many entries are linked in one transaction: a million at once would hold up every other writer for seconds. */
enum { ENTRIES_PER_PORTION = 5000 };

/* All that the draft uploaded, read once a transaction, where the manifest has another path than the upload had. */
struct uploads {
    struct arena *arena;
    struct list by_md5; /* of struct artifact_upload */
    bool is_loaded;
};

struct commit {
    struct identity *identity;
    struct app *app;
    struct arena *arena;
    int64_t artifact_id;
    struct artifact *artifact;
    struct list manifests; /* that were uploaded, of struct artifact_manifest */
    struct list entries;   /* of struct artifact_file */
    int64_t *targets;      /* the versions that they refer to */
    size_t target_count;
    int64_t leftover_count; /* entries that a commit linked that was cut off, by a restart or its asker's patience */
    size_t first, end;     /* the portion of them that is worked on */
    struct uploads uploads;
    bool *is_missing;      /* of each entry: whether its bytes are not known here */
    int64_t size_bytes;
    uint64_t manifest_bytes; /* of all that were uploaded */
    struct blob_facts manifest_blob;
};

/* ---- reading ---- */

static enum err_code find_draft(struct db_tx *tx, struct commit *commit, struct err *err) {
    TRY(artifact_get(tx, commit->artifact_id, commit->arena, &commit->artifact, err));
    if (access_check_in(tx, commit->identity, &commit->artifact->owner, CAN_WRITE, err) != OK)
        return err->code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such artifact") : err->code;
    return commit->artifact->state == ARTIFACT_DELETED ? err_set(err, ERR_NOT_FOUND, "there is no such artifact") : OK;
}

static enum err_code load_draft(struct db_tx *tx, void *context, struct err *err) {
    struct commit *commit = context;
    TRY(find_draft(tx, commit, err));
    TRY(artifact_file_count(tx, commit->artifact_id, &commit->leftover_count, err));
    return artifact_manifest_list(tx, commit->artifact_id, commit->arena, &commit->manifests, err);
}

static enum err_code read_manifest(struct commit *commit, const struct artifact_manifest *manifest, struct err *err) {
    struct blob_id id;
    uint64_t size_bytes;
    int fd;
    memcpy(id.sha256, manifest->sha256, SHA256_BYTES);
    TRY(blobs_read(commit->app->blobs, &id, &fd, &size_bytes, err));
    char *text = NULL;
    enum err_code code = OK;
    commit->manifest_bytes += size_bytes;
    if (size_bytes > MANIFEST_MAX_BYTES || commit->manifest_bytes > MANIFEST_MAX_BYTES) {
        code = err_set(err, ERR_TOO_LARGE, "the artifact's manifests are larger than %d bytes", MANIFEST_MAX_BYTES);
    } else {
        text = arena_alloc(commit->arena, size_bytes + 1);
        code = file_read_at(fd, text, size_bytes, 0, "a manifest", err);
    }
    (void)close(fd);
    if (code != OK)
        return code;
    return artifact_manifest_parse((struct str){ text, size_bytes }, &commit->entries, commit->arena, err);
}

static const struct artifact_manifest *last_full(const struct list *manifests) {
    for (size_t i = manifests->count; i > 0; i--) {
        const struct artifact_manifest *manifest = manifests->items[i - 1];
        if (str_eq(manifest->kind, STR("FULL")))
            return manifest;
    }
    return NULL;
}

static const struct artifact_manifest *first_incremental(const struct list *manifests) {
    for (size_t i = 0; i < manifests->count; i++)
        if (str_eq(((const struct artifact_manifest *)manifests->items[i])->kind, STR("INCREMENTAL")))
            return manifests->items[i];
    return NULL;
}

struct base_reading {
    struct commit *commit;
    int64_t base_id;
};

/* What an incremental manifest adds to. */
static enum err_code add_base(struct db_tx *tx, void *context, struct err *err) {
    struct base_reading *reading = context;
    struct commit *commit = reading->commit;
    struct artifact *base;
    struct list files;
    TRY(artifact_get(tx, reading->base_id, commit->arena, &base, err));
    if (base->collection_id != commit->artifact->collection_id)
        return err_set(err, ERR_BAD_INPUT, "the base of an incremental artifact is a version of the same collection");
    /* A draft, this one above all, has no files yet, and of a deleted version some may be left. */
    if (base->state != ARTIFACT_COMMITTED)
        return err_set(err, ERR_BAD_INPUT, base->id == commit->artifact_id ? "an artifact cannot be its own base: that would be a circle"
                                                                           : "the base of an incremental artifact is not, or no longer, a version");
    TRY(artifact_file_list(tx, base->id, STR_EMPTY, MANIFEST_MAX_ENTRIES, NULL, 0, commit->arena, &files, err));
    for (size_t i = 0; i < files.count; i++)
        list_add(&commit->entries, files.items[i], commit->arena);
    return OK;
}

/* A full manifest alone; or the base and what was added; or what each writer of a distributed artifact patched in. */
static enum err_code read_manifests(struct commit *commit, struct err *err) {
    const struct artifact_manifest *full = last_full(&commit->manifests), *incremental = first_incremental(&commit->manifests);
    if (incremental != NULL) {
        struct base_reading base = { commit, incremental->base_id != 0 ? incremental->base_id : commit->artifact->base_id };
        if (base.base_id != 0)
            TRY(db_read(commit->app->db, add_base, &base, err));
    }
    if (full != NULL)
        TRY(read_manifest(commit, full, err));
    for (size_t i = 0; i < commit->manifests.count; i++) {
        const struct artifact_manifest *manifest = commit->manifests.items[i];
        if (!str_eq(manifest->kind, STR("FULL")))
            TRY(read_manifest(commit, manifest, err));
    }
    artifact_manifest_merge(&commit->entries, commit->arena);
    return OK;
}

/* ---- possession ---- */

static enum err_code find_md5(const struct commit *commit, const struct artifact_file *file, const unsigned char **out, struct err *err) {
    struct str md5;
    if (!hash_from_base64(file->digest, &md5, commit->arena) || md5.len != MD5_BYTES)
        return err_set(err, ERR_BAD_INPUT, "the digest of '%.*s' is not an md5 in base64", STR_ARG(str_slice(file->path, 0, 200)));
    *out = (const unsigned char *)md5.ptr;
    return OK;
}

static enum err_code load_uploads(struct db_tx *tx, struct commit *commit, struct err *err) {
    struct uploads *uploads = &commit->uploads;
    if (uploads->is_loaded)
        return OK;
    arena_reset(uploads->arena);
    TRY(artifact_upload_list(tx, commit->artifact_id, uploads->arena, &uploads->by_md5, err));
    uploads->is_loaded = true;
    return OK;
}

static enum err_code find_under_any_path(struct db_tx *tx, struct commit *commit, const unsigned char *digest, struct artifact_blob *out,
                                         struct err *err) {
    TRY(load_uploads(tx, commit, err));
    const struct list *uploads = &commit->uploads.by_md5;
    size_t first = 0, end = uploads->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        const struct artifact_upload *upload = uploads->items[middle];
        if (memcmp(upload->md5, digest, MD5_BYTES) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    const struct artifact_upload *found = first < uploads->count ? uploads->items[first] : NULL;
    if (found == NULL || memcmp(found->md5, digest, MD5_BYTES) != 0)
        return err_set(err, ERR_NOT_FOUND, "these bytes were not uploaded");
    *out = found->blob;
    return OK;
}

static enum err_code find_blob(struct db_tx *tx, struct commit *commit, const struct artifact_file *file, const unsigned char *digest,
                               struct artifact_blob *out, struct err *err) {
    enum err_code code = artifact_upload_find(tx, commit->artifact_id, file->path, digest, out, err);
    if (code == ERR_NOT_FOUND)
        code = project_blob_find(tx, commit->artifact->owner.project_id, digest, out, err);
    return code == ERR_NOT_FOUND ? find_under_any_path(tx, commit, digest, out, err) : code;
}

static enum err_code find_bytes(struct db_tx *tx, struct commit *commit, struct artifact_file *file, struct err *err) {
    const unsigned char *digest;
    struct artifact_blob blob;

    TRY(find_md5(commit, file, &digest, err));
    enum err_code code = find_blob(tx, commit, file, digest, &blob, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_BAD_INPUT, "the manifest lists '%.*s', whose bytes were not uploaded",
                       STR_ARG(str_slice(file->path, 0, 200)));
    if (code != OK)
        return code;
    memcpy(file->sha256, blob.sha256, SHA256_BYTES);
    file->has_blob = true;
    file->size_bytes = blob.size_bytes;
    file->birth_artifact_id = blob.birth_artifact_id;
    return OK;
}

static enum err_code find_portion(struct db_tx *tx, void *context, struct err *err) {
    struct commit *commit = context;
    commit->uploads.is_loaded = false;
    for (size_t i = commit->first; i < commit->end; i++) {
        struct artifact_file *file = commit->entries.items[i];
        file->artifact_id = commit->artifact_id;
        if (file->ref.ptr == NULL)
            TRY(find_bytes(tx, commit, file, err));
    }
    return OK;
}

typedef enum err_code run_work(struct db *db, db_work *work, void *context, struct err *err);

/* All portions but the last when leaves_last: that one belongs to the transaction that commits. */
static enum err_code run_in_portions(struct commit *commit, run_work *run, db_work *work, bool leaves_last, struct err *err) {
    size_t count = commit->entries.count;
    commit->first = 0;
    commit->end = count < ENTRIES_PER_PORTION ? count : ENTRIES_PER_PORTION;
    while (commit->end < count || (!leaves_last && commit->first < commit->end)) {
        TRY(run(commit->app->db, work, commit, err));
        commit->first = commit->end;
        commit->end = count - commit->first < ENTRIES_PER_PORTION ? count : commit->first + ENTRIES_PER_PORTION;
    }
    return OK;
}

static enum err_code find_missing(struct db_tx *tx, void *context, struct err *err) {
    struct commit *commit = context;
    commit->uploads.is_loaded = false;
    for (size_t i = commit->first; i < commit->end; i++) {
        const struct artifact_file *file = commit->entries.items[i];
        const unsigned char *digest;
        struct artifact_blob blob;
        if (file->ref.ptr != NULL)
            continue;
        TRY(find_md5(commit, file, &digest, err));
        enum err_code code = find_blob(tx, commit, file, digest, &blob, err);
        if (code != OK && code != ERR_NOT_FOUND)
            return code;
        commit->is_missing[i] = code == ERR_NOT_FOUND;
    }
    return OK;
}

/* What clients put into the bucket themselves. */
static enum err_code take_arrived(struct commit *commit, struct err *err) {
    size_t count = commit->entries.count, missing_count = 0;
    if (!arrived_is_possible(commit->app))
        return OK;
    commit->is_missing = ARENA_ARRAY(commit->arena, bool, count + 1);
    TRY(run_in_portions(commit, db_read, find_missing, false, err));
    struct arrived_file *missing = ARENA_ARRAY(commit->arena, struct arrived_file, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct artifact_file *file = commit->entries.items[i];
        const unsigned char *digest;
        if (!commit->is_missing[i])
            continue;
        TRY(find_md5(commit, file, &digest, err));
        missing[missing_count].path = file->path;
        memcpy(missing[missing_count++].md5, digest, MD5_BYTES);
    }
    return arrived_take(commit->identity, commit->artifact, missing, missing_count, err);
}

static enum err_code add_sizes(struct commit *commit, struct err *err) {
    commit->size_bytes = 0;
    for (size_t i = 0; i < commit->entries.count; i++) {
        const struct artifact_file *file = commit->entries.items[i];
        /* The sizes of references are what the client says. */
        if (__builtin_add_overflow(commit->size_bytes, file->size_bytes, &commit->size_bytes))
            return err_set(err, ERR_BAD_INPUT, "the sizes of the manifest's entries are more than any store holds");
    }
    return OK;
}

/* The manifest that clients download says which version first held each file's bytes. */
static enum err_code write_manifest(struct commit *commit, struct err *err) {
    struct buf text = BUF_INIT(MANIFEST_MAX_BYTES);
    struct blob_writer *writer = NULL;
    enum err_code code = artifact_manifest_write(&commit->entries, &text, err);
    if (code == OK)
        code = blob_writer_create(&writer, commit->app->blobs, err);
    if (code == OK)
        code = blob_writer_add(writer, buf_str(&text), err);
    if (code == OK) {
        code = blob_writer_finish(writer, &commit->manifest_blob, err);
        writer = NULL;
    }
    blob_writer_cancel(writer);
    buf_finish(&text);
    return code;
}

/* ---- the transaction ---- */

static enum err_code link_file(struct db_tx *tx, const struct commit *commit, const struct artifact_file *file, struct err *err) {
    struct artifact_blob blob = { .size_bytes = file->size_bytes, .birth_artifact_id = file->birth_artifact_id };
    struct str md5;
    TRY(artifact_file_add(tx, file, err));
    if (!file->has_blob || !hash_from_base64(file->digest, &md5, commit->arena))
        return OK;
    memcpy(blob.sha256, file->sha256, SHA256_BYTES);
    return project_blob_link(tx, commit->artifact->owner.project_id, (const unsigned char *)md5.ptr, &blob, err);
}

static enum err_code move_aliases(struct db_tx *tx, struct commit *commit, struct err *err) {
    struct json_value *aliases = NULL;
    if (commit->artifact->pending_aliases.ptr != NULL)
        TRY(json_parse(&aliases, commit->artifact->pending_aliases, JSON_STRICT, commit->arena, err));
    TRY(artifact_alias_apply(tx, commit->identity, commit->artifact, aliases, err));
    return artifact_alias_set_latest(tx, commit->identity, commit->artifact->collection_id, commit->artifact_id, err);
}

/* Again, now that nothing can change: since the reading a blob may have lost its last link. What is linked is held from
 * here on, also while the version is still a draft. */
static enum err_code link_portion(struct db_tx *tx, void *context, struct err *err) {
    struct commit *commit = context;
    TRY(find_draft(tx, commit, err));
    if (commit->artifact->state == ARTIFACT_COMMITTED)
        return OK;
    TRY(find_portion(tx, commit, err));
    for (size_t i = commit->first; i < commit->end; i++)
        TRY(link_file(tx, commit, commit->entries.items[i], err));
    return OK;
}

struct clearing {
    struct commit *commit;
    int64_t removed;
};

static enum err_code clear_portion(struct db_tx *tx, void *context, struct err *err) {
    struct clearing *clearing = context;
    clearing->removed = 0;
    TRY(find_draft(tx, clearing->commit, err));
    if (clearing->commit->artifact->state == ARTIFACT_COMMITTED)
        return OK;
    return artifact_file_remove_some(tx, clearing->commit->artifact_id, ENTRIES_PER_PORTION, &clearing->removed, err);
}

static enum err_code clear_leftovers(struct commit *commit, struct err *err) {
    struct clearing clearing = { .commit = commit };
    do
        TRY(db_write(commit->app->db, clear_portion, &clearing, err));
    while (clearing.removed == ENTRIES_PER_PORTION);
    return OK;
}

static enum err_code check_all_are_linked(struct db_tx *tx, const struct commit *commit, struct err *err) {
    int64_t count;
    TRY(artifact_file_count(tx, commit->artifact_id, &count, err));
    return count == (int64_t)commit->entries.count
               ? OK
               : err_set(err, ERR_BUSY, "the artifact is being committed by two requests at once; try again");
}

static enum err_code drop_draft(struct db_tx *tx, const struct commit *commit, int64_t now_ms, struct err *err) {
    if (commit->entries.count > ENTRIES_PER_PORTION)
        return removal_add(tx, REMOVAL_DRAFT, commit->artifact_id, now_ms, err);
    return artifact_drop_draft(tx, commit->artifact_id, err);
}

static enum err_code commit_in(struct db_tx *tx, void *context, struct err *err) {
    struct commit *commit = context;
    int64_t now_ms = clock_wall_ms();
    TRY(link_portion(tx, commit, err));
    if (commit->artifact->state == ARTIFACT_COMMITTED)
        return OK;
    TRY(upload_check_stored(tx, commit->app, &commit->manifest_blob.id, err));
    TRY(check_all_are_linked(tx, commit, err));
    TRY(artifact_reference_add_all(tx, commit->artifact_id, commit->targets, commit->target_count, err));
    TRY(artifact_manifest_blob_set(tx, commit->artifact_id, commit->manifest_blob.id.sha256,
                                   (int64_t)commit->manifest_blob.size_bytes, now_ms, err));
    struct str digest = artifact_manifest_digest(&commit->entries, commit->arena);
    TRY(artifact_load_texts(tx, commit->artifact, commit->arena, err)); /* the commit clears the aliases that wait for it */
    TRY(artifact_commit(tx, commit->artifact, digest, commit->size_bytes, (int64_t)commit->entries.count, now_ms, err));
    TRY(move_aliases(tx, commit, err));
    TRY(drop_draft(tx, commit, now_ms, err));
    if (commit->artifact->run_id == 0)
        return OK;
    return artifact_add_output(tx, commit->artifact->run_id, commit->artifact_id, now_ms, err);
}

/* Whoever is referred to looks for a circle when it is committed: nobody does that to the drafts of others, nor to versions that
 * are still to come. What the asker may not see is like what is gone: manifests may name it, and nothing is noted of it. */
static enum err_code check_target(struct db_tx *tx, struct commit *commit, int64_t id, struct arena *arena, struct err *err) {
    struct artifact *target;
    enum err_code code = artifact_get(tx, id, arena, &target, err);
    if (code == OK)
        code = access_check_in(tx, commit->identity, &target->owner, CAN_READ, err);
    if (code == ERR_NOT_FOUND && id < commit->artifact_id)
        return OK;
    if (code == OK && target->state == ARTIFACT_PENDING && target->owner.project_id != commit->artifact->owner.project_id)
        code = ERR_NOT_FOUND;
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_BAD_INPUT, "the manifest refers to a file of a version that is not there");
    TRY(code);
    commit->targets[commit->target_count++] = id;
    return OK;
}

static enum err_code check_targets(struct db_tx *tx, void *context, struct err *err) {
    struct commit *commit = context;
    struct arena *scratch = arena_create();
    enum err_code code = OK;
    size_t count;
    const int64_t *targets = artifact_manifest_targets(&commit->entries, &count, commit->arena);
    commit->targets = ARENA_ARRAY(commit->arena, int64_t, count);
    commit->target_count = 0;
    for (size_t i = 0; code == OK && i < count; i++) {
        code = check_target(tx, commit, targets[i], scratch, err);
        arena_reset(scratch);
    }
    arena_destroy(scratch);
    return code;
}

static enum err_code commit_pending(struct commit *commit, struct err *err) {
    TRY(read_manifests(commit, err));
    TRY(take_arrived(commit, err));
    TRY(db_read(commit->app->db, check_targets, commit, err));
    TRY(run_in_portions(commit, db_read, find_portion, false, err));
    TRY(add_sizes(commit, err));
    TRY(write_manifest(commit, err));
    if (commit->leftover_count > 0)
        TRY(clear_leftovers(commit, err));
    TRY(run_in_portions(commit, db_write, link_portion, true, err));
    return db_write(commit->app->db, commit_in, commit, err);
}

enum err_code artifact_commit_draft(struct identity *identity, int64_t artifact_id, struct artifact **out, struct err *err) {
    struct commit commit = { .identity = identity, .app = identity->app, .arena = identity->arena, .artifact_id = artifact_id };
    TRY(db_read(commit.app->db, load_draft, &commit, err));
    *out = commit.artifact;
    if (commit.artifact->state != ARTIFACT_PENDING)
        return OK;
    commit.uploads.arena = arena_create();
    enum err_code code = commit_pending(&commit, err);
    arena_destroy(commit.uploads.arena);
    *out = commit.artifact;
    return code;
}
