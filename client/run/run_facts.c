/* run_facts.c - what a run tells of itself, and its summary. */
#include "client/run/run.h"

#include "base/protobuf.h"

#include <unistd.h>

static const char *first_of(const char *a, const char *b) {
    return a != NULL ? a : b != NULL ? b : "";
}

int baro_is_resumed(const struct baro_run *run) {
    return run->link.is_resumed;
}

int baro_is_refused(const struct baro_run *run) {
    return run->link.is_refused;
}

char *baro_history_json(const struct baro_run *run) {
    return run->link.history == NULL ? NULL : strdup(run->link.history);
}

char *baro_past_json(const struct baro_run *run) {
    return run->past_json == NULL ? NULL : strdup(run->past_json);
}

const char *run_told(struct baro_run *run, char *const *text, char **copy) {
    pthread_mutex_lock(&run->link.mutex);
    bool is_new = *text != NULL && (*copy == NULL || strcmp(*text, *copy) != 0);
    char *fresh = is_new ? strdup(*text) : NULL;
    pthread_mutex_unlock(&run->link.mutex);
    if (fresh == NULL)
        return *copy;
    free(*copy);
    *copy = fresh;
    return fresh;
}

/* A server that answered after init had gone on is heard here. */
static void hear_late_answer(struct baro_run *run) {
    if (run->owner == getpid() && !run->link.knows_run)
        sender_link_wait_for_run(&run->link, 0);
}

const char *baro_get(struct baro_run *run, enum baro_fact fact) {
    struct sender_link *link = &run->link;
    hear_late_answer(run);
    switch (fact) {
    case BARO_RUN_ID: return run->run_id;
    case BARO_ENTITY: return first_of(run_told(run, &link->entity, &run->told_entity), run->entity);
    case BARO_PROJECT: return first_of(run_told(run, &link->project, &run->told_project), run->project);
    case BARO_NAME: return first_of(run->name, run_told(run, &link->name, &run->told_name));
    case BARO_NOTES: return first_of(run->notes, NULL);
    case BARO_DIR: return run->dir;
    case BARO_LOG_PATH: return run->log_path;
    case BARO_PROBLEM: return first_of(run_told(run, &link->problem, &run->told_problem), NULL);
    default: return "";
    }
}

double baro_start_time(const struct baro_run *run) {
    return (double)run->start_wall_ns / 1e9;
}

int64_t baro_next_step(struct baro_run *run) {
    shared_log_lock(run->log);
    int64_t step = run->log->control->next_step;
    shared_log_unlock(run->log);
    return step;
}

uint64_t baro_dropped_rows(struct baro_run *run) {
    shared_log_lock(run->log);
    uint64_t count = run->dropped_rows;
    shared_log_unlock(run->log);
    return count;
}

char *baro_summary_json(struct baro_run *run, size_t *len) {
    struct buf out = BUF_INIT(RECORD_MAX_BYTES);
    shared_log_lock(run->log);
    summary_write(&run->summary, &out);
    shared_log_unlock(run->log);
    buf_append_char(&out, '\0');
    if (out.failed) {
        buf_finish(&out);
        return NULL;
    }
    *len = out.len - 1;
    return out.ptr;
}

int baro_summary_remove(struct baro_run *run, const char *const *path, size_t path_len, struct baro_error *error) {
    struct str parts[TREE_DEPTH_MAX];
    struct err err = { 0 };
    if (path_len == 0 || path_len > TREE_DEPTH_MAX) {
        err_set_message(&err, ERR_BAD_INPUT, "a summary's key has 1 to %d parts", TREE_DEPTH_MAX);
        return run_report(error, &err);
    }
    for (size_t i = 0; i < path_len; i++)
        parts[i] = str_from_c(path[i]);
    shared_log_lock(run->log);
    summary_remove(&run->summary, parts, path_len);
    buf_reset(&run->record);
    protobuf_put_i64(&run->record, 1, run_next_record(run));
    size_t begin = protobuf_begin(&run->record, RECORD_SUMMARY);
    record_put_item(&run->record, 2, parts, path_len, STR_EMPTY);
    protobuf_end(&run->record, begin);
    enum err_code code = run_append(run, &err);
    shared_log_unlock(run->log);
    return code == OK ? BARO_OK : run_report(error, &err);
}

void baro_free(void *memory) {
    free(memory);
}
