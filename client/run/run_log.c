/* run_log.c - a run's records on their way into its log, and what waits for room on a full disk. */
#include "client/run/run.h"

#include "base/clock.h"
#include "base/protobuf.h"

enum { RETRY_FULL_DISK_MS = 100 };

int64_t run_next_record(struct baro_run *run) {
    return run->log->control->next_record++;
}

static uint32_t length_at(const char *at) {
    uint32_t len;
    memcpy(&len, at, sizeof len);
    return len;
}

/* What waited goes first: records stay in order. */
static enum err_code append_waiting(struct baro_run *run, struct err *err) {
    size_t at = 0;
    enum err_code code = OK;
    while (code == OK && at < run->waiting.len) {
        uint32_t len = length_at(run->waiting.ptr + at);
        struct str record = { run->waiting.ptr + at + sizeof len, len };
        code = shared_log_append(run->log, record, err);
        if (code == OK)
            at += sizeof len + len;
    }
    buf_drop_front(&run->waiting, at);
    return code;
}

static enum err_code keep_waiting(struct baro_run *run, struct err *err) {
    if (run->waiting.len + 4 + run->record.len > RUN_WAITING_MAX_BYTES) {
        run->dropped_rows++;
        return err_set(err, ERR_FULL, "the disk is full and %d bytes wait already; a row is dropped", RUN_WAITING_MAX_BYTES);
    }
    uint32_t len = (uint32_t)run->record.len;
    size_t before = run->waiting.len;
    buf_append(&run->waiting, &len, sizeof len);
    buf_append_str(&run->waiting, buf_str(&run->record));
    if (run->waiting.failed) {
        run->waiting.len = before;
        run->waiting.failed = false;
        run->dropped_rows++;
        return err_set(err, ERR_FULL, "the disk is full and there is no memory; a row is dropped");
    }
    return OK;
}

enum err_code run_append(struct baro_run *run, struct err *err) {
    if (run->record.failed)
        return err_set(err, ERR_TOO_LARGE, "a record takes at most %d bytes", RUN_RECORD_MAX_BYTES);
    int64_t now_ms = run->waiting.len > 0 ? clock_mono_ms() : 0;
    if (run->waiting.len > 0 && now_ms - run->last_try_ms < RETRY_FULL_DISK_MS)
        return keep_waiting(run, err);
    enum err_code code = append_waiting(run, err);
    if (code == OK)
        code = shared_log_append(run->log, buf_str(&run->record), err);
    if (code != ERR_FULL)
        return code;
    run->last_try_ms = clock_mono_ms();
    return keep_waiting(run, err);
}

void run_write_summary(struct baro_run *run) {
    struct err err;
    buf_reset(&run->record);
    if (!run->summary.has_changes)
        return;
    protobuf_put_i64(&run->record, 1, run_next_record(run));
    size_t begin = protobuf_begin(&run->record, RECORD_SUMMARY);
    summary_take_changes(&run->summary, &run->record);
    protobuf_end(&run->record, begin);
    /* The next one repeats nothing: but the history has it all, and a full disk has been reported by its rows. */
    (void)!run_append(run, &err);
}
