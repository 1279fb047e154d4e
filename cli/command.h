/* command.h - one row per command of the command line; each command is one file that exports its row.
 *
 * Exit status: 0 success, 1 failure, 2 wrong usage. Results go to standard output, everything else to standard error.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/options.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    const char *usage;   /* after "barograph NAME": "add NAME [--admin]"; one line for each form */
    const char *summary; /* what it does, in a few words */
    const struct options *options; /* NULL when it has none */
    /* argv[0] is the command's name. */
    int (*run)(const struct command *command, int argc, char **argv);
};

/* "barograph: message" on standard error; EXIT_FAILED, or EXIT_USAGE for ERR_BAD_INPUT. */
int command_failed(const struct err *err);
/* The same for wrong usage, followed by the command's usage. */
int command_misused(const struct command *command, const char *format, ...) PRINTF_LIKE(2, 3);
void command_help(const struct command *command, FILE *out);

#endif
