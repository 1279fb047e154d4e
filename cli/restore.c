/* restore.c - barograph restore: a data folder out of a backup. */
#include "cli/archive.h"
#include "cli/command.h"

#include "base/file.h"
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct restore_options {
    struct str data;
};

static const struct option rows[] = {
    { "data", "DIR", OPTION_TEXT, false, offsetof(struct restore_options, data), NULL,
      "the data folder to make (default $XDG_DATA_HOME/barograph); it must not be there, or be empty" },
};
static const struct options option_table = { rows, sizeof rows / sizeof rows[0] };

struct restoring {
    const char *folder; /* not yet under its own name */
    struct arena *arena;
};

/* The names that a backup has; nothing else is written, and nothing outside the folder. */
static bool is_expected(struct str name) {
    return str_eq_c(name, "secret.key") || str_eq_c(name, "admin.key") || str_eq_c(name, "barograph.db") ||
           ((str_starts_with(name, STR("blobs/")) || str_starts_with(name, STR("history/"))) && file_is_safe_path(name));
}

static enum err_code open_file(void *context, const struct tar_entry *entry, int *fd, struct err *err) {
    struct restoring *restoring = context;
    if (!is_expected(str_from_c(entry->name)))
        return err_set(err, ERR_BAD_INPUT, "'%s' is no file of a backup", entry->name);
    char *path = file_join(restoring->arena, restoring->folder, entry->name), *slash = strrchr(path, '/');
    *slash = '\0';
    TRY(file_make_folders(path, 0700, err));
    *slash = '/';
    enum err_code code = file_open(fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600, err);
    arena_reset(restoring->arena);
    return code;
}

static enum err_code restore(int fd, const char *data, struct archive_facts *facts, struct arena *arena, struct err *err) {
    const char *folder = arena_printf(arena, "%s.restoring", data).ptr;
    struct restoring restoring = { folder, arena_create() };
    struct err ignored;

    if (rmdir(data) != 0 && errno != ENOENT) {
        arena_destroy(restoring.arena);
        return err_set(err, ERR_CONFLICT, "'%s' is there already and not empty: move it away first", data);
    }
    enum err_code code = file_remove_tree(folder, err);
    if (code == OK)
        code = file_make_folders(folder, 0700, err);
    if (code == OK)
        code = archive_read(fd, open_file, &restoring, facts, err);
    if (code == OK) {
        file_sync_folder(folder);
        if (rename(folder, data) != 0)
            code = err_set_errno(err, errno, "cannot rename '%s' to '%s'", folder, data);
    }
    if (code != OK)
        (void)!file_remove_tree(folder, &ignored);
    arena_destroy(restoring.arena);
    return code;
}

static int run(const struct command *command, int argc, char **argv) {
    struct restore_options chosen = { 0 };
    struct archive_facts facts;
    struct arena *arena = arena_create();
    struct err err = { 0 };
    int rest_count = 0, status = EXIT_OK, fd = STDIN_FILENO;

    if (options_parse(command->options, &chosen, argc - 1, argv + 1, &rest_count, &err) != OK) {
        status = command_misused(command, "%s", err.message);
    } else if (rest_count != 1) {
        status = command_misused(command, "give the backup's file, or - for standard input");
    } else {
        const char *data = arena_copy_c(arena, chosen.data.len > 0 ? chosen.data : server_default_data(arena));
        enum err_code code = strcmp(argv[1], "-") == 0 ? OK : file_open(&fd, argv[1], O_RDONLY | O_CLOEXEC, 0, &err);
        if (code == OK)
            code = restore(fd, data, &facts, arena, &err);
        if (code != OK)
            status = command_failed(&err);
        else
            fprintf(stderr, "%s holds %lld files again; `barograph server --data %s` serves them\n", data,
                    (long long)facts.file_count, data);
    }
    arena_destroy(arena);
    return status;
}

const struct command restore_command = {
    .name = "restore",
    .usage = "FILE [--data DIR]",
    .summary = "Makes a data folder out of a backup.",
    .options = &option_table,
    .run = run,
};
