/* verify.c - barograph verify: reads everything that is on disk and says what is not as it should be. */
#include "cli/command.h"

#include "server/blobs/blobs.h"
#include "server/history/verify.h"
#include "server/server.h"
#include "server/store/db/data_folder.h"
#include "server/store/projects/inventory.h"
#include "server/stores.h"

#include <stddef.h>
#include <unistd.h>

enum { PAGE_ROWS = 1000, READ_BYTES = 1 << 18, COMPLAINTS_SHOWN_MAX = 1000 };

struct verify_options {
    struct str data, database, blobs;
    bool force;
};

static const struct option option_rows[] = {
    { "blobs", "URL", OPTION_TEXT, false, offsetof(struct verify_options, blobs), NULL, "the data folder by default" },
    { "data", "DIR", OPTION_TEXT, false, offsetof(struct verify_options, data), NULL, "the data folder (default $XDG_DATA_HOME/barograph)" },
    { "database", "URL", OPTION_TEXT, false, offsetof(struct verify_options, database), NULL, "SQLite inside the data folder by default" },
    { "force", NULL, OPTION_FLAG, false, offsetof(struct verify_options, force), NULL, "accept a data folder on a network file system" },
};
static const struct options option_table = { option_rows, sizeof option_rows / sizeof option_rows[0] };

struct verification {
    struct arena *arena, *page;
    struct data_folder *folder;
    struct stores stores;
    int64_t complaint_count;
    /* one page of a list */
    struct inventory_history after_history;
    struct str after_blob;
    struct list found;
    /* counted */
    int64_t history_count, blob_count, blob_bytes, unused_blob_count;
    struct history_verified rows;
};

/* On standard output: it is the result. */
static void complain(void *context, const char *what) {
    struct verification *verification = context;
    if (verification->complaint_count++ < COMPLAINTS_SHOWN_MAX)
        printf("wrong: %s\n", what);
}

/* ---- the parts ---- */

/* On the connection that writes: reads of others are ended when they take long. */
static enum err_code list_page(struct verification *verification, db_work *list, struct err *err) {
    arena_reset(verification->page);
    return db_write(verification->stores.db, list, verification, err);
}

static enum err_code check_database(struct db_tx *tx, void *context, struct err *err) {
    struct verification *verification = context;
    verification->found = (struct list){ 0 };
    return inventory_check_database(tx, verification->page, &verification->found, err);
}

static enum err_code verify_database(struct verification *verification, struct err *err) {
    TRY(list_page(verification, check_database, err));
    for (size_t i = 0; i < verification->found.count; i++) {
        const struct str *said = verification->found.items[i];
        complain(verification, arena_copy_c(verification->page, *said));
    }
    return OK;
}

static enum err_code list_histories(struct db_tx *tx, void *context, struct err *err) {
    struct verification *verification = context;
    verification->found = (struct list){ 0 };
    return inventory_list_histories(tx, verification->after_history, PAGE_ROWS, verification->page, &verification->found, err);
}

static enum err_code verify_histories(struct verification *verification, struct err *err) {
    do {
        TRY(list_page(verification, list_histories, err));
        for (size_t i = 0; i < verification->found.count; i++) {
            const struct inventory_history *found = verification->found.items[i];
            TRY(history_verify(verification->stores.history, found->run, (enum history_kind)found->kind, &verification->rows, complain,
                               verification, err));
            verification->after_history = *found;
            verification->history_count++;
        }
    } while (verification->found.count == PAGE_ROWS);
    return OK;
}

static enum err_code list_blobs(struct db_tx *tx, void *context, struct err *err) {
    struct verification *verification = context;
    verification->found = (struct list){ 0 };
    return inventory_list_blobs(tx, verification->after_blob, PAGE_ROWS, verification->page, &verification->found, err);
}

static enum err_code hash_file(int fd, unsigned char sha256[SHA256_BYTES], int64_t *size_bytes, struct err *err) {
    unsigned char md5[MD5_BYTES];
    char *bytes = malloc(READ_BYTES);
    struct hash_stream *hash = hash_stream_create();
    ssize_t got = -1;
    *size_bytes = 0;
    while (bytes != NULL && (got = read(fd, bytes, READ_BYTES)) > 0) {
        hash_stream_add(hash, (struct str){ bytes, (size_t)got });
        *size_bytes += got;
    }
    hash_stream_end(hash, sha256, md5);
    hash_stream_destroy(hash);
    free(bytes);
    return got == 0 ? OK : err_set(err, ERR_IO, "it cannot be read");
}

static enum err_code check_blob(struct verification *verification, const struct inventory_blob *blob, struct err *err) {
    unsigned char sha256[SHA256_BYTES];
    struct blob_id id;
    uint64_t stored;
    int64_t size_bytes;
    int fd;

    if (blob->size_bytes < 0)
        return err_set(err, ERR_NOT_FOUND, "it is missing from the table of blobs");
    memcpy(id.sha256, blob->sha256, SHA256_BYTES);
    TRY(blobs_read(verification->stores.blobs, &id, &fd, &stored, err));
    enum err_code code = hash_file(fd, sha256, &size_bytes, err);
    (void)close(fd);
    TRY(code);
    verification->blob_bytes += size_bytes;
    if (size_bytes != blob->size_bytes)
        return err_set(err, ERR_CORRUPT, "it has %lld bytes, the database says %lld", (long long)size_bytes, (long long)blob->size_bytes);
    if (!hash_equal(sha256, blob->sha256, SHA256_BYTES))
        return err_set(err, ERR_CORRUPT, "its bytes have another digest than its name");
    return OK;
}

static void verify_blob(struct verification *verification, const struct inventory_blob *blob) {
    struct err err = { 0 };
    verification->blob_count++;
    verification->unused_blob_count += blob->user.ptr == NULL;
    if (check_blob(verification, blob, &err) == OK)
        return;
    struct str hex = hash_hex(blob->sha256, SHA256_BYTES, verification->page);
    struct str user = blob->user.ptr != NULL ? blob->user : STR("nothing links to it");
    struct str text = arena_printf(verification->page, "blob %.*s (%.*s): %s", STR_ARG(hex), STR_ARG(user), err.message);
    complain(verification, arena_copy_c(verification->page, text));
}

static enum err_code verify_blobs(struct verification *verification, struct err *err) {
    do {
        TRY(list_page(verification, list_blobs, err));
        for (size_t i = 0; i < verification->found.count; i++) {
            const struct inventory_blob *blob = verification->found.items[i];
            verify_blob(verification, blob);
            if (i + 1 == verification->found.count)
                verification->after_blob = arena_copy(verification->arena, (struct str){ (const char *)blob->sha256, SHA256_BYTES });
        }
    } while (verification->found.count == PAGE_ROWS);
    return OK;
}

static enum err_code list_receipts(struct db_tx *tx, void *context, struct err *err) {
    struct verification *verification = context;
    verification->found = (struct list){ 0 };
    return inventory_list_wrong_receipts(tx, PAGE_ROWS, verification->page, &verification->found, err);
}

static enum err_code verify_receipts(struct verification *verification, struct err *err) {
    TRY(list_page(verification, list_receipts, err));
    for (size_t i = 0; i < verification->found.count; i++) {
        const struct inventory_receipt *receipt = verification->found.items[i];
        struct str text = arena_printf(verification->page,
                                       "run %lld: its receipt speaks of %lld console lines and %lld refused ones, there are %lld and %lld",
                                       (long long)receipt->run, (long long)receipt->console_said, (long long)receipt->kept_said,
                                       (long long)receipt->console_found, (long long)receipt->kept_found);
        complain(verification, arena_copy_c(verification->page, text));
    }
    return OK;
}

/* ---- the command ---- */

static enum err_code open_all(struct verification *verification, const struct verify_options *options, struct err *err) {
    const struct stores_options quiet = { options->database, options->blobs, { .has_no_worker = true } };
    struct arena *arena = verification->arena;
    struct str data = options->data.len > 0 ? options->data : server_default_data(arena);

    if (access(arena_copy_c(arena, data), F_OK) != 0)
        return err_set(err, ERR_NOT_FOUND, "there is no data folder '%.*s'", STR_ARG(data));
    enum err_code code = data_folder_open(&verification->folder, data, options->force, err);
    if (code == ERR_CONFLICT)
        return err_add_context(err, "stop the server first");
    TRY(code);
    return stores_open(&verification->stores, verification->folder, &quiet, arena, err);
}

static void close_all(struct verification *verification) {
    stores_close(&verification->stores);
    data_folder_close(verification->folder);
    arena_destroy(verification->page);
    arena_destroy(verification->arena);
}

static enum err_code verify_all(struct verification *verification, struct err *err) {
    TRY(verify_database(verification, err));
    TRY(verify_histories(verification, err));
    TRY(verify_blobs(verification, err));
    return verify_receipts(verification, err);
}

static int run(const struct command *command, int argc, char **argv) {
    struct verification verification = { .arena = arena_create(), .page = arena_create() };
    struct verify_options chosen = { 0 };
    struct err err = { 0 };
    int rest_count = 0, status = EXIT_OK;

    if (options_parse(command->options, &chosen, argc - 1, argv + 1, &rest_count, &err) != OK)
        status = command_misused(command, "%s", err.message);
    else if (rest_count > 0)
        status = command_misused(command, "'%s' is not an option", argv[1]);
    else if (open_all(&verification, &chosen, &err) != OK || verify_all(&verification, &err) != OK)
        status = command_failed(&err);
    else {
        const struct history_verified *rows = &verification.rows;
        printf("read %lld histories of %lld rows (%lld segments, %lld bytes; %lld batches not in one yet) and %lld blobs (%lld bytes; "
               "%lld not in use)\n",
               (long long)verification.history_count, (long long)rows->rows, (long long)rows->segments, (long long)rows->segment_bytes,
               (long long)rows->tail_batches, (long long)verification.blob_count, (long long)verification.blob_bytes,
               (long long)verification.unused_blob_count);
        printf("%lld things are wrong\n", (long long)verification.complaint_count);
        status = verification.complaint_count == 0 ? EXIT_OK : EXIT_FAILED;
    }
    close_all(&verification);
    return status;
}

const struct command verify_command = {
    .name = "verify",
    .usage = "[--data DIR]",
    .summary = "Reads all that a stopped server stored, and says what is wrong with it.",
    .options = &option_table,
    .run = run,
};
