/* server.c - barograph server: runs the server. */
#include "cli/command.h"
#include "server/server.h"

static int run(const struct command *command, int argc, char **argv) {
    struct config config = { 0 };
    struct err err = { 0 };
    int rest_count;

    if (options_parse(command->options, &config, argc - 1, argv + 1, &rest_count, &err) != OK)
        return command_misused(command, "%s", err.message);
    if (rest_count > 0)
        return command_misused(command, "'%s' is not an option", argv[1]);
    return server_run(&config, &err) == OK ? EXIT_OK : command_failed(&err);
}

const struct command server_command = {
    .name = "server",
    .usage = "[OPTIONS]",
    .summary = "Runs the tracking server and its web page.",
    .options = &config_options,
    .run = run,
};
