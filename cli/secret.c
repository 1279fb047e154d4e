/* secret.c - barograph secret rotate: gives a stopped server a new secret, beside the ones that keys were made with. */
#include "cli/command.h"

#include "server/server.h"
#include "server/store/accounts/secrets.h"
#include "server/store/db/data_folder.h"

#include <stddef.h>

struct secret_options {
    struct str data;
};

static const struct option option_rows[] = {
    { "data", "DIR", OPTION_TEXT, false, offsetof(struct secret_options, data), NULL, "the data folder (default $XDG_DATA_HOME/barograph)" },
};
static const struct options option_table = { option_rows, sizeof option_rows / sizeof option_rows[0] };

static enum err_code rotate(struct str data, struct arena *arena, struct err *err) {
    struct data_folder *folder = NULL;
    enum err_code code = data_folder_open(&folder, data.len > 0 ? data : server_default_data(arena), true, err);
    if (code == ERR_CONFLICT)
        return err_add_context(err, "stop the server first");
    if (code == OK)
        code = secrets_rotate(data_folder_file(folder, "secret.key", arena), err);
    data_folder_close(folder);
    return code;
}

static int run(const struct command *command, int argc, char **argv) {
    struct secret_options chosen = { 0 };
    struct err err = { 0 };
    int rest_count = 0;

    if (argc < 2 || strcmp(argv[1], "rotate") != 0)
        return command_misused(command, "say what to do with the secret: rotate");
    if (options_parse(command->options, &chosen, argc - 2, argv + 2, &rest_count, &err) != OK)
        return command_misused(command, "%s", err.message);
    if (rest_count > 0)
        return command_misused(command, "'%s' is not an option", argv[2]);
    struct arena *arena = arena_create();
    int status = rotate(chosen.data, arena, &err) == OK ? EXIT_OK : command_failed(&err);
    arena_destroy(arena);
    return status;
}

const struct command secret_command = {
    .name = "secret",
    .usage = "rotate [--data DIR]",
    .summary = "Gives a stopped server a new secret; keys move to it as they are used.",
    .options = &option_table,
    .run = run,
};
