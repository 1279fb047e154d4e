/* live.c - see live.h. */
#include "server/api/charts/live.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "server/api/accounts/session.h"
#include "server/api/charts/live_chart.h"
#include "server/api/charts/live_log.h"
#include "server/api/identity.h"
#include "server/http/websocket.h"

#include <pthread.h>

enum {
    LOOK_MS = 150,           /* between two looks, while somebody watches */
    AUTHORIZE_MS = 5 * 1000, /* rights and sessions are looked up again */
    CLIENTS_MAX = 2000,
    CLIENTS_PER_USER_MAX = 100,
    PUSH_MS_MAX = 25,        /* of a look, for the charts of one page; what is left, the page asks for */
    PUSH_ALL_MS_MAX = 100,   /* for those of all pages */
};

struct live_client {
    struct live *live;
    struct live_client *next;
    struct websocket *socket;

    /* guarded by the lock */
    struct buf message; /* the latest; an older one that nobody has read is of no interest any more */
    bool has_message, is_gone;

    /* the thread's */
    struct live_watches watches;
    struct live_charts charts;
    struct live_logs logs;
    int64_t user_id, key_id, authorized_ms;
    uint64_t generation; /* of the identities, when it was authorized */
    char *cookie; /* NULL: it came with a key */
};

struct live {
    struct app *app;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wakes;
    struct live_client *clients;
    size_t client_count;
    size_t series_count; /* that pages draw, of all clients; the thread's */
    struct live_time push_time; /* of this look; the thread's */
    bool is_stopping;
};

/* ---- coming and going ---- */

static void free_client(struct live_client *client) {
    websocket_release(client->socket);
    live_watches_finish(&client->watches);
    if (client->charts.count > 0) /* the thread's */
        client->live->series_count -= client->charts.series_count;
    live_charts_finish(&client->charts);
    live_logs_finish(&client->logs);
    buf_finish(&client->message);
    free(client->cookie);
    free(client);
}

static bool receive(void *state, struct str text) {
    struct live_client *client = state;
    struct live *live = client->live;
    (void)pthread_mutex_lock(&live->lock);
    buf_reset(&client->message);
    buf_append_str(&client->message, text);
    client->has_message = true;
    (void)pthread_cond_signal(&live->wakes);
    (void)pthread_mutex_unlock(&live->lock);
    return true;
}

static void end(void *state) {
    struct live_client *client = state;
    struct live *live = client->live;
    (void)pthread_mutex_lock(&live->lock);
    client->is_gone = true;
    (void)pthread_cond_signal(&live->wakes);
    (void)pthread_mutex_unlock(&live->lock);
}

static const struct websocket_handler handler = { receive, end };

static enum err_code add_client(struct live *live, struct live_client *client, struct err *err) {
    size_t of_user = 0;
    (void)pthread_mutex_lock(&live->lock);
    for (const struct live_client *other = live->clients; other != NULL; other = other->next)
        of_user += other->user_id == client->user_id && !other->is_gone;
    bool has_room = live->client_count < CLIENTS_MAX && of_user < CLIENTS_PER_USER_MAX;
    if (has_room) {
        client->next = live->clients;
        live->clients = client;
        live->client_count++;
    }
    (void)pthread_mutex_unlock(&live->lock);
    return has_room ? OK : err_set(err, ERR_BUSY, "too many pages are open");
}

/* A page of somebody else's could open a websocket with its visitor's cookie, and read. */
static enum err_code check_origin(const struct http_call *call, struct err *err) {
    struct str origin = http_header(call, STR("Origin"));
    bool needs_origin = http_identity(call)->session_id != 0;
    if (access_is_own_origin(call) || (!needs_origin && origin.ptr == NULL))
        return OK;
    return err_set(err, ERR_FORBIDDEN, "a browser's request must come from the server's own page");
}

enum err_code live_answer(struct http_call *call, struct err *err) {
    struct identity *identity = http_identity(call);
    struct live *live = identity->app->live;

    TRY(check_origin(call, err));
    struct live_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        log_fatal("out of memory: cannot hold a page");
    struct str cookie = identity->session_id != 0 ? http_cookie(call, STR(SESSION_COOKIE)) : (struct str){ NULL, 0 };
    client->live = live;
    client->user_id = identity->user_id;
    client->key_id = identity->key_id;
    client->cookie = cookie.ptr == NULL ? NULL : strndup(cookie.ptr, cookie.len);
    buf_init(&client->message, WEBSOCKET_MESSAGE_BYTES_MAX);
    client->socket = websocket_create(&handler, client);
    enum err_code code = add_client(live, client, err);
    if (code != OK) {
        free_client(client);
        return code;
    }
    return http_send_websocket(call, client->socket, err); /* also when it fails, end was called */
}

/* ---- looking ---- */

struct look {
    struct live_client *client;
    struct arena *arena;
    bool is_unknown; /* the key or the session is gone */
    struct live_news news[LIVE_WATCHES_MAX];
    struct live_lines lines[LIVE_LOGS_MAX];
};

static enum err_code identify(struct look *look, struct identity *identity, struct err *err) {
    struct live_client *client = look->client;
    *identity = (struct identity){ .app = client->live->app, .arena = look->arena };
    if (client->cookie != NULL)
        return identity_from_cookie(identity, str_from_c(client->cookie), err);
    return identity_from_link(identity, client->user_id, client->key_id, 0, err);
}

static enum err_code authorize(struct db_tx *tx, void *context, struct err *err) {
    struct look *look = context;
    struct identity identity;
    TRY(identify(look, &identity, err));
    look->is_unknown = identity.user_id == 0;
    if (look->is_unknown)
        return OK;
    return live_watches_authorize(&look->client->watches, tx, &identity, err);
}

static enum err_code read_news(struct db_tx *tx, void *context, struct err *err) {
    struct look *look = context;
    const struct live_watches *watches = &look->client->watches;
    struct live_logs *logs = &look->client->logs;

    for (size_t i = 0; i < watches->count; i++) {
        look->news[i] = (struct live_news){ 0 };
        if (watches->items[i].project_id != 0)
            TRY(live_watch_read_news(&watches->items[i], tx, look->arena, &look->news[i], err));
        live_logs_hear(logs, &watches->items[i], &look->news[i]);
    }
    for (size_t i = 0; i < logs->count; i++)
        TRY(live_log_read_lines(&logs->items[i], watches, tx, look->arena, &look->lines[i], err));
    return OK;
}

/* The points first: a page that hears of lines it has not got asks for them. */
static enum err_code push_points(struct live_client *client, const struct live_watch *watch, const struct live_news *news,
                                 const struct live_time *time, struct err *err) {
    struct live *live = client->live;
    if (client->charts.count == 0 || news->count > LIVE_RUNS_PER_MESSAGE || live_time_is_up(&live->push_time))
        return OK;
    size_t before = client->charts.series_count;
    enum err_code code = live_charts_push(&client->charts, live->app->history, watch, news->runs, news->count, client->socket, time, err);
    live->series_count -= before - client->charts.series_count;
    return code;
}

/* What could not be sent is told at the next look, with what has come until then. */
static void tell(struct look *look) {
    struct live_watches *watches = &look->client->watches;
    struct buf text = BUF_INIT(WEBSOCKET_QUEUE_BYTES_MAX / 2);
    const struct live_time time = live_time_from_now(PUSH_MS_MAX);
    struct err err;

    for (size_t i = 0; i < watches->count; i++) {
        const struct live_news *news = &look->news[i];
        bool is_told = news->count == 0;
        if (!is_told) {
            buf_reset(&text);
            if (push_points(look->client, &watches->items[i], news, &time, &err) != OK)
                log_warn("cannot push what is new of a chart: %s", err.message);
            live_watch_write_news(&watches->items[i], news, &text);
            is_told = !text.failed && websocket_send(look->client->socket, buf_str(&text));
        }
        if (is_told && watches->items[i].project_id != 0)
            watches->items[i].version = news->version;
    }
    for (size_t i = 0; i < look->client->logs.count; i++)
        live_log_push(&look->client->logs.items[i], &look->lines[i], look->client->socket, look->arena);
    buf_finish(&text);
}

static void say_who_is_watched(const struct live_client *client, struct buf *text) {
    const struct live_watches *watches = &client->watches;
    buf_append_str(text, STR("{\"type\":\"watching\",\"watching\":["));
    for (size_t i = 0; i < watches->count; i++)
        buf_printf(text, "%s%s", i > 0 ? "," : "", watches->items[i].project_id != 0 ? "true" : "false");
    buf_append_str(text, STR("],\"charts\":["));
    for (size_t i = 0; i < client->charts.count; i++)
        buf_printf(text, "%s%lld", i > 0 ? "," : "", (long long)client->charts.items[i]->id);
    buf_append_str(text, STR("]}"));
}

static enum err_code read_charts(struct live_client *client, struct str message, struct arena *arena, struct err *err) {
    struct live *live = client->live;
    size_t others = live->series_count - client->charts.series_count;
    size_t room = others < LIVE_SERIES_OF_ALL_MAX ? LIVE_SERIES_OF_ALL_MAX - others : 0;
    enum err_code code = live_charts_read(&client->charts, message, room, arena, err);
    live->series_count = others + client->charts.series_count;
    return code;
}

static enum err_code look_at(struct look *look, struct str message, struct err *err) {
    struct live_client *client = look->client;
    struct db *db = client->live->app->db;
    int64_t now_ms = clock_mono_ms();

    if (message.ptr != NULL) {
        TRY(live_watches_read(&client->watches, message, look->arena, err));
        TRY(live_logs_read(&client->logs, message, look->arena, err));
        TRY(read_charts(client, message, look->arena, err));
    }
    uint64_t generation = identities_generation(client->live->app->identities);
    if (message.ptr != NULL || generation != client->generation || now_ms - client->authorized_ms >= AUTHORIZE_MS) {
        TRY(db_read(db, authorize, look, err));
        client->authorized_ms = now_ms;
        client->generation = generation;
    }
    if (message.ptr != NULL) {
        struct buf text = BUF_INIT(4096);
        say_who_is_watched(client, &text);
        (void)websocket_send(client->socket, buf_str(&text));
        buf_finish(&text);
    }
    if (client->watches.count == 0 || look->is_unknown)
        return OK;
    TRY(db_read(db, read_news, look, err));
    tell(look);
    return OK;
}

static void look_after(struct live_client *client, struct str message, struct arena *arena) {
    struct look look = { .client = client, .arena = arena };
    struct err err = { 0 };
    enum err_code code = look_at(&look, message, &err);
    if (code == ERR_BAD_INPUT || look.is_unknown)
        websocket_close(client->socket, WEBSOCKET_POLICY);
    else if (code != OK)
        log_warn("cannot look for what changed: %s", err.message);
}

/* ---- the thread ---- */

static void remove_gone(struct live *live) {
    for (struct live_client **at = &live->clients; *at != NULL;) {
        struct live_client *client = *at;
        if (!client->is_gone) {
            at = &client->next;
            continue;
        }
        *at = client->next;
        live->client_count--;
        free_client(client);
    }
}

/* The lock is held, and given away while looking; new clients come in at the front, and only this thread removes any. */
static void look_after_all(struct live *live, struct arena *arena) {
    live->push_time = live_time_from_now(PUSH_ALL_MS_MAX);
    for (struct live_client *client = live->clients; client != NULL; client = client->next) {
        struct str message = { NULL, 0 };
        if (client->has_message)
            message = arena_copy(arena, buf_str(&client->message));
        client->has_message = false;
        (void)pthread_mutex_unlock(&live->lock);
        look_after(client, message, arena);
        arena_reset(arena);
        (void)pthread_mutex_lock(&live->lock);
    }
}

static void pause(struct live *live) {
    if (live->clients == NULL)
        (void)pthread_cond_wait(&live->wakes, &live->lock);
    else
        (void)os_cond_wait_until(&live->wakes, &live->lock, clock_mono_ms() + LOOK_MS);
}

static void *watch(void *context) {
    struct live *live = context;
    struct arena *arena = arena_create();
    (void)pthread_mutex_lock(&live->lock);
    while (!live->is_stopping) {
        remove_gone(live);
        look_after_all(live, arena);
        if (!live->is_stopping)
            pause(live);
    }
    (void)pthread_mutex_unlock(&live->lock);
    arena_destroy(arena);
    return NULL;
}

struct live *live_create(struct app *app) {
    struct live *live = calloc(1, sizeof *live);
    if (live == NULL)
        log_fatal("out of memory: cannot follow what changes");
    live->app = app;
    (void)pthread_mutex_init(&live->lock, NULL);
    os_cond_init(&live->wakes);
    if (pthread_create(&live->thread, NULL, watch, live) != 0)
        log_fatal("cannot start the thread that follows what changes");
    return live;
}

void live_destroy(struct live *live) {
    if (live == NULL)
        return;
    (void)pthread_mutex_lock(&live->lock);
    live->is_stopping = true;
    (void)pthread_cond_signal(&live->wakes);
    (void)pthread_mutex_unlock(&live->lock);
    (void)pthread_join(live->thread, NULL);
    while (live->clients != NULL) {
        struct live_client *client = live->clients;
        live->clients = client->next;
        free_client(client);
    }
    (void)pthread_cond_destroy(&live->wakes);
    (void)pthread_mutex_destroy(&live->lock);
    free(live);
}
