/* oidc_settings.h - what an administrator says about logging in at a provider of OpenID Connect.
 *
 * Groups of the provider are mapped to teams here, one entry each: TEAM=GROUP or TEAM=GROUP:ROLE (viewer, member or admin;
 * member when it is not said). A list on the command line is separated by commas; a file holds an entry a line, and
 * lines that begin with '#' are comments.
 *
 * Threads: read-only once made. Memory: the arena it was made with.
 */
#ifndef SERVER_API_OIDC_SETTINGS_H
#define SERVER_API_OIDC_SETTINGS_H

#include "base/arena.h"
#include "server/store/accounts/member.h"

enum { OIDC_TEAMS_MAX = 2000, OIDC_GROUP_MAX = 1024, OIDC_ISSUER_MAX = 512 };

/* Who gets an account that has none yet. */
enum oidc_accounts {
    OIDC_ACCOUNTS_ANY,    /* whoever the provider lets in */
    OIDC_ACCOUNTS_MAPPED, /* who is in a group that is mapped; others may not log in at all */
    OIDC_ACCOUNTS_KNOWN,  /* nobody */
};

struct oidc_team {
    struct str team, group;
    enum role role;
};

struct oidc_settings {
    struct str issuer; /* empty: nobody logs in that way */
    struct str client, secret;
    struct str label;        /* of the button */
    struct str scopes;
    struct str groups_claim;
    struct str admin_group; /* empty: none */
    enum oidc_accounts accounts;
    bool links_email;
    int64_t session_ms;
    struct oidc_team *teams;
    size_t team_count;
};

/* https, or http on this machine. ERR_BAD_INPUT. */
MUST_CHECK enum err_code oidc_check_issuer(struct str issuer, struct err *err);
/* "any", "mapped", "known". ERR_BAD_INPUT. */
MUST_CHECK enum err_code oidc_parse_accounts(struct str text, enum oidc_accounts *out, struct err *err);
/* Adds the entries to settings->teams. ERR_BAD_INPUT names the entry. */
MUST_CHECK enum err_code oidc_parse_teams(struct oidc_settings *settings, struct str text, char separator, struct arena *arena,
                                          struct err *err);

/* Each team that is named, once, with the highest role that the groups give in it: ROLE_NONE when none does. */
size_t oidc_list_roles(const struct oidc_settings *settings, const struct str *groups, size_t group_count, struct oidc_team **out,
                       struct arena *arena);
/* Whether one of the groups means anything here. */
bool oidc_is_mapped(const struct oidc_settings *settings, const struct str *groups, size_t group_count);

#endif
