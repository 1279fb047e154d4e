/* group.h - what `barograph org` and `barograph team` have in common. */
#ifndef CLI_GROUP_H
#define CLI_GROUP_H

#include "cli/administration.h"

struct group_options {
    struct administration_options common;
    struct str admin, member; /* user names, comma separated */
    struct str org, role;
};

/* path: "/api/admin/teams". */
enum err_code group_add(struct subcommand_call *call, const char *path);
enum err_code group_list(struct subcommand_call *call, const char *path);
enum err_code group_remove(struct subcommand_call *call, const char *path);
/* NAME: lists the members; NAME USER: sets the role (member when none is given). */
enum err_code group_member(struct subcommand_call *call, const char *path);
/* NAME USER */
enum err_code group_remove_member(struct subcommand_call *call, const char *path);

#endif
