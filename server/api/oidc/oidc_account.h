/* oidc_account.h - from what a provider says of a person to an account here, its teams and its session.
 *
 * An account is bound to issuer and subject at its first log-in. What groups gave, groups take: at each log-in the roles in
 * mapped teams become what the groups say, and what was given by hand stays.
 */
#ifndef SERVER_API_OIDC_ACCOUNT_H
#define SERVER_API_OIDC_ACCOUNT_H

#include "base/json.h"
#include "server/api/oidc/oidc_settings.h"
#include "server/store/accounts/secrets.h"

enum { OIDC_GROUPS_MAX = 2000 };

struct oidc_person {
    struct str subject;
    struct str username; /* a wish; may be taken, but may be a name */
    struct str name;     /* empty: none */
    struct str email;    /* empty: none that the provider has verified */
    const struct str *groups;
    size_t group_count;
};

/* token: its claims, which were checked; more: what else the provider says, or NULL. */
void oidc_person_read(struct oidc_person *out, const struct oidc_settings *settings, const struct json_value *token,
                      const struct json_value *more, struct arena *arena);
/* Whether the token alone says all that is wanted. */
bool oidc_person_is_complete(const struct oidc_settings *settings, const struct json_value *token);

struct oidc_entry {
    const struct oidc_settings *settings;
    const struct secrets *secrets;
    const struct oidc_person *person;
    struct str address; /* the browser's */
    struct arena *arena;
    struct str cookie; /* filled in: of the session */
};

/* A db_work that takes a struct oidc_entry. ERR_FORBIDDEN: he has no account and gets none. ERR_CONFLICT: his address is
 * another account's. */
enum err_code oidc_enter(struct db_tx *tx, void *entry, struct err *err);

#endif
