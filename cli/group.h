/* group.h - what `barograph org` and `barograph team` have in common. */
#ifndef CLI_GROUP_H
#define CLI_GROUP_H

#include "cli/administration.h"

#include <stddef.h>

struct group_options {
    struct administration_options common;
    struct str admin, member; /* user names, comma separated */
    struct str org, role;
    const char *path; /* no option: what group_run was given */
};

/* What both offer as options, but for those that differ. */
#define GROUP_OPTION_ADMIN                                                                                               \
    { "admin", "USERS", OPTION_TEXT, false, offsetof(struct group_options, admin), NULL, "add: who administers it, comma separated" }
#define GROUP_OPTION_MEMBER                                                                                              \
    { "member", "USERS", OPTION_TEXT, false, offsetof(struct group_options, member), NULL, "add: who belongs to it, comma separated" }
#define GROUP_OPTION_ROLE                                                                                                \
    { "role", "ROLE", OPTION_TEXT, false, offsetof(struct group_options, role), "member", "member: admin, member or viewer" }

#define GROUP_FORMS                                                                                                      \
    "list\n"                                                                                                             \
    "member NAME [USER --role admin|member|viewer]   without USER: lists the members\n"                                  \
    "remove NAME\n"                                                                                                      \
    "remove-member NAME USER"

/* The whole command. path: where the server keeps such groups, "/api/admin/teams". */
int group_run(const struct command *command, const char *path, int argc, char **argv);

#endif
