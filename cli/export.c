/* export.c - barograph export: what the Python package does with a server that runs, or with one that is started for it on a folder. */
#include "cli/package.h"
#include "cli/private_server.h"

#include "base/file.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEY_MAX_BYTES = 4096 };

struct export_folder {
    struct private_server_options options; /* data NULL: a server runs */
    int argc;                              /* of what is left for the package */
    char **argv;
};

/* "--name VALUE" or "--name=VALUE" at argv[*at]; moves *at behind it. */
static bool take_value(const char *name, int argc, char **argv, int *at, const char **value) {
    size_t len = strlen(name);
    if (strncmp(argv[*at], name, len) != 0)
        return false;
    if (argv[*at][len] == '=') {
        *value = argv[(*at)++] + len + 1;
        return true;
    }
    if (argv[*at][len] != '\0' || *at + 1 == argc)
        return false;
    *value = argv[*at + 1];
    *at += 2;
    return true;
}

/* argv keeps what is the package's. */
static struct export_folder take_folder(int argc, char **argv) {
    struct export_folder folder = { .argv = argv };
    for (int at = 0; at < argc;)
        if (!take_value("--data", argc, argv, &at, &folder.options.data) && !take_value("--database", argc, argv, &at, &folder.options.database) &&
            !take_value("--blobs", argc, argv, &at, &folder.options.blobs))
            argv[folder.argc++] = argv[at++];
    argv[folder.argc] = NULL;
    return folder;
}

/* Whoever may read the folder may do all: its administrator's key lies in it. */
static enum err_code set_variables(const struct export_folder *folder, const struct private_server *server, struct err *err) {
    struct arena *arena = arena_create();
    const char *path = file_join(arena, folder->options.data, "admin.key"), *given = getenv("BAROGRAPH_API_KEY");
    struct str key = STR_EMPTY;
    enum err_code code = OK;

    if (given == NULL || given[0] == '\0')
        code = file_read_all(&key, path, KEY_MAX_BYTES, arena, err);
    if (code != OK)
        (void)err_add_context(err, "give a key of somebody who may read the project as BAROGRAPH_API_KEY");
    if (code == OK && key.len > 0 && setenv("BAROGRAPH_API_KEY", arena_copy_c(arena, str_trim(key)), 1) != 0)
        code = err_set_errno(err, errno, "cannot set a variable");
    if (code == OK && setenv("BAROGRAPH_BASE_URL", server->url, 1) != 0)
        code = err_set_errno(err, errno, "cannot set a variable");
    arena_destroy(arena);
    return code;
}

/* An interrupt is the package's to handle; the server is stopped in any case. */
static int run_beside(const struct command *command, const struct export_folder *folder) {
    struct sigaction ignoring = { .sa_handler = SIG_IGN }, before;
    int status = 0;

    (void)sigaction(SIGINT, &ignoring, &before);
    pid_t pid = fork();
    if (pid == 0) {
        (void)sigaction(SIGINT, &before, NULL);
        _exit(package_run(command, folder->argc, folder->argv));
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    (void)sigaction(SIGINT, &before, NULL);
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

static int export_of_folder(const struct command *command, const struct export_folder *folder) {
    struct private_server server;
    struct err err = { 0 };
    int status = EXIT_FAILED;

    if (private_server_start(&server, &folder->options, &err) != OK)
        return command_failed(&err);
    if (set_variables(folder, &server, &err) == OK)
        status = run_beside(command, folder);
    else
        (void)command_failed(&err);
    private_server_stop(&server);
    return status;
}

static int run(const struct command *command, int argc, char **argv) {
    struct export_folder folder = take_folder(argc, argv);
    if (folder.options.data != NULL)
        return export_of_folder(command, &folder);
    if (folder.options.database != NULL || folder.options.blobs != NULL)
        return command_misused(command, "--database and --blobs say what a server on --data DIR uses");
    return package_run(command, folder.argc, folder.argv);
}

const struct command export_command = {
    .name = "export",
    .usage = "[--check] [--base-url URL] ENTITY/PROJECT FILE\n[--check] --data DIR [--database URL] [--blobs URL] ENTITY/PROJECT FILE",
    .summary = "Writes a project into one archive: rows as Parquet, files, artifacts, reports.",
    .run = run,
};
