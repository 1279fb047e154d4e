/* team.c - barograph team: teams, which share projects. */
#include "cli/group.h"

#include <stddef.h>

#define PATH "/api/admin/teams"
#define AT(member) offsetof(struct group_options, member)

/* Sorted by name. */
static const struct option rows[] = {
    { "admin", "USERS", OPTION_TEXT, false, AT(admin), NULL, "add: who administers it, comma separated" },
    OPTION_API_KEY,
    OPTION_BASE_URL,
    OPTION_DATA,
    OPTION_DATABASE,
    OPTION_FORCE,
    OPTION_JSON,
    { "member", "USERS", OPTION_TEXT, false, AT(member), NULL, "add: who belongs to it, comma separated" },
    { "org", "ORG", OPTION_TEXT, false, AT(org), NULL, "add: the organization it belongs to" },
    { "role", "ROLE", OPTION_TEXT, false, AT(role), "member", "member: admin, member or viewer" },
};
static const struct options options = { rows, sizeof rows / sizeof rows[0] };

static enum err_code add(struct subcommand_call *call) {
    return group_add(call, PATH);
}

static enum err_code list(struct subcommand_call *call) {
    return group_list(call, PATH);
}

static enum err_code member(struct subcommand_call *call) {
    return group_member(call, PATH);
}

static enum err_code remove_one(struct subcommand_call *call) {
    return group_remove(call, PATH);
}

static enum err_code remove_member(struct subcommand_call *call) {
    return group_remove_member(call, PATH);
}

/* Sorted by name. */
static const struct subcommand subcommands[] = {
    { "add", 1, 1, add },
    { "list", 0, 0, list },
    { "member", 1, 2, member },
    { "remove", 1, 1, remove_one },
    { "remove-member", 2, 2, remove_member },
};

static int run(const struct command *command, int argc, char **argv) {
    struct group_options group = { 0 };
    return subcommand_run(command, subcommands, sizeof subcommands / sizeof subcommands[0], &group.common, argc, argv);
}

const struct command team_command = {
    .name = "team",
    .usage = "add NAME [--org ORG] [--admin USER] [--member USER]\n"
             "list\n"
             "member NAME [USER --role admin|member|viewer]   without USER: lists the members\n"
             "remove NAME\n"
             "remove-member NAME USER",
    .summary = "Adds, lists and removes teams and their members.",
    .options = &options,
    .run = run,
};
