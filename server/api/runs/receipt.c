/* receipt.c - see receipt.h. */
#include "server/api/runs/receipt.h"

#include "base/clock.h"
#include "server/api/place.h"
#include "server/history/history.h"
#include "server/store/runs/receipt.h"
#include "server/store/runs/run_file.h"

/* Of each list at most so many are named; the counts beside them are of all. */
enum { NAMED_MAX = 100, STEPS_LOOKED_AT_MAX = 100000 };

struct receipt {
    struct app *app;
    struct arena *arena;
    struct json_writer *out;
    int64_t run_id, now_ms;
    struct stream_receipt stream;
    struct list set_aside, missing_uploads;
    int64_t file_count, missing_count, file_bytes;
};

static enum err_code read_store(struct db_tx *tx, void *context, struct err *err) {
    struct receipt *receipt = context;
    receipt->set_aside = receipt->missing_uploads = (struct list){ 0 };
    TRY(stream_receipt_get(tx, receipt->run_id, &receipt->stream, err));
    TRY(set_aside_line_list(tx, receipt->run_id, NAMED_MAX, receipt->arena, &receipt->set_aside, err));
    TRY(missing_upload_list(tx, receipt->run_id, receipt->now_ms, NAMED_MAX, receipt->arena, &receipt->missing_uploads, err));
    return run_file_count(tx, receipt->run_id, &receipt->file_count, &receipt->missing_count, &receipt->file_bytes, err);
}

/* ---- writing ---- */

static void write_count(struct receipt *receipt, struct str key, int64_t value) {
    json_key(receipt->out, key);
    json_int(receipt->out, value);
}

static void write_time(struct receipt *receipt, struct str key, int64_t wall_ms) {
    char text[CLOCK_ISO_MAX];
    json_key(receipt->out, key);
    if (wall_ms == 0) {
        json_null(receipt->out);
        return;
    }
    clock_format_iso(text, wall_ms);
    json_string(receipt->out, str_from_c(text));
}

static void write_text(struct receipt *receipt, struct str key, struct str text) {
    json_key(receipt->out, key);
    json_string(receipt->out, text);
}

static enum err_code write_line_gaps(struct receipt *receipt, enum history_kind kind, struct err *err) {
    struct history_gap *gaps;
    size_t count;
    TRY(history_gaps(receipt->app->history, receipt->run_id, kind, NAMED_MAX, &gaps, &count, receipt->arena, err));
    json_key(receipt->out, STR("lineGaps"));
    json_array_begin(receipt->out);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(receipt->out);
        write_text(receipt, STR("writer"), gaps[i].stream);
        write_count(receipt, STR("first"), gaps[i].first_line);
        write_count(receipt, STR("last"), gaps[i].last_line);
        json_object_end(receipt->out);
    }
    json_array_end(receipt->out);
    return OK;
}

static bool step_of(struct str row, int64_t *out) {
    struct json_reader reader;
    json_reader_init(&reader, row, JSON_EXTENDED);
    return json_next(&reader) == JSON_OBJECT_BEGIN && json_next(&reader) == JSON_KEY && json_next(&reader) == JSON_NUMBER &&
           str_to_i64(reader.text, out);
}

static void write_gaps_between(struct receipt *receipt, const struct history_rows *rows) {
    int64_t previous = 0, step;
    size_t named = 0;
    for (size_t i = 0; i < rows->count && named < NAMED_MAX; i++, previous = step) {
        if (!step_of(rows->json[i], &step))
            return;
        if (i == 0 || step <= previous || step - 1 == previous)
            continue;
        json_object_begin(receipt->out);
        write_count(receipt, STR("first"), previous + 1);
        write_count(receipt, STR("last"), step - 1);
        json_object_end(receipt->out);
        named++;
    }
}

/* Steps that no row has between the lowest and the highest. Whoever logs every tenth step has many, and long histories
 * are not read for this: null says that nobody looked. */
static enum err_code write_step_gaps(struct receipt *receipt, const struct history_counts *counts, struct err *err) {
    const struct str step_key = STR("_step");
    struct history_sample_spec spec = { &step_key, 1, STEPS_LOOKED_AT_MAX, INT64_MIN, INT64_MAX };
    struct history_rows rows = { 0 };

    json_key(receipt->out, STR("stepGaps"));
    if (counts->rows > STEPS_LOOKED_AT_MAX) {
        json_null(receipt->out);
        return OK;
    }
    if (counts->rows > 0)
        TRY(history_sample(receipt->app->history, receipt->run_id, HISTORY_ROWS, &spec, JSON_STRICT, &rows, receipt->arena, err));
    json_array_begin(receipt->out);
    write_gaps_between(receipt, &rows);
    json_array_end(receipt->out);
    return OK;
}

static enum err_code write_rows(struct receipt *receipt, struct str key, enum history_kind kind, struct err *err) {
    struct history_counts counts;
    TRY(history_count(receipt->app->history, receipt->run_id, kind, &counts, err));
    json_key(receipt->out, key);
    json_object_begin(receipt->out);
    write_count(receipt, STR("rowsReceived"), counts.rows + counts.superseded + counts.repeated);
    write_count(receipt, STR("rowsStored"), counts.rows);
    write_count(receipt, STR("rowsSuperseded"), counts.superseded);
    write_count(receipt, STR("rowsRepeated"), counts.repeated);
    write_count(receipt, STR("pointsReceived"), counts.points);
    write_count(receipt, STR("repeatedBatches"), counts.duplicate_batches);
    write_count(receipt, STR("lines"), counts.line_count);
    write_count(receipt, STR("segments"), counts.segments);
    write_count(receipt, STR("segmentBytes"), counts.segment_bytes);
    TRY(write_line_gaps(receipt, kind, err));
    if (kind == HISTORY_ROWS)
        TRY(write_step_gaps(receipt, &counts, err));
    json_object_end(receipt->out);
    return OK;
}

static void write_console(struct receipt *receipt) {
    json_key(receipt->out, STR("console"));
    json_object_begin(receipt->out);
    write_count(receipt, STR("linesReceived"), receipt->stream.console_line_count);
    write_count(receipt, STR("linesStored"), receipt->stream.console_line_count - receipt->stream.console_rewritten_count);
    write_count(receipt, STR("linesSuperseded"), receipt->stream.console_rewritten_count);
    json_object_end(receipt->out);
}

static void write_set_aside(struct receipt *receipt) {
    json_key(receipt->out, STR("refused"));
    json_object_begin(receipt->out);
    write_count(receipt, STR("lines"), receipt->stream.set_aside_count);
    write_count(receipt, STR("bytes"), receipt->stream.set_aside_bytes);
    json_key(receipt->out, STR("kept"));
    json_array_begin(receipt->out);
    for (size_t i = 0; i < receipt->set_aside.count; i++) {
        const struct set_aside_line *line = receipt->set_aside.items[i];
        json_object_begin(receipt->out);
        write_text(receipt, STR("file"), line->file);
        write_count(receipt, STR("line"), line->line);
        write_text(receipt, STR("reason"), line->reason);
        write_count(receipt, STR("bytes"), line->size_bytes);
        write_time(receipt, STR("receivedAt"), line->received_at);
        json_object_end(receipt->out);
    }
    json_array_end(receipt->out);
    json_object_end(receipt->out);
}

static void write_files(struct receipt *receipt) {
    json_key(receipt->out, STR("files"));
    json_object_begin(receipt->out);
    write_count(receipt, STR("stored"), receipt->file_count);
    write_count(receipt, STR("bytes"), receipt->file_bytes);
    write_count(receipt, STR("missing"), receipt->missing_count);
    json_key(receipt->out, STR("missingUploads"));
    json_array_begin(receipt->out);
    for (size_t i = 0; i < receipt->missing_uploads.count; i++) {
        const struct missing_upload *upload = receipt->missing_uploads.items[i];
        json_object_begin(receipt->out);
        write_text(receipt, STR("name"), upload->path);
        write_time(receipt, STR("announcedAt"), upload->announced_at);
        json_object_end(receipt->out);
    }
    json_array_end(receipt->out);
    json_object_end(receipt->out);
}

static enum err_code write_receipt(struct app *app, int64_t run_id, struct json_writer *out, struct arena *arena, struct err *err) {
    struct receipt receipt = { .app = app, .arena = arena, .out = out, .run_id = run_id, .now_ms = clock_wall_ms() };
    TRY(db_read(app->db, read_store, &receipt, err));
    json_object_begin(out);
    write_count(&receipt, STR("requests"), receipt.stream.request_count);
    write_count(&receipt, STR("bytes"), receipt.stream.byte_count);
    write_time(&receipt, STR("firstAt"), receipt.stream.first_at);
    write_time(&receipt, STR("lastAt"), receipt.stream.last_at);
    TRY(write_rows(&receipt, STR("history"), HISTORY_ROWS, err));
    TRY(write_rows(&receipt, STR("events"), HISTORY_EVENTS, err));
    write_console(&receipt);
    write_count(&receipt, STR("summaries"), receipt.stream.summary_count);
    write_count(&receipt, STR("droppedByClient"), receipt.stream.client_dropped_count);
    write_count(&receipt, STR("linesRepaired"), receipt.stream.repaired_count);
    write_count(&receipt, STR("requestsOverQuota"), receipt.stream.quota_refused_count);
    write_set_aside(&receipt);
    write_files(&receipt);
    json_object_end(out);
    return OK;
}

/* ---- answers ---- */

struct place {
    struct http_call *call;
    struct run *run;
};

static enum err_code find_run(struct db_tx *tx, void *context, struct err *err) {
    struct place *place = context;
    const struct str *names = place->call->params;
    return place_find_run(tx, http_identity(place->call), names[0], names[1], names[2], 0, CAN_READ, &place->run, err);
}

enum err_code receipt_answer(struct http_call *call, struct err *err) {
    struct app *app = call->app;
    struct place place = { .call = call };
    struct json_writer out;

    TRY(db_read(app->db, find_run, &place, err));
    http_set_type(call, STR("application/json"));
    json_writer_init(&out, http_body(call), JSON_STRICT);
    return write_receipt(app, place.run->id, &out, call->arena, err);
}

enum err_code receipt_answer_field(struct gql_call *call, struct err *err) {
    return write_receipt(gql_identity(call)->app, ((const struct run *)call->parent)->id, call->out, call->arena, err);
}
