/* embed.c - see embed.h. */
#include "server/api/projects/embed.h"

#include "server/api/identity.h"
#include "server/api/place.h"
#include "server/api/projects/shared.h"

struct embed {
    struct http_call *call;
    struct str entity, project, run, token;
};

bool embed_may_be_framed(const struct http_call *call) {
    return str_starts_with(call->path, STR("/shared/"));
}

/* "/alice/mnist/runs/abc123". Browsers name what a page is fetched for where the address is one of theirs to trust. */
static bool is_asked(struct embed *embed) {
    struct http_call *call = embed->call;
    struct str rest, fetched_for = http_header(call, STR("sec-fetch-dest"));
    struct str runs;
    if (call->method != HTTP_GET || !str_eq(http_query(call, STR("jupyter")), STR("true")))
        return false;
    if (fetched_for.len > 0 && !str_eq(fetched_for, STR("iframe")))
        return false;
    return str_cut(str_from(call->path, 1), '/', &embed->entity, &rest) && str_cut(rest, '/', &embed->project, &rest) &&
           str_cut(rest, '/', &runs, &embed->run) && str_eq(runs, STR("runs")) && !str_contains(embed->run, STR("/"));
}

/* Nothing is kept, so that asking changes nothing: browsers send a cookie along with whatever others make them ask. */
static enum err_code sign(struct db_tx *tx, void *context, struct err *err) {
    struct embed *embed = context;
    struct identity *identity = http_identity(embed->call);
    struct run *run;
    TRY(place_find_run(tx, identity, embed->entity, embed->project, embed->run, 0, CAN_READ, &run, err));
    embed->token = shared_sign(identity, run);
    return OK;
}

enum err_code embed_answer(struct http_call *call, bool *is_sent, struct err *err) {
    struct embed embed = { .call = call };
    *is_sent = false;
    if (!is_asked(&embed))
        return OK;
    TRY(access_authorize(call, WHO_ANYONE, err));
    if (http_identity(call)->user_id == 0)
        return OK;
    enum err_code code = db_read(http_identity(call)->app->db, sign, &embed, err);
    if (code == ERR_NOT_FOUND || code == ERR_GONE)
        return OK; /* the page itself says so */
    if (code != OK)
        return code;
    http_set_status(call, 303);
    http_add_header(call, STR("Cache-Control"), STR("no-store"));
    http_add_header(call, STR("Location"), arena_printf(call->arena, "/shared/%.*s?jupyter=true", STR_ARG(embed.token)));
    *is_sent = true;
    return OK;
}
