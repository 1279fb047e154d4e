/* run_records.c - a run's records beside its rows. */
#include "client/run/run.h"

#include "base/protobuf.h"

#include <unistd.h>

void run_put(struct baro_run *run, struct buf *out) {
    struct record_run record = {
        .run_id = str_from_c(run->run_id),
        .entity = str_from_c(run->entity),
        .project = str_from_c(run->project),
        .group = str_from_c(run->group),
        .job_type = str_from_c(run->job_type),
        .display_name = str_from_c(run->name),
        .notes = str_from_c(run->notes),
        .sweep_id = str_from_c(run->sweep_id),
        .host = str_from_c(run->host),
        .remote = str_from_c(run->git_remote),
        .commit = str_from_c(run->git_commit),
        .tag_count = run->tag_count,
        .start = run_time(run->start_wall_ns),
        .branch_run = str_from_c(run->fork_run),
        .branch_step = run->fork_step,
        .continues = run->continues,
    };
    for (size_t i = 0; i < run->tag_count; i++)
        record.tags[i] = str_from_c(run->tags[i]);
    record_put_run(out, run_next_record(run), &record);
}

/* Appends run->record, unlocks and reports. */
static int append_and_unlock(struct baro_run *run, struct baro_error *error) {
    struct err err = { 0 };
    enum err_code code = run_append(run, &err);
    shared_log_unlock(run->log);
    return code == OK ? BARO_OK : run_report(error, &err);
}

static int report_misuse(struct baro_error *error, const char *message) {
    struct err err = { 0 };
    err_set_message(&err, ERR_BAD_INPUT, "%s", message);
    return run_report(error, &err);
}

int baro_define_metric(struct baro_run *run, const struct baro_metric *metric, struct baro_error *error) {
    struct str name = str_from_c(metric->name);
    bool is_glob = str_ends_with(name, STR("*"));
    struct record_metric record = {
        .name = is_glob ? STR_EMPTY : name,
        .glob_name = is_glob ? name : STR_EMPTY,
        .step_metric = str_from_c(metric->step_metric),
        .step_sync = metric->step_sync,
        .is_hidden = metric->is_hidden,
        .is_defined = true,
        .overwrites = metric->overwrites,
        .modes = metric->summary,
        .goal = (enum metric_goal)metric->goal,
    };
    if (name.len == 0)
        return report_misuse(error, "a metric needs a name");
    if (metric->summary > 63 || metric->goal > BARO_MAXIMIZE)
        return report_misuse(error, "a summary or goal of a metric is unknown");
    shared_log_lock(run->log);
    bool is_defined = summary_define(&run->summary, &record);
    buf_reset(&run->record);
    record_put_metric(&run->record, run_next_record(run), &record);
    int code = append_and_unlock(run, error);
    return is_defined ? code : report_misuse(error, "out of memory");
}

int baro_describe(struct baro_run *run, const struct baro_description *description, struct baro_error *error) {
    if (description->has_tags && description->tag_count > RECORD_TAGS_MAX)
        return report_misuse(error, "a run has at most 256 tags");
    shared_log_lock(run->log);
    bool is_copied = run_copy_text(&run->name, description->name) && run_copy_text(&run->notes, description->notes) &&
                     run_copy_text(&run->group, description->group) && run_copy_text(&run->job_type, description->job_type) &&
                     (!description->has_tags || run_copy_tags(run, description->tags, description->tag_count));
    if (!is_copied) {
        shared_log_unlock(run->log);
        return report_misuse(error, "out of memory");
    }
    buf_reset(&run->record);
    run_put(run, &run->record);
    return append_and_unlock(run, error);
}

int baro_output(struct baro_run *run, int is_stderr, const char *text, size_t len, struct baro_error *error) {
    const struct record_output output = { .is_stderr = is_stderr, .time = run_time(run_wall_ns()), .line = { text, len } };
    shared_log_lock(run->log);
    buf_reset(&run->record);
    record_put_output(&run->record, run_next_record(run), &output);
    return append_and_unlock(run, error);
}

int baro_save(struct baro_run *run, const char *path, enum baro_policy policy, struct baro_error *error) {
    if (policy > BARO_LIVE)
        return report_misuse(error, "a policy is now, end or live");
    shared_log_lock(run->log);
    buf_reset(&run->record);
    record_put_file(&run->record, run_next_record(run), str_from_c(path), (enum record_policy)policy);
    return append_and_unlock(run, error);
}

int baro_append_record(struct baro_run *run, const void *record, size_t len, struct baro_error *error) {
    struct record parsed;
    struct err err = { 0 };
    if (record_parse(&parsed, (struct str){ record, len }, &err) != OK)
        return run_report(error, &err);
    shared_log_lock(run->log);
    buf_reset(&run->record);
    protobuf_put_i64(&run->record, 1, run_next_record(run));
    buf_append(&run->record, record, len);
    return append_and_unlock(run, error);
}

int baro_ask(struct baro_run *run, const char *kind, const char *payload_json, int timeout_ms, char **answer,
             struct baro_error *error) {
    struct err err = { 0 };
    if (run->owner != getpid())
        return report_misuse(error, "only the process that opened a run asks its sender");
    if (sender_link_ask(&run->link, kind, payload_json, timeout_ms, answer, &err) != OK)
        return run_report(error, &err);
    return BARO_OK;
}
