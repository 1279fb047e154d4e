/* backup.c - see backup.h. */
#include "server/api/backup.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/tar.h"
#include "server/api/app.h"
#include "server/api/identity.h"
#include "server/blobs/depot.h"
#include "server/store/accounts/audit.h"
#include "server/store/db/data_folder.h"
#include "server/store/db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 * 1024, SUM_LINE_MAX = SHA256_HEX_LEN + 2 + TAR_NAME_MAX + 2 };

struct backup {
    struct backup_source source;
    struct arena *arena;
    struct arena *lasting;
    char *copy;        /* of the database */
    int sums_fd;       /* a file without a name */
    FTS *tree;         /* the folder that is being walked */
    size_t next_fixed, next_folder;
    bool has_sent_about, has_sent_sums;
    /* the file that is being sent */
    int fd;
    uint64_t left;
    struct tar_entry entry;
    struct hash_stream *hash;
};

/* ---- what is sent, in this order ---- */

static const char *const fixed[] = { "secret.key", "admin.key", "barograph.db" };
static const char *const folders[] = { "blobs", "history" };

static const char *path_of_fixed(const struct backup *backup, const char *name) {
    if (strcmp(name, "barograph.db") == 0)
        return backup->copy;
    return data_folder_file(backup->source.folder, name, backup->arena);
}

static enum err_code begin_file(struct backup *backup, const char *path, const char *name, struct err *err) {
    struct stat facts;

    TRY(file_open(&backup->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0, err));
    if (fstat(backup->fd, &facts) != 0)
        return err_set_errno(err, errno, "cannot read '%s'", name);
    backup->entry = (struct tar_entry){ .size_bytes = (uint64_t)facts.st_size, .mode = 0600, .modified_s = facts.st_mtim.tv_sec };
    (void)snprintf(backup->entry.name, sizeof backup->entry.name, "%s", name);
    backup->left = backup->entry.size_bytes;
    backup->hash = hash_stream_create_sha256();
    return OK;
}

/* The next of the folders' files; fd stays -1 when there is none. */
static enum err_code begin_next_in_folders(struct backup *backup, struct err *err) {
    FTSENT *entry;

    while (backup->tree != NULL || backup->next_folder < sizeof folders / sizeof folders[0]) {
        if (backup->tree == NULL) {
            char *const roots[] = { (char *)data_folder_file(backup->source.folder, folders[backup->next_folder++], backup->arena), NULL };
            backup->tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
            if (backup->tree == NULL)
                return err_set_errno(err, errno, "cannot read the folder '%s'", roots[0]);
        }
        while ((entry = fts_read(backup->tree)) != NULL) {
            if (entry->fts_info == FTS_D && entry->fts_level == 1 && strcmp(entry->fts_name, "staged") == 0)
                (void)fts_set(backup->tree, entry, FTS_SKIP);
            if (entry->fts_info == FTS_F) {
                const char *root = data_folder_file(backup->source.folder, "", backup->arena);
                return begin_file(backup, entry->fts_path, entry->fts_path + strlen(root), err);
            }
        }
        (void)fts_close(backup->tree);
        backup->tree = NULL;
    }
    return OK;
}

/* What we wrote ourselves; the fd is the backup's from now on. */
static enum err_code begin_own(struct backup *backup, int fd, const char *name, struct err *err) {
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    backup->fd = fd;
    if (size < 0 || lseek(fd, 0, SEEK_SET) != 0)
        return err_set_errno(err, errno, "cannot read %s of a backup", name);
    backup->entry = (struct tar_entry){ .size_bytes = (uint64_t)size, .mode = 0600, .modified_s = clock_wall_ms() / 1000 };
    (void)snprintf(backup->entry.name, sizeof backup->entry.name, "%s", name);
    backup->left = backup->entry.size_bytes;
    backup->hash = hash_stream_create_sha256();
    return OK;
}

static enum err_code begin_about(struct backup *backup, struct err *err) {
    char made[CLOCK_ISO_MAX], name[] = "barograph-backup.json";
    int fd = memfd_create(name, MFD_CLOEXEC);
    clock_format_iso(made, clock_wall_ms());
    struct str text = arena_printf(backup->arena, "{\"format\": %d, \"program\": \"%s\", \"made_at\": \"%s\"}\n", BACKUP_FORMAT,
                                   BAROGRAPH_VERSION, made);
    backup->has_sent_about = true;
    if (fd >= 0)
        TRY(file_write_all(fd, text, name, err));
    return begin_own(backup, fd, name, err);
}

/* fd stays -1 when everything was sent. */
static enum err_code begin_next(struct backup *backup, struct err *err) {
    if (!backup->has_sent_about)
        return begin_about(backup, err);
    while (backup->next_fixed < sizeof fixed / sizeof fixed[0]) {
        const char *name = fixed[backup->next_fixed++];
        enum err_code code = begin_file(backup, path_of_fixed(backup, name), name, err);
        if (code != ERR_NOT_FOUND) /* the first key may have been put away */
            return code;
    }
    TRY(begin_next_in_folders(backup, err));
    if (backup->fd >= 0 || backup->has_sent_sums)
        return OK;
    backup->has_sent_sums = true;
    return begin_own(backup, dup(backup->sums_fd), "SHA256SUMS", err);
}

/* ---- sending ---- */

static enum err_code note_sum(struct backup *backup, const unsigned char digest[SHA256_BYTES], const char *name, struct err *err) {
    char line[SUM_LINE_MAX];
    struct str hex = hash_hex(digest, SHA256_BYTES, backup->arena);
    int len = snprintf(line, sizeof line, "%.*s  %s\n", STR_ARG(hex), name);
    arena_reset(backup->arena);
    return file_write_all(backup->sums_fd, (struct str){ line, (size_t)len }, "the digests of a backup", err);
}

static enum err_code end_file(struct backup *backup, struct buf *piece, struct err *err) {
    unsigned char sha256[SHA256_BYTES];

    tar_append_padding(piece, backup->entry.size_bytes);
    hash_stream_end(backup->hash, sha256, NULL);
    hash_stream_destroy(backup->hash);
    backup->hash = NULL;
    (void)close(backup->fd);
    backup->fd = -1;
    return backup->has_sent_sums ? OK : note_sum(backup, sha256, backup->entry.name, err);
}

static enum err_code copy_piece(struct backup *backup, struct buf *piece, struct err *err) {
    size_t want = backup->left < PIECE_BYTES ? (size_t)backup->left : PIECE_BYTES;
    char *room = buf_reserve(piece, want);
    if (room == NULL)
        return buf_check(piece, "a piece of a backup", err);
    ssize_t len = read(backup->fd, room, want);
    if (len <= 0 && want > 0)
        return err_set(err, ERR_IO, "'%s' ended while it was copied", backup->entry.name);
    hash_stream_add(backup->hash, (struct str){ room, (size_t)len });
    buf_commit(piece, (size_t)len);
    backup->left -= (size_t)len;
    return backup->left == 0 ? end_file(backup, piece, err) : OK;
}

enum err_code backup_produce(struct backup *backup, struct buf *piece, bool *is_last, struct err *err) {
    *is_last = false;
    while (piece->len < PIECE_BYTES) {
        if (backup->fd < 0) {
            TRY(begin_next(backup, err));
            if (backup->fd < 0) {
                tar_append_end(piece);
                *is_last = true;
                return OK;
            }
            TRY(tar_append_head(piece, &backup->entry, err));
        }
        TRY(copy_piece(backup, piece, err));
    }
    return OK;
}

/* ---- beginning and ending ---- */

static enum err_code open_sums(struct backup *backup, struct err *err) {
    backup->sums_fd = open(data_folder_file(backup->source.folder, "", backup->arena), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return backup->sums_fd >= 0 ? OK : err_set_errno(err, errno, "cannot make a file for the digests of a backup");
}

static enum err_code check_source(const struct backup_source *source, struct err *err) {
    if (depot_is_remote(source->blobs))
        return err_set(err, ERR_NOT_OFFERED, "files that live in a bucket are backed up there, by versions or replication");
    return OK;
}

enum err_code backup_begin(struct backup **out, const struct backup_source *source, struct err *err) {
    int copy_fd;

    TRY(check_source(source, err));
    struct backup *backup = calloc(1, sizeof *backup);
    if (backup == NULL)
        log_fatal("out of memory: cannot begin a backup");
    backup->source = *source;
    backup->arena = arena_create();
    backup->lasting = arena_create();
    backup->fd = backup->sums_fd = -1;
    depot_hold(source->blobs);
    depot_hold(source->history);
    enum err_code code = depot_stage(source->blobs, &copy_fd, &backup->copy, backup->lasting, err);
    if (code == OK) {
        (void)close(copy_fd);
        code = db_copy(source->db, backup->copy, err);
    }
    if (code == OK)
        code = open_sums(backup, err);
    if (code != OK) {
        backup_end(backup);
        return code;
    }
    *out = backup;
    return OK;
}

void backup_end(struct backup *backup) {
    if (backup == NULL)
        return;
    depot_let_go(backup->source.history);
    depot_let_go(backup->source.blobs);
    if (backup->tree != NULL)
        (void)fts_close(backup->tree);
    if (backup->hash != NULL)
        hash_stream_destroy(backup->hash);
    if (backup->fd >= 0)
        (void)close(backup->fd);
    if (backup->sums_fd >= 0)
        (void)close(backup->sums_fd);
    if (backup->copy != NULL)
        (void)unlink(backup->copy);
    arena_destroy(backup->lasting);
    arena_destroy(backup->arena);
    free(backup);
}

/* ---- over HTTP ---- */

static enum err_code produce(void *state, struct buf *piece, bool *is_last, struct err *err) {
    return backup_produce(state, piece, is_last, err);
}

static void end(void *state) {
    backup_end(state);
}

/* Who has all there is, the secrets too, can be told afterwards. */
static enum err_code note_export(struct db_tx *tx, void *context, struct err *err) {
    const struct http_call *call = context;
    struct actor actor = identity_actor(http_identity(call));
    return audit_add(tx, &actor, "server.backup", 0, STR("all"), err);
}

enum err_code backup_answer(struct http_call *call, struct err *err) {
    static const struct http_producer producer = { produce, end };
    const struct app *app = call->app;
    struct backup *backup;

    const struct backup_source source = { app->folder, app->db, app->blob_depot, app->history_depot };
    TRY(check_source(&source, err));
    TRY(db_write(app->db, note_export, call, err));
    TRY(backup_begin(&backup, &source, err));
    http_set_type(call, STR("application/x-tar"));
    http_send_stream(call, &producer, backup);
    return OK;
}
