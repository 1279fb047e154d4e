/* access.c - see access.h. */
#include "server/api/access.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "server/api/accounts/session.h"
#include "server/api/files_origin.h"
#include "server/api/identity.h"
#include "server/store/accounts/right.h"
#include "server/store/accounts/secrets.h"

enum { AUTHORIZATION_MAX_BYTES = 1024, STRANGERS_BODY_MAX_BYTES = 1 << 20 };

/* ---- the object ---- */

static struct access_grant *find_grant(const struct identity *identity, const struct owner *owner) {
    struct access_grant *grant = identity->grants;
    while (grant != NULL && (grant->owner.entity_id != owner->entity_id || grant->owner.project_id != owner->project_id))
        grant = grant->next;
    return grant;
}

void access_note(struct identity *identity, const struct owner *owner, enum right right) {
    static const int levels[] = { [RIGHT_NONE] = 0, [RIGHT_READ] = CAN_READ, [RIGHT_WRITE] = CAN_WRITE, [RIGHT_ADMIN] = CAN_ADMIN };
    struct access_grant *grant = ARENA_NEW(identity->arena, struct access_grant);
    *grant = (struct access_grant){ *owner, identity->user_id != 0 ? levels[right] : 0, identity->grants };
    identity->grants = grant;
}

static enum err_code load_grant(struct db_tx *tx, struct identity *identity, const struct owner *owner,
                                struct err *err) {
    enum right right = RIGHT_NONE;
    if (identity->user_id != 0)
        TRY(right_find(tx, owner, identity->user_id, identity->is_admin, &right, err));
    access_note(identity, owner, right);
    return OK;
}

static enum err_code check_level(int level, enum who who, struct err *err) {
    if (level == 0)
        return err_set(err, ERR_NOT_FOUND, "not found");
    if (level >= (int)who)
        return OK;
    return err_set(err, ERR_FORBIDDEN, "%s is needed for this", who == CAN_ADMIN ? "the role admin" : "the role member");
}

/* A failure to find out is ours, and never looks like the asker's fault. */
static enum err_code unknown(enum err_code code, struct err *err) {
    if (code != OK && err_http_status(code) != 503) {
        log_error("cannot look up a right: %s", err->message);
        code = err->code = ERR_BUSY;
    }
    return code;
}

enum err_code access_check_in(struct db_tx *tx, struct identity *identity, const struct owner *owner, enum who who,
                              struct err *err) {
    if (who < CAN_READ)
        return err_set(err, ERR_INTERNAL, "who %d does not speak of an object", (int)who);
    if (find_grant(identity, owner) == NULL)
        TRY(unknown(load_grant(tx, identity, owner, err), err));
    return check_level(find_grant(identity, owner)->level, who, err);
}

struct access_question {
    struct identity *identity;
    const struct owner *owner;
};

static enum err_code load_in_read(struct db_tx *tx, void *context, struct err *err) {
    const struct access_question *question = context;
    return load_grant(tx, question->identity, question->owner, err);
}

enum err_code access_check(struct identity *identity, const struct owner *owner, enum who who, struct err *err) {
    struct access_question question = { identity, owner };
    if (find_grant(identity, owner) == NULL)
        TRY(unknown(db_read(identity->app->db, load_in_read, &question, err), err));
    return access_check_in(NULL, identity, owner, who, err);
}

/* ---- the request ---- */

static enum err_code check_who(const struct identity *identity, int who, struct err *err) {
    if (who == WHO_ANYONE)
        return OK;
    if (identity->user_id == 0)
        return err_set(err, ERR_UNAUTHENTICATED, "log in first, with an API key of this server");
    if (who == WHO_SERVER_ADMIN && !identity->is_admin)
        return err_set(err, ERR_FORBIDDEN, "only administrators of the server may do this");
    return OK;
}

/* "Basic base64(anything:KEY)" or "Bearer KEY"; ptr NULL when it is neither. */
static struct str key_of_header(struct str header, struct arena *arena) {
    struct str scheme, rest, text, name, key = { NULL, 0 };
    if (header.len > AUTHORIZATION_MAX_BYTES || !str_cut(header, ' ', &scheme, &rest))
        return key;
    rest = str_trim(rest);
    if (str_eq_ignore_case(scheme, STR("bearer")))
        key = rest;
    else if (str_eq_ignore_case(scheme, STR("basic")) && hash_from_base64(rest, &text, arena))
        (void)str_cut(text, ':', &name, &key);
    return key;
}

static bool is_same_origin(struct str origin, struct str base_url) {
    size_t scheme_len = str_starts_with(base_url, STR("https://")) ? 8 : 7;
    struct str host, path;
    (void)str_cut(str_from(base_url, scheme_len), '/', &host, &path);
    return str_eq(origin, str_slice(base_url, 0, scheme_len + host.len));
}

bool access_is_own_origin(const struct http_call *call) {
    return is_same_origin(http_header(call, STR("Origin")), call->base_url);
}

/* Browsers say where the page came from that makes them ask. Without a key in the request, a page of somebody else's
 * has no business here: it could log its visitor in to its own account. */
static enum err_code check_origin(const struct http_call *call, struct err *err) {
    struct str origin = http_header(call, STR("Origin"));
    if (call->method == HTTP_GET || call->method == HTTP_HEAD || call->method == HTTP_OPTIONS || origin.ptr == NULL ||
        is_same_origin(origin, call->base_url))
        return OK;
    return err_set(err, ERR_FORBIDDEN, "a browser's request must come from the server's own page");
}

/* Browsers send the cookie along with whatever a page of somebody else's makes them ask. */
static enum err_code check_cookie_request(const struct http_call *call, struct err *err) {
    if (call->method == HTTP_GET || call->method == HTTP_HEAD || call->method == HTTP_OPTIONS)
        return OK;
    if (!is_same_origin(http_header(call, STR("Origin")), call->base_url))
        return err_set(err, ERR_FORBIDDEN, "a browser's request must come from the server's own page");
    struct str type, parameters;
    (void)str_cut(http_header(call, STR("Content-Type")), ';', &type, &parameters);
    if (call->method != HTTP_DELETE && !str_eq_ignore_case(str_trim(type), STR("application/json")))
        return err_set(err, ERR_FORBIDDEN, "a browser's request must be application/json");
    return OK;
}

static enum err_code find_identity(struct http_call *call, struct identity *identity, struct err *err) {
    struct str header = http_header(call, STR("Authorization"));
    struct str cookie = http_cookie(call, STR(SESSION_COOKIE));

    if (header.ptr != NULL) {
        TRY(identity_from_key(identity, key_of_header(header, call->arena), err));
        /* Also where anybody may ask: whoever shows a key wants to know that it is dead. */
        return identity->user_id != 0 ? OK : err_set(err, ERR_UNAUTHENTICATED, "the API key is not known to this server");
    }
    TRY(check_origin(call, err));
    if (cookie.ptr == NULL)
        return OK;
    TRY(identity_from_cookie(identity, cookie, err));
    return identity->user_id == 0 ? OK : check_cookie_request(call, err);
}

static enum err_code check_link(const struct http_call *call, struct identity *identity, struct err *err) {
    struct signed_link link = { .method = call->method == HTTP_PUT ? LINK_PUT : LINK_GET, .path = call->path };
    uint64_t length = 0;

    if (call->method != HTTP_PUT && call->method != HTTP_GET && call->method != HTTP_HEAD)
        return err_set(err, ERR_FORBIDDEN, "a signed link is for GET and PUT");
    TRY(secrets_check_link(identity->app->secrets, &link, http_query(call, STR("sig")), clock_wall_ms(), err));
    if (link.method == LINK_PUT && str_to_u64(http_header(call, STR("Content-Length")), &length) && length > link.max_bytes)
        return err_set(err, ERR_TOO_LARGE, "the link is good for %llu bytes, got %llu", (unsigned long long)link.max_bytes,
                       (unsigned long long)length);
    TRY(identity_from_link(identity, link.user_id, link.key_id, link.session_id, err));
    if (identity->user_id == 0)
        return err_set(err, ERR_FORBIDDEN, "the link's owner or key is gone");
    return OK;
}

enum err_code access_authorize(struct http_call *call, int who, struct err *err) {
    struct identity *identity = ARENA_NEW(call->arena, struct identity);
    *identity = (struct identity){
        .app = call->app,
        .arena = call->arena,
        .address = call->peer,
        .request_id = call->request_id,
        .base_url = call->base_url,
    };
    call->identity = identity;
    /* Nothing but files is there, and nobody is logged in. */
    if (who != WHO_SIGNED_LINK && files_origin_is_asked(call))
        return err_set(err, ERR_NOT_FOUND, "there is nothing at '%.*s'", STR_ARG(str_slice(call->path, 0, 200)));
    if (who == WHO_SIGNED_LINK)
        return check_link(call, identity, err);
    TRY(find_identity(call, identity, err));
    /* Nobody has much to say, and memory for bodies is everybody's. */
    if (identity->user_id == 0 && call->max_body_bytes > STRANGERS_BODY_MAX_BYTES)
        call->max_body_bytes = STRANGERS_BODY_MAX_BYTES;
    return check_who(identity, who, err);
}

enum err_code access_may_ask(struct gql_call *call, int who, const struct gql_type *type, struct err *err) {
    struct identity *identity = gql_identity(call);
    if (who < CAN_READ)
        return check_who(identity, who, err);
    if (call->parent == NULL)
        return err_set(err, ERR_INTERNAL, "%s.%s asks for a right to nothing", type->name, call->field->name);
    TRY(check_who(identity, WHO_USER, err));
    return access_check(identity, call->parent, (enum who)who, err);
}
