/* backup.c - barograph backup: all that a server holds, into one file. */
#include "cli/administration.h"
#include "cli/archive.h"

#include "base/file.h"
#include "base/http_client.h"
#include "server/api/backup.h"
#include "server/server.h"
#include "server/store/db/data_folder.h"
#include "server/stores.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_MAX_BYTES = 4 << 20, SILENCE_MS = 10 * 60 * 1000 };

/* Sorted by name. */
static const struct option rows[] = { OPTION_API_KEY, OPTION_BASE_URL, OPTION_DATA, OPTION_FORCE };
static const struct options option_table = { rows, sizeof rows / sizeof rows[0] };

/* ---- from a running server ---- */

static enum err_code check_answer(const struct http_response *response, struct err *err) {
    struct str body = buf_str(&response->body);
    if (response->status == 200)
        return OK;
    return err_set(err, ERR_IO, "the server answered %d: %.*s", response->status, STR_ARG(str_slice(body, 0, 300)));
}

static enum err_code download(const struct administration_options *options, int fd, struct arena *arena, struct err *err) {
    /* The server copies its database before the first byte. */
    const struct http_client_options settings = { .base_url = options->base_url, .silence_timeout_ms = SILENCE_MS,
                                                  .authorization = administration_authorization(options, arena) };
    const struct http_request request = { .method = STR("GET"), .url = STR("/api/backup"), .output_fd = &fd };
    struct http_response response = { 0 };
    struct http_client *client;

    if (options->api_key.len == 0)
        return err_set(err, ERR_BAD_INPUT, "give an administrator's key as BAROGRAPH_API_KEY, or the folder of a stopped server as --data");
    TRY(http_client_create(&client, &settings, err));
    enum err_code code = http_client_send(client, &request, &response, err);
    if (code == OK)
        code = check_answer(&response, err);
    http_response_finish(&response);
    http_client_destroy(client);
    return code;
}

/* ---- from a stopped one ---- */

static enum err_code write_archive(struct backup *backup, int fd, const char *path, struct err *err) {
    struct buf piece = BUF_INIT(PIECE_MAX_BYTES);
    enum err_code code = OK;
    bool is_last = false;

    while (code == OK && !is_last) {
        buf_reset(&piece);
        code = backup_produce(backup, &piece, &is_last, err);
        if (code == OK)
            code = file_write_all(fd, buf_str(&piece), path, err);
    }
    buf_finish(&piece);
    return code;
}

static enum err_code copy_folder(const struct administration_options *options, int fd, const char *path, struct arena *arena,
                                 struct err *err) {
    const struct stores_options quiet = { .history = { .has_no_worker = true } };
    struct data_folder *folder;
    struct stores stores = { 0 };
    struct backup *backup = NULL;

    enum err_code code = data_folder_open(&folder, options->data, options->force, err);
    if (code == ERR_CONFLICT)
        return err_add_context(err, "stop the server first, or give BAROGRAPH_API_KEY instead of --data");
    TRY(code);
    code = stores_open(&stores, folder, &quiet, arena, err);
    if (code == OK)
        code = backup_begin(&backup, &(struct backup_source){ folder, stores.db, stores.blob_depot, stores.history_depot }, err);
    if (code == OK)
        code = write_archive(backup, fd, path, err);
    backup_end(backup);
    stores_close(&stores);
    data_folder_close(folder);
    return code;
}

/* ---- the command ---- */

static enum err_code check_archive(int fd, struct archive_facts *facts, struct err *err) {
    if (lseek(fd, 0, SEEK_SET) != 0)
        return err_set(err, ERR_IO, "cannot read the archive again");
    return archive_read(fd, NULL, NULL, facts, err);
}

static enum err_code back_up(const struct administration_options *options, const char *path, struct archive_facts *facts,
                             struct arena *arena, struct err *err) {
    const char *part = arena_printf(arena, "%s.part", path).ptr;
    int fd;

    if (file_exists(path))
        return err_set(err, ERR_CONFLICT, "'%s' exists; choose another name", path);
    TRY(file_open(&fd, part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600, err));
    enum err_code code = options->data.len > 0 ? copy_folder(options, fd, part, arena, err) : download(options, fd, arena, err);
    if (code == OK)
        code = check_archive(fd, facts, err);
    if (code == OK)
        code = file_publish(fd, part, path, err);
    (void)close(fd);
    if (code != OK)
        (void)unlink(part);
    return code;
}

static int run(const struct command *command, int argc, char **argv) {
    struct administration_options chosen = { 0 };
    struct archive_facts facts;
    struct arena *arena = arena_create();
    struct err err = { 0 };
    int rest_count = 0, status = EXIT_OK;

    if (options_parse(command->options, &chosen, argc - 1, argv + 1, &rest_count, &err) != OK)
        status = command_misused(command, "%s", err.message);
    else if (rest_count != 1)
        status = command_misused(command, "give the name of one file");
    else if (back_up(&chosen, argv[1], &facts, arena, &err) != OK)
        status = command_failed(&err);
    else
        fprintf(stderr, "%s holds %lld files, %llu bytes; every one was read back and checked\n", argv[1],
                (long long)facts.file_count, (unsigned long long)facts.byte_count);
    arena_destroy(arena);
    return status;
}

const struct command backup_command = {
    .name = "backup",
    .usage = "FILE [--data DIR]",
    .summary = "Copies all that a server holds into one file, while it runs.",
    .options = &option_table,
    .run = run,
};
