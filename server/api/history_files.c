/* history_files.c - see history_files.h. */
#include "server/api/history_files.h"

#include "server/history/history.h"
#include "server/store/run.h"

struct str history_files_link(const struct identity *identity, struct str name, struct arena *arena) {
    return link_signed(identity, LINK_GET, arena_printf(arena, "/signed/history/%.*s", STR_ARG(name)), arena);
}

struct request {
    struct http_call *call;
    int64_t run_id;
};

/* A link is dead when the run is, or the right to it. A forked run's files lie under its parent's number, so the link
 * that was signed names the file, and the right is that of the run the file belongs to. */
static enum err_code check(struct db_tx *tx, void *context, struct err *err) {
    struct request *request = context;
    struct identity *identity = http_identity(request->call);
    struct run *run;
    TRY(run_find_by_id(tx, request->run_id, 0, identity->arena, &run, err));
    return access_check_in(tx, identity, &run->owner, CAN_READ, err);
}

enum err_code history_files_answer(struct http_call *call, struct err *err) {
    struct app *app = call->app;
    struct request request = { .call = call };
    int64_t size_bytes;
    int fd;

    if (!str_to_i64(call->params[0], &request.run_id))
        return err_set(err, ERR_NOT_FOUND, "there is no such file");
    TRY(db_read(app->db, check, &request, err));
    struct str name = arena_printf(call->arena, "%.*s/%.*s", STR_ARG(call->params[0]), STR_ARG(call->params[1]));
    TRY(history_open_file(app->history, name, &fd, &size_bytes, err));
    http_set_type(call, STR("application/vnd.apache.parquet"));
    /* Segment names are random and never used again. */
    http_add_header(call, STR("Cache-Control"), STR("private, max-age=31536000, immutable"));
    http_send_file(call, fd, 0, (uint64_t)size_bytes, arena_printf(call->arena, "\"%.*s\"", STR_ARG(call->params[1])));
    return OK;
}
