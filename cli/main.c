/* main.c - finds the command and runs it. */
#include "cli/command.h"

extern const struct command agent_command, artifact_command, audit_command, backup_command, exec_command, export_command,
    gc_command, import_command, key_command, login_command, migrate_command, org_command, project_command, restore_command, schema_command, secret_command,
    server_command, sweep_command, sync_command, team_command, user_command, verify_command;

/* Sorted by name; help is printed from it. */
static const struct command *const commands[] = {
    &agent_command,
    &artifact_command,
    &audit_command,
    &backup_command,
    &exec_command,
    &export_command,
    &gc_command,
    &import_command,
    &key_command,
    &login_command,
    &migrate_command,
    &org_command,
    &project_command,
    &restore_command,
    &schema_command,
    &secret_command,
    &server_command,
    &sweep_command,
    &sync_command,
    &team_command,
    &user_command,
    &verify_command,
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out) {
    fputs("usage: barograph COMMAND [ARGUMENTS]\n\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`barograph help COMMAND` tells more about one. Options also come from BAROGRAPH_NAME variables.\n", out);
}

static const struct command *find(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static bool is_one_of(const char *text, const char *a, const char *b) {
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (is_one_of(argv[1], "--version", "version")) {
        puts("barograph " BAROGRAPH_VERSION);
        return EXIT_OK;
    }
    bool wants_help = is_one_of(argv[1], "--help", "help");
    if (wants_help && argc == 2) {
        print_help(stdout);
        return EXIT_OK;
    }
    const char *name = wants_help ? argv[2] : argv[1];
    const struct command *command = find(name);
    if (command == NULL) {
        fprintf(stderr, "barograph: there is no command '%s'; `barograph help` lists them\n", name);
        return EXIT_USAGE;
    }
    if (wants_help || (argc > 2 && strcmp(argv[2], "--help") == 0)) {
        command_help(command, stdout);
        return EXIT_OK;
    }
    return command->run(command, argc - 1, argv + 1);
}
