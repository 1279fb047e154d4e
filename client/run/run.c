/* run.c - a run's life: how it is made, taken part in, and ended. */
#include "client/run/run.h"

#include "base/clock.h"

#include <unistd.h>

int64_t run_wall_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct record_time run_time(int64_t wall_ns) {
    return (struct record_time){ wall_ns / 1000000000, (int32_t)(wall_ns % 1000000000) };
}

int run_report(struct baro_error *out, const struct err *err) {
    if (out != NULL) {
        out->code = (int)err->code;
        (void)snprintf(out->message, sizeof out->message, "%s", err->message);
    }
    return (int)err->code;
}

/* ---- opening ---- */

bool run_copy_text(char **to, const char *text) {
    if (text == NULL || text[0] == '\0')
        return true;
    char *copy = strdup(text);
    if (copy == NULL)
        return false;
    free(*to);
    *to = copy;
    return true;
}

bool run_copy_tags(struct baro_run *run, const char *const *tags, size_t count) {
    char **copies = calloc(count + 1, sizeof *copies);
    if (copies == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        copies[i] = strdup(tags[i] == NULL ? "" : tags[i]);
    for (size_t i = 0; i < run->tag_count; i++)
        free(run->tags[i]);
    free(run->tags);
    run->tags = copies;
    run->tag_count = count;
    for (size_t i = 0; i < count; i++)
        if (copies[i] == NULL)
            return false;
    return true;
}

static enum err_code take_settings(struct baro_run *run, const struct baro_settings *settings, struct err *err) {
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1);
    TRY(run_choose_id(run, settings->run_id, err));
    if (settings->tag_count > RECORD_TAGS_MAX)
        return err_set(err, ERR_BAD_INPUT, "a run has at most %d tags, got %zu", RECORD_TAGS_MAX, settings->tag_count);
    bool is_copied = run_copy_text(&run->entity, settings->entity) && run_copy_text(&run->project, settings->project) &&
                     run_copy_text(&run->name, settings->name) && run_copy_text(&run->notes, settings->notes) &&
                     run_copy_text(&run->group, settings->group) && run_copy_text(&run->job_type, settings->job_type) &&
                     run_copy_text(&run->sweep_id, settings->sweep_id) && run_copy_text(&run->host, host) &&
                     run_copy_text(&run->git_remote, settings->git_remote) &&
                     run_copy_text(&run->git_commit, settings->git_commit) && run_copy_text(&run->fork_run, settings->fork_run) &&
                     run_copy_tags(run, settings->tags, settings->tag_count);
    run->fork_step = settings->fork_step;
    run->continues = settings->resume != BARO_ADDS;
    return is_copied ? OK : err_set(err, ERR_FULL, "out of memory");
}

static struct baro_run *run_new(void) {
    struct baro_run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    sender_link_init(&run->link);
    buf_init(&run->record, RUN_RECORD_MAX_BYTES);
    buf_init(&run->merged, RUN_RECORD_MAX_BYTES);
    buf_init(&run->synced, RUN_RECORD_MAX_BYTES);
    buf_init(&run->waiting, RUN_WAITING_MAX_BYTES);
    run->owner = getpid();
    run->start_wall_ns = run_wall_ns();
    return run;
}

static void run_destroy(struct baro_run *run) {
    char *const texts[] = { run->run_id, run->dir,      run->log_path, run->entity,     run->project,   run->name, run->notes,
                            run->group,  run->job_type, run->sweep_id, run->host, run->git_remote, run->git_commit,
                            run->fork_run, run->past_json, run->told_entity, run->told_project, run->told_name,
                            run->told_problem };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    for (size_t i = 0; i < run->tag_count; i++)
        free(run->tags[i]);
    free(run->tags);
    struct baro_row *spare = atomic_exchange(&run->spare_row, NULL);
    if (spare != NULL) {
        buf_finish(&spare->items);
        buf_finish(&spare->names);
        free(spare);
    }
    summary_finish(&run->summary);
    buf_finish(&run->record);
    buf_finish(&run->merged);
    buf_finish(&run->synced);
    buf_finish(&run->waiting);
    sender_link_finish(&run->link);
    shared_log_close(run->log);
    free(run);
}

static enum err_code open_run(struct baro_run *run, const struct baro_settings *settings, struct err *err) {
    TRY(take_settings(run, settings, err));
    if (!summary_init(&run->summary))
        return err_set(err, ERR_FULL, "out of memory");
    TRY(run_make_folder(run, settings->dir == NULL ? "." : settings->dir, settings->mode == BARO_OFFLINE, err));
    TRY(shared_log_create(&run->log, run->log_path, err));
    TRY(run_write_first_records(run, settings, err));
    run->finish_timeout_ms = settings->finish_timeout_ms;
    return run_start_sender(run, settings, err);
}

int baro_open(struct baro_run **out, const struct baro_settings *settings, struct baro_error *error) {
    struct err err = { 0 };
    struct baro_run *run = run_new();
    if (run == NULL) {
        err_set_message(&err, ERR_FULL, "out of memory");
        return run_report(error, &err);
    }
    if (open_run(run, settings, &err) != OK) {
        run_destroy(run);
        return run_report(error, &err);
    }
    run_fork_guard_add(run);
    *out = run;
    return BARO_OK;
}

static enum err_code attach(struct baro_run *run, const char *log_path, struct err *err) {
    const char *slash = strrchr(log_path, '/');
    const char *name = slash == NULL ? log_path : slash + 1;
    size_t name_len = strlen(name);
    if (!str_starts_with(str_from_c(name), STR("run-")) || !str_ends_with(str_from_c(name), STR(".wandb")))
        return err_set(err, ERR_BAD_INPUT, "'%s' is no run's log", log_path);
    run->owner = 0;
    run->log_path = strdup(log_path);
    run->run_id = strndup(name + 4, name_len - 10);
    run->dir = slash == NULL ? strdup(".") : strndup(log_path, (size_t)(slash - log_path));
    if (run->log_path == NULL || run->run_id == NULL || run->dir == NULL || !summary_init(&run->summary))
        return err_set(err, ERR_FULL, "out of memory");
    TRY(shared_log_open(&run->log, log_path, err));
    run->start_wall_ns = run->log->control->start_wall_ns;
    return OK;
}

int baro_attach(struct baro_run **out, const char *log_path, struct baro_error *error) {
    struct err err = { 0 };
    struct baro_run *run = run_new();
    if (run == NULL) {
        err_set_message(&err, ERR_FULL, "out of memory");
        return run_report(error, &err);
    }
    if (attach(run, log_path, &err) != OK) {
        run_destroy(run);
        return run_report(error, &err);
    }
    run_fork_guard_add(run);
    *out = run;
    return BARO_OK;
}

/* ---- the end ---- */

void baro_abandon(struct baro_run *run) {
    if (run == NULL)
        return;
    run_fork_guard_remove(run);
    run_destroy(run);
}

static enum err_code write_end(struct baro_run *run, int exit_code, struct err *err) {
    enum err_code code;
    TRY(run_close_open_row(run, err));
    run_write_summary(run);
    buf_reset(&run->record);
    record_put_exit(&run->record, run_next_record(run), exit_code,
                    (int)((run_wall_ns() - run->start_wall_ns) / 1000000000));
    run->last_try_ms = 0;
    code = run_append(run, err);
    if (code != OK)
        return code;
    if (run->waiting.len > 0)
        return err_set(err, ERR_FULL, "the disk is full; %zu bytes of '%s' are lost", run->waiting.len, run->log_path);
    shared_log_trim(run->log);
    atomic_store(&run->log->control->is_ended, 1);
    return OK;
}

/* A forked child has no end to write; what it left open and its summary belong to the run all the same. */
static void finish_child(struct baro_run *run) {
    shared_log_lock(run->log);
    run_write_summary(run);
    shared_log_unlock(run->log);
}

int baro_end(struct baro_run *run, int exit_code, struct baro_error *error) {
    struct err err = { 0 };
    if (run->owner != getpid()) {
        finish_child(run);
        return BARO_OK;
    }
    shared_log_lock(run->log);
    enum err_code code = write_end(run, exit_code, &err);
    shared_log_unlock(run->log);
    if (code != OK)
        return run_report(error, &err);
    sender_link_say(&run->link, STR("{\"type\":\"finish\"}"));
    return BARO_OK;
}

void baro_wait(struct baro_run *run, int timeout_ms, struct baro_progress *progress) {
    const struct sender_link *link = &run->link;
    if (run->owner == getpid())
        sender_link_wait_for_end(&run->link, timeout_ms);
    *progress = (struct baro_progress){ .is_done = link->is_done || run->owner != getpid(),
                                        .is_gone = link->fd < 0,
                                        .sent_bytes = link->sent_bytes,
                                        .total_bytes = link->total_bytes,
                                        .unsent_bytes = link->unsent_bytes,
                                        .problem = run_told(run, &run->link.problem, &run->told_problem) };
}

int baro_finish(struct baro_run *run, int exit_code, struct baro_error *error) {
    struct err err = { 0 };
    struct baro_progress progress = { 0 };
    int code = baro_end(run, exit_code, error);
    if (code == BARO_OK) {
        baro_wait(run, run->finish_timeout_ms > 0 ? run->finish_timeout_ms : -1, &progress);
        if (!progress.is_done && progress.problem != NULL)
            err_set_message(&err, ERR_IO, "%s; send it later with `barograph sync %s`", progress.problem, run->dir);
        else if (!progress.is_done)
            err_set_message(&err, ERR_TIMEOUT, "not all is sent yet; `barograph sync %s` sends what is left", run->dir);
        if (!progress.is_done)
            code = run_report(error, &err);
    }
    baro_abandon(run);
    return code;
}
