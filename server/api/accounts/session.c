/* session.c - see session.h. */
#include "server/api/accounts/session.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "server/api/accounts/log_in_limits.h"
#include "server/api/identity.h"
#include "server/store/accounts/password.h"
#include "server/store/accounts/session.h"

enum { SHOWN_NAME_MAX = 64 };

struct log_in {
    struct identity *identity;
    struct str name, hash, cookie;
    int64_t user_id;
};

/* ---- who it is ---- */

static enum err_code find_password(struct db_tx *tx, void *context, struct err *err) {
    struct log_in *log_in = context;
    return user_find_password(tx, log_in->name, log_in->identity->arena, &log_in->user_id, &log_in->hash, err);
}

static enum err_code note_failure(struct db_tx *tx, void *context, struct err *err) {
    const struct log_in *log_in = context;
    struct actor actor = { 0, 0, log_in->identity->address };
    return audit_add(tx, &actor, "session.refused", 0, str_slice(log_in->name, 0, SHOWN_NAME_MAX), err);
}

static enum err_code refuse(struct log_in *log_in, struct err *err) {
    struct app *app = log_in->identity->app;
    log_in_limits_count_failure(app->log_in_limits, log_in->name, log_in->identity->address, clock_mono_ms());
    TRY(db_write(app->db, note_failure, log_in, err));
    return err_set(err, ERR_UNAUTHENTICATED, "the name, the password or the key is not right");
}

static enum err_code check_password(struct log_in *log_in, struct str password, struct err *err) {
    bool is_right;
    TRY(db_read(log_in->identity->app->db, find_password, log_in, err));
    TRY(password_verify(password, log_in->hash, &is_right, err));
    return is_right && log_in->user_id != 0 ? OK : refuse(log_in, err);
}

static enum err_code check_key(struct log_in *log_in, struct str key, struct err *err) {
    TRY(identity_from_key(log_in->identity, key, err));
    log_in->user_id = log_in->identity->user_id;
    return log_in->user_id != 0 ? OK : refuse(log_in, err);
}

static enum err_code find_out(struct http_call *call, struct log_in *log_in, struct err *err) {
    struct json_value *body;

    if (log_in->identity->user_id != 0 && log_in->identity->session_id == 0) {
        log_in->user_id = log_in->identity->user_id; /* the Authorization header was right */
        return OK;
    }
    log_in->identity->key_id = 0; /* not that of an older cookie */
    TRY(log_in_limits_check(log_in->identity->app->log_in_limits, log_in->name, call->peer, clock_mono_ms(), err));
    if (call->body.len == 0)
        return refuse(log_in, err);
    TRY(json_parse(&body, call->body, JSON_STRICT, call->arena, err));
    struct str key = json_get_str(body, STR("key")), password = json_get_str(body, STR("password"));
    if (key.ptr != NULL)
        return check_key(log_in, key, err);
    log_in->name = json_get_str(body, STR("username"));
    if (log_in->identity->app->refuses_passwords)
        return err_set(err, ERR_FORBIDDEN, "nobody logs in with a password here: give an API key as \"key\", or log in at the provider");
    if (log_in->name.ptr == NULL || password.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "log in with \"username\" and \"password\", or with \"key\"");
    TRY(log_in_limits_check(log_in->identity->app->log_in_limits, log_in->name, call->peer, clock_mono_ms(), err));
    return check_password(log_in, password, err);
}

/* ---- the cookie ---- */

static enum err_code begin(struct db_tx *tx, void *context, struct err *err) {
    struct log_in *log_in = context;
    const struct identity *identity = log_in->identity;
    struct actor actor = { log_in->user_id, identity->key_id, identity->address };
    struct user *user;
    TRY(user_find_by_id(tx, log_in->user_id, identity->arena, &user, err));
    const struct new_session wanted = { .user = user, .key_id = identity->key_id, .life_ms = SESSION_LIFE_MS };
    return session_create(tx, identity->app->secrets, &wanted, &actor, identity->arena, &log_in->cookie, err);
}

void session_set_cookie(struct http_call *call, struct str value, int64_t life_s) {
    http_add_header(call, STR("Set-Cookie"),
                    arena_printf(call->arena, SESSION_COOKIE "=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
                                 STR_ARG(value), (long long)life_s, call->is_secure ? "; Secure" : ""));
}

static void answer_cookie(struct http_call *call, struct str value, int64_t life_s) {
    session_set_cookie(call, value, life_s);
    http_add_header(call, STR("Cache-Control"), STR("no-store"));
    http_set_status(call, 204);
}

enum err_code session_answer_begin(struct http_call *call, struct err *err) {
    struct log_in log_in = { .identity = http_identity(call), .name = STR_EMPTY };
    TRY(find_out(call, &log_in, err));
    TRY(db_write(log_in.identity->app->db, begin, &log_in, err));
    answer_cookie(call, log_in.cookie, SESSION_LIFE_MS / 1000);
    return OK;
}

/* Another password ends all sessions; the browser that asked for it gets a new one. */
static enum err_code set_password(struct db_tx *tx, void *context, struct err *err) {
    struct log_in *log_in = context;
    const struct identity *identity = log_in->identity;
    struct actor actor = identity_actor(identity);
    struct user *user;
    TRY(user_find_by_id(tx, identity->user_id, identity->arena, &user, err));
    if (user->is_service)
        return err_set(err, ERR_FORBIDDEN, "a service account has keys and no password");
    TRY(user_set_password(tx, user, log_in->hash, &actor, err));
    if (identity->session_id != 0) {
        const struct new_session wanted = { .user = user, .key_id = 0, .life_ms = SESSION_LIFE_MS };
        TRY(session_create(tx, identity->app->secrets, &wanted, &actor, identity->arena, &log_in->cookie, err));
    }
    return identities_end(tx, err);
}

static enum err_code note_refused_password(struct db_tx *tx, void *context, struct err *err) {
    const struct identity *identity = context;
    struct actor actor = identity_actor(identity);
    return audit_add(tx, &actor, "password.refused", identity->entity_id, identity->username, err);
}

/* Whoever found a browser open must not make its person's account theirs. */
static enum err_code check_current(struct http_call *call, struct log_in *log_in, struct str current, struct err *err) {
    struct app *app = log_in->identity->app;
    bool is_right;
    TRY(db_read(app->db, find_password, log_in, err));
    if (log_in->hash.ptr == NULL)
        return OK; /* none until now: a key was enough */
    TRY(log_in_limits_check(app->log_in_limits, log_in->name, call->peer, clock_mono_ms(), err));
    TRY(password_verify(current.ptr == NULL ? STR_EMPTY : current, log_in->hash, &is_right, err));
    if (is_right)
        return OK;
    log_in_limits_count_failure(app->log_in_limits, log_in->name, log_in->identity->address, clock_mono_ms());
    TRY(db_write(app->db, note_refused_password, log_in->identity, err));
    return err_set(err, ERR_FORBIDDEN, "the current password is not right");
}

enum err_code session_answer_password(struct http_call *call, struct err *err) {
    struct log_in log_in = { .identity = http_identity(call), .name = http_identity(call)->username };
    struct app *app = log_in.identity->app;
    struct json_value *body;
    if (app->refuses_passwords)
        return err_set(err, ERR_FORBIDDEN, "nobody logs in with a password here");
    TRY(json_parse(&body, call->body, JSON_STRICT, call->arena, err));
    struct str wanted = json_get_str(body, STR("password"));
    if (wanted.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "give the new \"password\", and the \"current\" one if there is one");
    TRY(check_current(call, &log_in, json_get_str(body, STR("current")), err));
    TRY(password_hash(wanted, call->arena, &log_in.hash, err));
    TRY(db_write(app->db, set_password, &log_in, err));
    identities_forget(app->identities);
    if (log_in.cookie.ptr != NULL)
        answer_cookie(call, log_in.cookie, SESSION_LIFE_MS / 1000);
    else
        http_set_status(call, 204);
    return OK;
}

static enum err_code end(struct db_tx *tx, void *context, struct err *err) {
    const struct identity *identity = context;
    struct actor actor = identity_actor(identity);
    TRY(session_end(tx, identity->session_id, &actor, err));
    return identities_end(tx, err);
}

enum err_code session_answer_end(struct http_call *call, struct err *err) {
    struct identity *identity = http_identity(call);
    if (identity->session_id != 0) {
        TRY(db_write(identity->app->db, end, identity, err));
        identities_forget(identity->app->identities);
    }
    answer_cookie(call, STR_EMPTY, 0);
    return OK;
}

static enum err_code end_with_passwords(struct db_tx *tx, void *context, struct err *err) {
    TRY(session_end_with_passwords(tx, context, err));
    return identities_end(tx, err);
}

enum err_code session_end_with_passwords_off(struct app *app, struct err *err) {
    int64_t count = 0;
    if (!app->refuses_passwords)
        return OK;
    TRY(db_write(app->db, end_with_passwords, &count, err));
    if (count > 0)
        log_info("ended %lld sessions that were begun with a password", (long long)count);
    return OK;
}
