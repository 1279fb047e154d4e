/* history_files.c - see history_files.h. */
#include "server/api/runs/history_files.h"

#include "server/history/history.h"
#include "server/store/runs/run.h"

struct str history_files_link(const struct identity *identity, struct str name, struct arena *arena) {
    return link_signed(identity, LINK_GET, arena_printf(arena, "/signed/history/%.*s", STR_ARG(name)), arena);
}

enum { READERS_AT_ONCE = 64 };

struct request {
    struct http_call *call;
    struct str name; /* of the file */
};

static enum err_code check_run(struct db_tx *tx, struct identity *identity, int64_t run_id, struct err *err) {
    struct run *run;
    TRY(run_find_by_id(tx, run_id, 0, identity->arena, &run, err));
    return access_check_in(tx, identity, &run->owner, CAN_READ, err);
}

/* A link is dead when the right to what it shows is. A file belongs to a run and to its forks, whichever of them is
 * still there: the right to one of them is enough. */
static enum err_code check(struct db_tx *tx, void *context, struct err *err) {
    struct request *request = context;
    int64_t runs[READERS_AT_ONCE], after = INT64_MIN;
    size_t count;

    do {
        TRY(history_find_readers(tx, request->name, after, READERS_AT_ONCE, runs, &count, err));
        for (size_t i = 0; i < count; i++) {
            enum err_code code = check_run(tx, http_identity(request->call), runs[i], err);
            if (code != ERR_NOT_FOUND && code != ERR_FORBIDDEN)
                return code;
            after = runs[i];
        }
    } while (count == READERS_AT_ONCE);
    return err_set(err, ERR_NOT_FOUND, "there is no such file");
}

enum err_code history_files_answer(struct http_call *call, struct err *err) {
    struct app *app = call->app;
    struct str name = arena_printf(call->arena, "%.*s/%.*s", STR_ARG(call->params[0]), STR_ARG(call->params[1]));
    struct request request = { .call = call, .name = name };
    int64_t size_bytes;
    int fd;

    TRY(db_read(app->db, check, &request, err));
    TRY(history_open_file(app->history, name, &fd, &size_bytes, err));
    http_set_type(call, STR("application/vnd.apache.parquet"));
    /* Segment names are random and never used again. */
    http_add_header(call, STR("Cache-Control"), STR("private, max-age=31536000, immutable"));
    http_send_file(call, fd, 0, (uint64_t)size_bytes, arena_printf(call->arena, "\"%.*s\"", STR_ARG(call->params[1])));
    return OK;
}
