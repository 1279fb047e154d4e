/* team.c - barograph team: teams, which share projects. */
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
    { "org", "ORG", OPTION_TEXT, false, offsetof(struct group_options, org), NULL, "add: the organization it belongs to" },
    GROUP_OPTION_ROLE,
};
static const struct options options = { rows, sizeof rows / sizeof rows[0] };

static int run(const struct command *command, int argc, char **argv) {
    return group_run(command, "/api/admin/teams", argc, argv);
}

const struct command team_command = {
    .name = "team",
    .usage = "add NAME [--org ORG] [--admin USER] [--member USER]\n" GROUP_FORMS,
    .summary = "Adds, lists and removes teams and their members.",
    .options = &options,
    .run = run,
};
