/* org.c - barograph org: organizations, which have teams. */
#include "cli/group.h"

/* Sorted by name. */
static const struct option rows[] = {
    GROUP_OPTION_ADMIN,
    OPTION_API_KEY,
    OPTION_BASE_URL,
    OPTION_DATA,
    OPTION_DATABASE,
    OPTION_FORCE,
    OPTION_JSON,
    GROUP_OPTION_MEMBER,
    GROUP_OPTION_ROLE,
};
static const struct options options = { rows, sizeof rows / sizeof rows[0] };

static int run(const struct command *command, int argc, char **argv) {
    return group_run(command, "/api/admin/organizations", argc, argv);
}

const struct command org_command = {
    .name = "org",
    .usage = "add NAME [--admin USER] [--member USER]\n" GROUP_FORMS,
    .summary = "Adds, lists and removes organizations and their members.",
    .options = &options,
    .run = run,
};
