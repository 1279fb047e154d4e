/* server.c - barograph server: runs the server. */
#include "cli/command.h"
#include "server/server.h"

#include <malloc.h>

enum { PIECE_BYTES = 32 << 20, KEPT_BYTES = 8 << 20 };

/* By itself the C library gives back what a larger request took when its answer is sent, and asks for it again with the
 * next: 300 page faults, 0.6 ms, for a chart of 10,000 steps. Each thread's heap may keep so much at its end, which
 * malloc_trim leaves alone; what is free between, the history's worker gives back (give_back_memory). */
static void keep_memory(void) {
    (void)mallopt(M_MMAP_THRESHOLD, PIECE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

static int run(const struct command *command, int argc, char **argv) {
    struct config config = { 0 };
    struct err err = { 0 };
    int rest_count;

    if (options_parse(command->options, &config, argc - 1, argv + 1, &rest_count, &err) != OK)
        return command_misused(command, "%s", err.message);
    if (rest_count > 0)
        return command_misused(command, "'%s' is not an option", argv[1]);
    keep_memory();
    return server_run(&config, &err) == OK ? EXIT_OK : command_failed(&err);
}

const struct command server_command = {
    .name = "server",
    .usage = "[OPTIONS]",
    .summary = "Runs the tracking server and its web page.",
    .options = &config_options,
    .run = run,
};
