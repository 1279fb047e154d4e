/* package.h - the commands that the Python package does. */
#ifndef CLI_PACKAGE_H
#define CLI_PACKAGE_H

#include "cli/command.h"

/* Becomes that Python; comes back only when there is none. argv[0] is the command's name. */
int package_run(const struct command *command, int argc, char **argv);

#endif
