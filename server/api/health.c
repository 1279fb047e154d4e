/* health.c - see health.h. */
#include "server/api/health.h"

#include "base/clock.h"
#include "server/api/app.h"
#include "server/store/db/db.h"

#include <unistd.h>

enum err_code health_answer_alive(struct http_call *call, struct err *err) {
    (void)err;
    buf_append_str(http_body(call), STR("{\"status\":\"alive\",\"version\":\"" BAROGRAPH_VERSION "\"}"));
    return OK;
}

static enum err_code ask_nothing(struct db_tx *tx, void *context, struct err *err) {
    struct db_rows *rows;
    (void)context;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "select 1", err));
    while (db_next(rows))
        ;
    return db_end(rows, err);
}

enum err_code health_answer_ready(struct http_call *call, struct err *err) {
    const struct app *app = call->app;
    TRY(db_read(app->db, ask_nothing, NULL, err));
    buf_append_str(http_body(call), STR("{\"status\":\"ready\"}"));
    return OK;
}

struct gauge {
    const char *name, *type, *help;
    double value;
};

static double resident_bytes(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    (void)fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double processor_seconds(void) {
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void append_gauges(struct buf *out, const struct gauge *gauges, size_t count) {
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", gauges[i].name, gauges[i].help, gauges[i].name, gauges[i].type,
                   gauges[i].name, gauges[i].value);
}

enum err_code health_answer_metrics(struct http_call *call, struct err *err) {
    const struct app *app = call->app;
    struct db_stats store = db_get_stats(app->db);
    const struct gauge gauges[] = {
        { "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes() },
        { "process_cpu_seconds_total", "counter", "Processor time used.", processor_seconds() },
        { "barograph_disk_low", "gauge", "1 while rows and files are refused because the disk is nearly full.", app->is_disk_low ? 1 : 0 },
        { "process_start_time_seconds", "gauge", "When the server was started, in Unix seconds.", (double)app->started_at_ms / 1000 },
        { "barograph_store_works_total", "counter", "Changes written to the store.", (double)store.works },
        { "barograph_store_commits_total", "counter", "Commits that those changes shared.", (double)store.commits },
        { "barograph_store_checkpoints_total", "counter", "Checkpoints of the write-ahead log.", (double)store.checkpoints },
        { "barograph_store_log_bytes", "gauge", "Size of the write-ahead log.", (double)store.log_bytes },
        { "barograph_store_queued_works", "gauge", "Changes that wait for the writer.", (double)store.queued_works },
        { "barograph_store_slow_reads_total", "counter", "Reads that were ended by their deadline.", (double)store.slow_reads },
    };
    (void)err;
    http_set_type(call, STR("text/plain; version=0.0.4; charset=utf-8"));
    append_gauges(http_body(call), gauges, sizeof gauges / sizeof gauges[0]);
    http_server_metrics(app->http, http_body(call));
    return OK;
}
