/* sender_gather.c - what the sender adds to its run's log: the machine, the repository, the packages, and samples. */
#include "client/sender/sender_parts.h"

#include "base/clock.h"
#include "base/protobuf.h"
#include "client/sender/facts.h"

#include <fcntl.h>
#include <unistd.h>

/* Into the log; after the end, or on a full disk, at least into what this sender tells the server. */
static void add_record(struct sender *sender, enum record_kind kind, struct str body) {
    struct buf record = BUF_INIT(RECORD_MAX_BYTES);
    struct err err;
    shared_log_lock(sender->log);
    record_put_body(&record, sender->log->control->next_record++, kind, body);
    bool is_in_log = !record.failed && shared_log_append(sender->log, buf_str(&record), &err) == OK;
    shared_log_unlock(sender->log);
    if (!is_in_log && !record.failed && kind != RECORD_STATS)
        run_state_take(&sender->state, buf_str(&record));
    buf_finish(&record);
}

static void add_file(struct sender *sender, const char *name, struct str content) {
    char path[4096];
    const char *log_path = sender->options->log_path;
    const char *slash = strrchr(log_path, '/');
    struct buf body = BUF_INIT(4096);
    (void)snprintf(path, sizeof path, "%.*sfiles/%s", slash == NULL ? 0 : (int)(slash - log_path) + 1, log_path, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool is_written = fd >= 0;
    for (size_t at = 0; is_written && at < content.len;) {
        ssize_t len = write(fd, content.ptr + at, content.len - at);
        is_written = len > 0;
        at += is_written ? (size_t)len : 0;
    }
    if (fd >= 0)
        close(fd);
    if (is_written) {
        size_t item = protobuf_begin(&body, 1);
        protobuf_put_bytes(&body, 1, str_from_c(name));
        protobuf_end(&body, item);
        add_record(sender, RECORD_FILES, buf_str(&body));
    }
    buf_finish(&body);
}

static void put_git(struct buf *body, uint32_t number, const struct git_facts *facts) {
    size_t git = protobuf_begin(body, number);
    protobuf_put_bytes(body, 1, buf_str(&facts->remote));
    protobuf_put_bytes(body, 2, buf_str(&facts->commit));
    protobuf_end(body, git);
}

/* The run's record once more, with the commit: later fields win. */
static void gather_git(struct sender *sender) {
    struct git_facts facts;
    struct record_run run;
    struct err err;
    struct buf body = BUF_INIT(RECORD_MAX_BYTES);
    git_facts_init(&facts);
    if (git_facts_gather(&facts) && record_run_parse(&run, buf_str(&sender->state.run_body), &err) == OK) {
        put_git(&body, 9, &facts);
        add_record(sender, RECORD_ENVIRONMENT, buf_str(&body));
        if (run.commit.len == 0) {
            buf_reset(&body);
            buf_append_str(&body, buf_str(&sender->state.run_body));
            put_git(&body, 21, &facts);
            add_record(sender, RECORD_RUN, buf_str(&body));
        }
        if (facts.diff.len > 0)
            add_file(sender, "diff.patch", buf_str(&facts.diff));
    }
    buf_finish(&body);
    git_facts_finish(&facts);
}

static void gather_packages(struct sender *sender) {
    struct buf lines = BUF_INIT(4 << 20);
    facts_list_packages(sender->options->package_folders, &lines);
    if (lines.len > 0 && !lines.failed)
        add_file(sender, "requirements.txt", buf_str(&lines));
    buf_finish(&lines);
}

/* Once, after the server has been told of the run: init waits for that, and not for this. */
void sender_gather(struct sender *sender) {
    bool may_begin = sender->is_on_server || sender->uplink == NULL || sender->failing_since_ms > 0;
    struct buf body = BUF_INIT(64 << 10);
    if (sender->has_gathered || sender->log == NULL || sender->options->owner == 0 || !sender->state.has_run || !may_begin)
        return;
    sender->has_gathered = true;
    if (sender->metrics != NULL) {
        system_metrics_describe_machine(sender->metrics, &body);
        add_record(sender, RECORD_ENVIRONMENT, buf_str(&body));
    }
    buf_finish(&body);
    if (sender->options->wants_git)
        gather_git(sender);
    if (sender->options->package_folders.len > 0)
        gather_packages(sender);
}

void sender_sample(struct sender *sender) {
    struct buf body = BUF_INIT(64 << 10);
    int64_t now_ms = clock_mono_ms();
    if (sender->metrics == NULL || sender->owner_is_gone || sender->is_finishing ||
        (sender->sampled_ms > 0 && (double)(now_ms - sender->sampled_ms) < sender->options->stats_interval_s * 1000))
        return;
    sender->sampled_ms = now_ms;
    system_metrics_sample(sender->metrics, &body);
    add_record(sender, RECORD_STATS, buf_str(&body));
    buf_finish(&body);
}
