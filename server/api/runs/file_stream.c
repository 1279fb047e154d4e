/* file_stream.c - see file_stream.h.
 *
 * A request is parsed on a worker and applied by a writing thread of the store's: rows, offsets, summary, console lines, heartbeat
 * and receipt move in one transaction, which requests of other runs share. The answer goes out after the commit.
 *
 * The official client gives a run up on most 4xx, so there are few: 401 and 403 for credentials, 404 for what the key
 * may not see, 410 for what was deleted, 400 for a body that is not JSON. A line that cannot be read is set aside.
 */
#include "server/api/runs/file_stream.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/api/place.h"
#include "server/api/projects/quota.h"
#include "server/api/runs/stream_body.h"
#include "server/store/runs/receipt.h"

#include <pthread.h>

/* Bodies keep the batches that learnt the shape of their rows; more than this are not kept when idle. */
enum { IDLE_BODIES_MAX = 32 };

static struct {
    pthread_mutex_t lock;
    struct stream_body *idle[IDLE_BODIES_MAX];
    size_t count;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct stream_request {
    struct http_call *call;
    struct app *app;
    struct stream_body *body;
    struct str entity_name, project_name, run_name;
    struct str stream; /* the writer in shared mode; otherwise empty */
    int64_t now_ms;
    struct run_stream_result result;
    bool is_seal_due;
    bool is_elsewhere;  /* the run is not plainly there: it has to be made, or to be looked for */
    struct err refusal; /* code OK: there is room */
};

static struct stream_body *take_body(void) {
    struct stream_body *body = NULL;
    (void)pthread_mutex_lock(&pool.lock);
    if (pool.count > 0)
        body = pool.idle[--pool.count];
    (void)pthread_mutex_unlock(&pool.lock);
    return body != NULL ? body : stream_body_create();
}

static void give_body(struct stream_body *body) {
    (void)pthread_mutex_lock(&pool.lock);
    if (pool.count < IDLE_BODIES_MAX) {
        pool.idle[pool.count++] = body;
        body = NULL;
    }
    (void)pthread_mutex_unlock(&pool.lock);
    stream_body_destroy(body);
}

/* ---- inside the transaction ---- */

/* A stream may arrive before its run is known here (the run was begun elsewhere, or offline): then it is made. */
static enum err_code ensure_run(struct stream_request *request, struct db_tx *tx, struct run **run, struct err *err) {
    struct identity *identity = http_identity(request->call);
    struct project *project;
    bool is_inserted;
    TRY(place_ensure_project(tx, identity, request->entity_name, request->project_name, request->now_ms, &project, err));
    TRY(run_ensure(tx, project->id, request->run_name, identity->user_id, request->now_ms, identity->arena, run, &is_inserted, err));
    /* A run that was moved is authorised where it is now. */
    return access_check_in(tx, identity, &(*run)->owner, CAN_WRITE, err);
}

static enum err_code append_rows(struct stream_request *request, struct db_tx *tx, int64_t run_id, struct err *err) {
    for (int kind = 0; kind < 2; kind++) {
        const struct stream_batches *batches = &request->body->batches[kind];
        for (size_t i = 0; i < batches->count; i++) {
            struct history_appended appended;
            TRY(history_append(request->app->history, tx, run_id, request->stream, (enum history_kind)kind, batches->items[i],
                               &appended, err));
            request->is_seal_due |= appended.is_seal_due;
        }
    }
    return OK;
}

static enum err_code keep_set_aside(struct stream_request *request, struct db_tx *tx, int64_t run_id, struct err *err) {
    for (size_t i = 0; i < request->body->set_aside_kept; i++) {
        const struct set_aside *line = &request->body->set_aside[i];
        TRY(set_aside_line_add(tx, run_id, str_from_c(line->file), line->line, line->reason, line->raw, request->now_ms, err));
    }
    return OK;
}

static enum err_code add_receipt(struct stream_request *request, struct db_tx *tx, int64_t run_id, int64_t rewritten,
                                 struct err *err) {
    const struct stream_body *body = request->body;
    struct stream_receipt receipt = {
        .request_count = 1,
        .byte_count = (int64_t)request->call->body.len,
        .console_line_count = (int64_t)body->console_count,
        .console_rewritten_count = rewritten,
        .set_aside_count = body->set_aside_count,
        .set_aside_bytes = body->set_aside_bytes,
        .summary_count = body->summary_count,
        .client_dropped_count = body->client_dropped_count,
        .repaired_count = body->repaired_count,
        .last_at = request->now_ms,
    };
    return stream_receipt_add(tx, run_id, &receipt, err);
}

/* The client keeps what it has and tries again; the run is alive meanwhile, and its receipt says what happened. */
static enum err_code note_refusal(struct stream_request *request, struct db_tx *tx, const struct run *run, struct err *err) {
    const struct stream_receipt receipt = { .request_count = 1, .quota_refused_count = 1, .last_at = request->now_ms };
    const struct run_stream_change nothing = { 0 };
    TRY(stream_receipt_add(tx, run->id, &receipt, err));
    return run_apply_stream(tx, run, &nothing, request->now_ms, &request->result, err);
}

static enum err_code apply_to(struct stream_request *request, struct db_tx *tx, const struct run *run, struct err *err) {
    const struct stream_body *body = request->body;
    int64_t rewritten = 0;

    request->refusal.code = OK;
    if (quota_check(request->app->quota, &run->owner, &request->refusal) != OK)
        return note_refusal(request, tx, run, err);
    TRY(append_rows(request, tx, run->id, err));
    TRY(console_write(tx, run->id, request->stream, body->console, body->console_count, &rewritten, err));
    TRY(keep_set_aside(request, tx, run->id, err));
    TRY(add_receipt(request, tx, run->id, rewritten, err));
    struct run_stream_change change = {
        .summary = body->summary,
        .is_preempting = body->is_preempting,
        .is_complete = body->is_complete,
        .exit_code = (int32_t)body->exit_code,
    };
    TRY(run_apply_stream(tx, run, &change, request->now_ms, &request->result, err));
    /* A run that had ended before may have got more rows with this. */
    if (!request->result.is_terminal_now && !body->is_complete)
        return OK;
    request->is_seal_due = true;
    return history_finish_run(tx, run->id, err);
}

/* The ordinary case: the run is there and stays locked. */
static enum err_code append(struct db_tx *tx, void *context, struct err *err) {
    struct stream_request *request = context;
    struct run *run;
    TRY(place_find_stream(tx, http_identity(request->call), request->entity_name, request->project_name, request->run_name, &run, err));
    request->is_elsewhere = run == NULL;
    return run != NULL ? apply_to(request, tx, run, err) : OK;
}

/* Any case. */
static enum err_code apply(struct db_tx *tx, void *context, struct err *err) {
    struct stream_request *request = context;
    struct run *run;
    request->is_elsewhere = false;
    TRY(ensure_run(request, tx, &run, err));
    return apply_to(request, tx, run, err);
}

static void applied(void *context, enum err_code code, const struct err *err) {
    struct stream_request *request = context;
    struct http_call *call = request->call;
    if (code == OK && request->is_elsewhere) {
        db_write_later(request->app->db, apply, request, applied);
        return;
    }
    give_body(request->body);
    quota_leave(request->app->quota, http_identity(call)->user_id);
    if (code == OK && request->refusal.code != OK) {
        http_complete(call, request->refusal.code, &request->refusal);
        return;
    }
    if (code == OK)
        buf_append_str(http_body(call), request->result.is_stop_requested ? STR("{\"stopped\":true}") : STR("{}"));
    if (code == OK && request->is_seal_due)
        history_wake(request->app->history);
    http_complete(call, code, err);
}

/* ---- on the worker ---- */

static struct str writer_of(const struct http_call *call) {
    struct str is_shared = http_header(call, STR("x-wandb-use-async-filestream"));
    struct str writer = http_header(call, STR("x-wandb-async-client-id"));
    return str_eq_ignore_case(is_shared, STR("true")) && writer.ptr != NULL ? writer : STR_EMPTY;
}

/* Exit codes are 32 bits; what does not fit still says that the run did not end well. */
static void bound_exit_code(struct stream_body *body) {
    if (body->exit_code < INT32_MIN || body->exit_code > INT32_MAX)
        body->exit_code = 1;
}

/* JSON as clients send it, or rows of one file as an Arrow stream: what imports. */
static enum err_code parse(struct stream_request *request, struct err *err) {
    struct http_call *call = request->call;
    int64_t offset = 0;

    if (!str_eq_ignore_case(http_header(call, STR("content-type")), STR("application/vnd.apache.arrow.stream")))
        return stream_body_parse(request->body, call->body, call->arena, err);
    struct str file = http_query(call, STR("file")), text = http_query(call, STR("offset"));
    bool is_events = str_eq(file, STR("wandb-events.jsonl"));
    if ((!is_events && !str_eq(file, STR("wandb-history.jsonl"))) || !str_to_i64(text, &offset))
        return err_set(err, ERR_BAD_INPUT, "an Arrow stream needs ?file=wandb-history.jsonl (or wandb-events.jsonl) and &offset=");
    return stream_body_take_table(request->body, call->body, is_events ? HISTORY_EVENTS : HISTORY_ROWS, offset, call->arena, err);
}

/* Requests of one run, which lock it, have one key at all servers. */
static uint64_t key_of(const struct stream_request *request) {
    uint64_t key = 0;
    const struct str names[] = { request->project_name, request->run_name };
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 0; at < names[i].len; at++)
            key = (key ^ (unsigned char)names[i].ptr[at]) * UINT64_C(0x100000001b3);
    return key;
}

enum err_code file_stream_answer(struct http_call *call, struct err *err) {
    struct stream_request *request = ARENA_NEW(call->arena, struct stream_request);
    *request = (struct stream_request){
        .call = call,
        .app = call->app,
        .body = take_body(),
        .entity_name = call->params[0],
        .project_name = call->params[1],
        .run_name = call->params[2],
        .stream = writer_of(call),
        .now_ms = clock_wall_ms(),
    };
    enum err_code code = request->app->is_disk_low ? err_set(err, ERR_FULL, "the server's disk is nearly full") : OK;
    if (code == OK && request->stream.len > HISTORY_STREAM_BYTES_MAX)
        code = err_set(err, ERR_BAD_INPUT, "the writer's name is longer than %d bytes", HISTORY_STREAM_BYTES_MAX);
    if (code == OK)
        code = parse(request, err);
    if (code == OK)
        code = quota_enter(request->app->quota, http_identity(call)->user_id, err);
    if (code != OK) {
        give_body(request->body);
        return code;
    }
    bound_exit_code(request->body);
    http_defer(call);
    db_append_later(request->app->db, key_of(request), append, request, applied);
    return OK;
}
