/* exchange.c - see exchange.h: the stages of a request, run on workers. */
#include "server/http/exchange.h"

#include "server/http/response.h"

#include <assert.h>
#include <stddef.h>

enum {
    INFLATE_SLICE_BYTES = 1024, /* inflates to at most about 1 MiB */
    INFLATED_PIECE_BYTES_MAX = 4 * 1024 * 1024,
    RATIO_MAX = 200,            /* a JSON history of one repeated value reaches about 100 */
    RATIO_FREE_BYTES = 4 << 20, /* what may be inflated at any ratio */
};

struct exchange *exchange_create(struct arena *arena, const struct exchange_host *host) {
    struct exchange *exchange = ARENA_NEW(arena, struct exchange);
    exchange->call.arena = arena;
    exchange->call.app = host->app->context;
    exchange->call.target = exchange->call.path = exchange->call.query = STR_EMPTY;
    exchange->host = *host;
    atomic_init(&exchange->deferred_arrivals, 0);
    buf_init(&exchange->body, 0);
    response_init(&exchange->response);
    return exchange;
}

struct arena *exchange_destroy(struct exchange *exchange) {
    struct arena *arena = exchange->call.arena;
    assert(!exchange->sink_is_open);
    response_finish_memory(&exchange->response);
    buf_finish(&exchange->body);
    gzip_stream_destroy(exchange->inflater);
    return arena;
}

static void hand_over(struct exchange *exchange, enum exchange_result result) {
    exchange->result = result;
    exchange->host.hand_over(exchange->host.loop, exchange);
}

/* ---- bodies ---- */

static uint64_t inflated_max(const struct exchange *exchange) {
    uint64_t by_ratio = exchange->received_bytes * RATIO_MAX;
    uint64_t most = by_ratio > RATIO_FREE_BYTES ? by_ratio : RATIO_FREE_BYTES;
    return most < exchange->call.max_body_bytes ? most : exchange->call.max_body_bytes;
}

static enum err_code too_large(const struct exchange *exchange, struct err *err) {
    if (inflated_max(exchange) < exchange->call.max_body_bytes)
        return err_set(err, ERR_TOO_LARGE, "the body inflates to more than %d times its size", RATIO_MAX);
    return err_set(err, ERR_TOO_LARGE, "the body is larger than the limit of %llu bytes",
                   (unsigned long long)exchange->call.max_body_bytes);
}

static enum err_code inflate_whole(struct exchange *exchange, struct err *err) {
    struct buf inflated = BUF_INIT((size_t)inflated_max(exchange));
    enum err_code code = gzip_inflate(&inflated, buf_str(&exchange->body), err);
    if (code == ERR_TOO_LARGE)
        code = too_large(exchange, err);
    buf_finish(&exchange->body);
    exchange->body = inflated;
    return code;
}

static enum err_code add_to_sink(struct exchange *exchange, struct str bytes, struct err *err) {
    exchange->inflated_bytes += bytes.len;
    if (exchange->inflated_bytes > inflated_max(exchange) && exchange->is_gzip)
        return too_large(exchange, err);
    return exchange->call.route->sink->add(&exchange->call, exchange->sink_state, bytes, err);
}

static enum err_code add_inflated(struct exchange *exchange, struct str piece, struct err *err) {
    enum err_code code = OK;
    struct buf inflated = BUF_INIT(INFLATED_PIECE_BYTES_MAX);

    if (exchange->inflater == NULL)
        exchange->inflater = gzip_stream_create();
    while (code == OK && piece.len > 0) {
        struct str slice = str_slice(piece, 0, INFLATE_SLICE_BYTES);
        piece = str_from(piece, slice.len);
        code = gzip_stream_inflate(exchange->inflater, slice, &inflated, &exchange->inflater_is_done, err);
        if (code == OK && inflated.len > 0 && (inflated.len >= PIECE_BYTES || piece.len == 0)) {
            code = add_to_sink(exchange, buf_str(&inflated), err);
            buf_reset(&inflated);
        }
    }
    if (code == OK && exchange->body_is_complete && !exchange->inflater_is_done)
        code = err_set(err, ERR_BAD_INPUT, "the gzip body ends too early");
    buf_finish(&inflated);
    return code;
}

/* ---- stages ---- */

static enum err_code advance_sink(struct exchange *exchange, struct err *err) {
    const struct http_sink *sink = exchange->call.route->sink;
    struct str piece = buf_str(&exchange->body);

    if (exchange->is_gzip)
        TRY(add_inflated(exchange, piece, err));
    else if (piece.len > 0)
        TRY(add_to_sink(exchange, piece, err));
    buf_reset(&exchange->body);
    if (!exchange->body_is_complete) {
        exchange->result = EXCHANGE_WANTS_BODY;
        return OK;
    }
    exchange->sink_is_open = false;
    return sink->end(&exchange->call, exchange->sink_state, err);
}

static enum err_code authorize(struct exchange *exchange, struct err *err) {
    struct http_call *call = &exchange->call;

    TRY(exchange->host.app->authorize(call, call->route->who, err));
    exchange->is_authorized = true;
    if (exchange->framing.length > call->max_body_bytes || exchange->received_bytes > call->max_body_bytes)
        return err_set(err, ERR_TOO_LARGE, "the body is larger than the limit of %llu bytes", (unsigned long long)call->max_body_bytes);
    if (call->route->sink == NULL)
        return OK;
    TRY(call->route->sink->begin(call, &exchange->sink_state, err));
    exchange->sink_is_open = true;
    return OK;
}

static enum err_code advance(struct exchange *exchange, struct err *err) {
    struct http_call *call = &exchange->call;

    exchange->result = EXCHANGE_RESPONDS;
    if (call->route == NULL)
        return exchange->host.app->otherwise(call, err);
    if (!exchange->is_authorized)
        TRY(authorize(exchange, err));
    if (call->route->sink != NULL)
        return advance_sink(exchange, err);
    if (!exchange->body_is_complete) {
        exchange->result = EXCHANGE_WANTS_BODY;
        return OK;
    }
    if (exchange->is_gzip)
        TRY(inflate_whole(exchange, err));
    call->body = buf_str(&exchange->body);
    return call->route->answer(call, err);
}

static void cancel_sink(struct exchange *exchange) {
    if (!exchange->sink_is_open)
        return;
    exchange->sink_is_open = false;
    exchange->call.route->sink->cancel(exchange->sink_state);
}

static void respond(struct exchange *exchange) {
    response_finish(exchange);
    hand_over(exchange, EXCHANGE_RESPONDS);
}

static struct exchange *exchange_of_work(struct work *work) {
    return (struct exchange *)(void *)((char *)work - offsetof(struct exchange, work));
}

static void run_respond(struct work *work) {
    respond(exchange_of_work(work));
}

static void run_advance(struct work *work) {
    struct exchange *exchange = exchange_of_work(work);
    struct err err = { 0 };
    enum err_code code = advance(exchange, &err);

    assert(code == OK || !exchange->is_deferred);
    if (code != OK) {
        cancel_sink(exchange);
        http_send_error(&exchange->call, code, &err);
        exchange->result = EXCHANGE_RESPONDS;
    }
    if (exchange->result == EXCHANGE_WANTS_BODY)
        hand_over(exchange, EXCHANGE_WANTS_BODY);
    else if (!exchange->is_deferred || atomic_fetch_add(&exchange->deferred_arrivals, 1) == 1)
        respond(exchange);
}

static void run_produce(struct work *work) {
    struct exchange *exchange = exchange_of_work(work);
    bool has_piece = response_produce(exchange);
    hand_over(exchange, has_piece ? EXCHANGE_HAS_PIECE : EXCHANGE_BROKEN);
}

void exchange_release(struct exchange *exchange) {
    cancel_sink(exchange);
    response_end_stream(&exchange->response);
}

static void run_abandon(struct work *work) {
    struct exchange *exchange = exchange_of_work(work);
    exchange_release(exchange);
    hand_over(exchange, EXCHANGE_RELEASED);
}

static void give_to_worker(struct exchange *exchange, void (*run)(struct work *)) {
    exchange->work.run = run;
    worker_pool_add(exchange->host.workers, &exchange->work);
}

void exchange_continue(struct exchange *exchange) {
    bool is_streaming = exchange->response.producer_is_open;
    give_to_worker(exchange, is_streaming ? run_produce : run_advance);
}

void exchange_abandon(struct exchange *exchange) {
    give_to_worker(exchange, run_abandon);
}

bool exchange_holds_something(const struct exchange *exchange) {
    return exchange->sink_is_open || exchange->response.producer_is_open;
}

static void set_refusal(struct exchange *exchange) {
    response_set_error(exchange, exchange->refusal.status, exchange->refusal.name,
                       exchange->refusal.err.message);
    response_finish(exchange);
}

static void run_refuse(struct work *work) {
    struct exchange *exchange = exchange_of_work(work);
    cancel_sink(exchange);
    set_refusal(exchange);
    hand_over(exchange, EXCHANGE_RESPONDS);
}

bool exchange_refuse(struct exchange *exchange, int status, const char *name, const struct err *err) {
    exchange->refusal.status = status != 0 ? status : err_http_status(err->code);
    exchange->refusal.name = name != NULL ? name : err_name(err->code);
    exchange->refusal.err = *err;
    if (exchange->sink_is_open || exchange->keeps_alive) {
        give_to_worker(exchange, run_refuse);
        return false;
    }
    set_refusal(exchange);
    return true;
}

/* ---- deferred calls ---- */

static struct exchange *exchange_of(struct http_call *call) {
    return (struct exchange *)(void *)call; /* its first member */
}

void http_defer(struct http_call *call) {
    assert(!exchange_of(call)->sink_is_open);
    exchange_of(call)->is_deferred = true;
}

void http_complete(struct http_call *call, enum err_code code, const struct err *err) {
    struct exchange *exchange = exchange_of(call);

    assert(exchange->is_deferred);
    if (code != OK)
        http_send_error(call, code, err);
    if (atomic_fetch_add(&exchange->deferred_arrivals, 1) == 0)
        return; /* the handler has not returned yet; its worker finishes */
    if (response_finishes_quickly(exchange))
        respond(exchange);
    else
        give_to_worker(exchange, run_respond);
}
