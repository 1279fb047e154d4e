/* access.h - who asks, and what they may do. Every route and every field states one of `enum who` in its row.
 *
 * The object itself is authorised, never a path or an argument beside it: every object that is handed to GraphQL
 * begins with struct owner, and every handler calls access_check on the object it found. What somebody may not
 * read answers exactly like what does not exist. Roles come from the entity's members; administrators of an
 * organisation are administrators of its teams; public projects are read by everybody who is logged in;
 * administrators of the server may do all.
 *
 * Threads: an identity belongs to one request. Memory: it lives in the request's arena.
 */
#ifndef SERVER_API_ACCESS_H
#define SERVER_API_ACCESS_H

#include "server/api/app.h"
#include "server/graphql/graphql.h"
#include "server/http/http.h"
#include "server/store/accounts/owner.h"
#include "server/store/accounts/right.h"
#include "server/store/db/db.h"

enum who {
    WHO_ANYONE = 1,
    WHO_SIGNED_LINK,  /* the request's own signature; the identity is that of whoever was given the link */
    WHO_USER,         /* anybody logged in */
    WHO_SERVER_ADMIN,
    CAN_READ,         /* these three: on the object. In a route's row: logged in, and the handler checks */
    CAN_WRITE,
    CAN_ADMIN,
};

struct joiner_waiter;

/* What was found out about one owner already. */
struct access_grant {
    struct owner owner;
    int level; /* 0 or one of CAN_* */
    struct access_grant *next;
};

/* call->identity of a http_call, and the `app` of gql_execute. */
struct identity {
    struct app *app;
    struct arena *arena;
    int64_t user_id; /* 0: nobody */
    int64_t entity_id; /* the user's own */
    int64_t key_id;     /* 0: not by a key */
    int64_t session_id; /* 0: not by a cookie */
    bool is_admin;
    struct str username;
    struct str address;      /* the peer's, for audit rows */
    struct str request_id;
    struct str base_url;     /* for links, as in http_call */
    struct str writer;       /* which of several writers of one run asks (shared mode); empty: there is but one */
    struct access_grant *grants; /* private */
    struct joiner_waiter *awaits; /* what a resolver could not answer yet, and will once this ends; NULL: nothing */
    int wide_read_count; /* see resolver_check_wide_read */
    int status_for_client; /* what a GraphQL answer's status is to be, for clients that look at nothing else; 0: 200 */
};

static inline struct identity *http_identity(const struct http_call *call) {
    return call->identity;
}
static inline struct identity *gql_identity(const struct gql_call *call) {
    return call->app;
}

/* OK; ERR_NOT_FOUND "not found" when the identity may not even read; ERR_FORBIDDEN when it may read, but not that;
 * a code of 503 when it cannot be known. Callers say what was not found with err_add_context or in
 * their own words: the same as for what does not exist. */
MUST_CHECK enum err_code access_check(struct identity *identity, const struct owner *owner, enum who who,
                                      struct err *err);
/* Inside a transaction that is open already. */
MUST_CHECK enum err_code access_check_in(struct db_tx *tx, struct identity *identity, const struct owner *owner,
                                         enum who who, struct err *err);

/* What was found out together with the object itself; asked for again it is not looked up. */
void access_note(struct identity *identity, const struct owner *owner, enum right right);

/* Whether the request comes from a page of this server, as its browser says. */
bool access_is_own_origin(const struct http_call *call);

/* http_app.authorize: sets call->identity, or answers 401, 403, 503. Signed links are checked here. */
enum err_code access_authorize(struct http_call *call, int who, struct err *err);
/* gql_schema_parts.may_ask. */
enum err_code access_may_ask(struct gql_call *call, int who, const struct gql_type *type, struct err *err);

#endif
