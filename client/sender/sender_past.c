/* sender_past.c - going on with a run that the server has: its steps, its lines, its config and summary. */
#include "client/sender/sender_parts.h"

#include "base/json.h"

#include <fcntl.h>
#include <unistd.h>

static enum uplink_result refuse(struct sender *sender, struct str run_id, const char *why) {
    char text[ERR_MESSAGE_MAX];
    (void)snprintf(text, sizeof text, "the run '%.*s' %s", STR_ARG(run_id), why);
    uplink_refuse(sender->uplink, text);
    return UPLINK_REFUSED;
}

static struct str run_id_of(const struct sender *sender) {
    struct record_run run;
    struct err err;
    return record_run_parse(&run, buf_str(&sender->state.run_body), &err) == OK ? run.run_id : STR("?");
}

/* Beside the log, for the owner: too much for a message of the link. */
static void leave_past_for_owner(const struct sender *sender) {
    struct buf text = BUF_INIT(RECORD_MAX_BYTES);
    char path[4096];
    buf_append_str(&text, STR("{\"config\":"));
    buf_append_str(&text, sender->past.config.len > 0 ? buf_str(&sender->past.config) : STR("{}"));
    buf_append_str(&text, STR(",\"summary\":"));
    buf_append_str(&text, sender->past.summary.len > 0 ? buf_str(&sender->past.summary) : STR("{}"));
    if (sender->past.facts.len > 0)
        buf_append_char(&text, ',');
    buf_append_str(&text, buf_str(&sender->past.facts));
    buf_append_char(&text, '}');
    (void)snprintf(path, sizeof path, "%s.past", sender->options->log_path);
    int fd = text.failed ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool is_written = fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len;
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !is_written)
        (void)unlink(path);
    buf_finish(&text);
}

static void take_over(struct sender *sender) {
    struct uplink_past *past = &sender->past;
    if (past->config.len > 0)
        (void)tree_keep(&sender->state.config, buf_str(&past->config));
    if (past->summary.len > 0)
        (void)tree_keep(&sender->state.summary, buf_str(&past->summary));
    if (sender->log == NULL)
        return;
    struct shared_log_control *control = sender->log->control;
    shared_log_lock(sender->log);
    if (!control->has_first_line) {
        control->next_step = past->next_step > control->next_step ? past->next_step : control->next_step;
        control->start_wall_ns -= (int64_t)(past->runtime_s * 1e9);
    }
    shared_log_unlock(sender->log);
    leave_past_for_owner(sender);
}

enum uplink_result sender_find_past(struct sender *sender) {
    const struct sender_options *options = sender->options;
    enum uplink_result result;
    if (sender->knows_past || options->resume == SENDER_ADDS)
        return UPLINK_SENT;
    if (options->resume == SENDER_REWIND)
        result = uplink_rewind(sender->uplink, &sender->state, options->rewind_step, &sender->past);
    else
        result = uplink_find_past(sender->uplink, &sender->state, &sender->past);
    if (result != UPLINK_SENT)
        return result;
    struct str run_id = run_id_of(sender);
    if (options->resume == SENDER_REWIND && !sender->past.is_there)
        return refuse(sender, run_id, "cannot be rewound: there is none of that id");
    if (options->resume == SENDER_MUST && !sender->past.is_there)
        return refuse(sender, run_id, "is not on the server, and resume is 'must'; resume='allow' begins it");
    if (options->resume == SENDER_NEVER && sender->past.is_there)
        return refuse(sender, run_id, "is on the server already, and resume is 'never'; choose another id");
    sender->knows_past = true;
    if (sender->past.is_there)
        take_over(sender);
    return UPLINK_SENT;
}

/* A log that is finished, or whose own sender was offline: what the server has of it came from somebody who sent it before,
 * or followed it. */
static bool is_sent_later(const struct sender *sender) {
    return sender->log == NULL || (sender->options->owner == 0 && sender->log->control->server[0] == '\0');
}

static bool says_that_it_continues(const struct sender *sender) {
    struct record_run run;
    struct err err;
    return record_run_parse(&run, buf_str(&sender->state.run_body), &err) == OK && run.continues;
}

/* Remembered beside the log, so that sending it again hits the same lines. */
void sender_place_lines(struct sender *sender) {
    int64_t first_line = uplink_line_count(sender->uplink);
    sender->state.events.first_line += sender->past.event_lines;
    sender->state.output.first_line += sender->past.output_lines;
    if (is_sent_later(sender) && !says_that_it_continues(sender))
        first_line = 0;
    if (sender->log != NULL) {
        struct shared_log_control *control = sender->log->control;
        if (control->has_first_line)
            first_line = control->first_line;
        control->first_line = first_line;
        control->has_first_line = 1;
    }
    sender->state.history.first_line += first_line;
}
