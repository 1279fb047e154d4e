/* package.c - barograph login, sweep, agent, artifact, exec, import (and export, with export.c): those that the Python package does, run by
 * the Python that it is installed for.
 */
#include "cli/package.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

/* Beside this program, as in a virtual environment, or where the wheel's folder of programs lies, PREFIX/lib/python3.N/
 * site-packages/barograph.scripts; else the first in PATH. BAROGRAPH_PYTHON says it outright.
 */
static const char *find_python(char room[PATH_MAX]) {
    static const char *const places[] = { "python3", "../../../../bin/python3" };
    const char *given = getenv("BAROGRAPH_PYTHON");
    if (given != NULL && given[0] != '\0')
        return given;
    ssize_t len = readlink("/proc/self/exe", room, PATH_MAX - sizeof "../../../../bin/python3");
    while (len > 0 && room[len - 1] != '/')
        len--;
    for (size_t i = 0; len > 0 && i < sizeof places / sizeof places[0]; i++) {
        memcpy(room + len, places[i], strlen(places[i]) + 1);
        if (access(room, X_OK) == 0)
            return room;
    }
    return "python3";
}

int package_run(const struct command *command, int argc, char **argv) {
    char room[PATH_MAX];
    const char *python = find_python(room);
    char **command_line = calloc((size_t)argc + 4, sizeof *command_line);
    struct err err = { 0 };
    (void)command;
    if (command_line == NULL)
        return EXIT_FAILED;
    const char *const head[] = { python, "-m", "barograph.cli" };
    memcpy(command_line, head, sizeof head);
    memcpy(command_line + 3, argv, (size_t)argc * sizeof *argv);
    (void)execvp(python, command_line);
    err_set_message(&err, ERR_IO, "cannot start '%s': %s; BAROGRAPH_PYTHON names a Python with the package barograph", python,
                    strerror(errno));
    free(command_line);
    return command_failed(&err);
}

const struct command agent_command = {
    .name = "agent",
    .usage = "[--count N] [--entity NAME] [--project NAME] [[ENTITY/]PROJECT/]SWEEP",
    .summary = "Runs what a sweep asks for.",
    .run = package_run,
};

const struct command artifact_command = {
    .name = "artifact",
    .usage = "put [--name NAME] [--type TYPE] [--alias ALIAS]... PATH\nget [--root DIR] ARTIFACT\nls [--type TYPE] [ENTITY/]PROJECT",
    .summary = "Puts, gets and lists artifacts.",
    .run = package_run,
};

const struct command exec_command = {
    .name = "exec",
    .usage = "SCRIPT [ARGUMENT...]\n-m MODULE [ARGUMENT...]",
    .summary = "Runs a Python program whose `import wandb` means barograph.",
    .run = package_run,
};

const struct command import_command = {
    .name = "import",
    .usage = "[--entity E] [--project P] FILE\n[--source-url URL] wandb ENTITY/PROJECT\nmlflow FOLDER\ntensorboard FOLDER",
    .summary = "Reads an archive, or a history of another tool, into a server.",
    .run = package_run,
};

const struct command login_command = {
    .name = "login",
    .usage = "[--host URL] [--relogin] [--key-file FILE]",
    .summary = "Keeps an API key, from the terminal, a file or standard input.",
    .run = package_run,
};

const struct command sweep_command = {
    .name = "sweep",
    .usage = "[--entity NAME] [--project NAME] FILE.yaml\n--pause|--resume|--stop|--cancel [[ENTITY/]PROJECT/]SWEEP",
    .summary = "Makes a sweep, or changes what one does.",
    .run = package_run,
};
