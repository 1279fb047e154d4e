/* sender.c - see sender.h. */
#include "client/sender/sender_parts.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/protobuf.h"
#include "client/log/row_end.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_BYTES = 1 << 20,
    ENOUGH_PENDING_BYTES = 4 << 20, /* then it is sent before more is read */
    TRANSMIT_INTERVAL_MS = 2000,
    HEARTBEAT_MS = 30000,
    SYNC_INTERVAL_MS = 1000,
    FIRST_WAIT_MS = 500,
    LONGEST_WAIT_MS = 60000,
};

/* ---- reading ---- */

/* As far as whole records reach: what the control file says, else the file's size. The control file is removed when the
 * log is complete, and a shared disk may forget it at once. */
static uint64_t readable_end(const struct sender *sender) {
    struct stat stat;
    uint64_t end;
    if (sender->log != NULL)
        return shared_log_end(sender->log);
    if (sender->watch_fd >= 0 && shared_log_watched_end(sender->watch_fd, &end))
        return end;
    return fstat(sender->fd, &stat) == 0 ? (uint64_t)stat.st_size : 0;
}

uint64_t sender_unread_bytes(const struct sender *sender) {
    uint64_t end = readable_end(sender);
    return end > sender->reader.offset ? end - sender->reader.offset : 0;
}

static bool read_more(struct sender *sender) {
    uint64_t at = sender->bytes_at + sender->bytes.len, end = readable_end(sender);
    if (sender->reader.offset > sender->bytes_at) {
        uint64_t used = sender->reader.offset - sender->bytes_at;
        size_t dropped = used < sender->bytes.len ? (size_t)used : sender->bytes.len;
        buf_drop_front(&sender->bytes, dropped);
        sender->bytes_at += dropped;
    }
    if (at >= end)
        return false;
    size_t wanted = end - at < READ_BYTES ? (size_t)(end - at) : READ_BYTES;
    char *room = buf_reserve(&sender->bytes, wanted);
    ssize_t count = room == NULL ? -1 : pread(sender->fd, room, wanted, (off_t)at);
    if (count > 0)
        buf_commit(&sender->bytes, (size_t)count);
    sender->has_heard = sender->has_heard || count > 0;
    return count > 0;
}

static struct str unread(const struct sender *sender) {
    uint64_t skipped = sender->reader.offset > sender->bytes_at ? sender->reader.offset - sender->bytes_at : 0;
    return str_from(buf_str(&sender->bytes), (size_t)skipped);
}

/* Takes records until enough is pending; answers false when there are no more for now. */
static bool take_records(struct sender *sender) {
    struct str record;
    for (;;) {
        if (sender->uplink == NULL)
            run_state_sent(&sender->state); /* offline: the lines stay in the log */
        if (run_state_pending_bytes(&sender->state) >= ENOUGH_PENDING_BYTES)
            break;
        switch (log_file_next(&sender->reader, unread(sender), &record)) {
        case LOG_FILE_RECORD: {
            size_t before = sender->state.history.count;
            run_state_take(&sender->state, record);
            sender->row_count += sender->state.history.count - before;
            break;
        }
        case LOG_FILE_END:
            if (!read_more(sender)) {
                sender->is_at_end = true;
                return false;
            }
            break;
        case LOG_FILE_TORN:
            sender->state.damaged_records++;
            log_file_skip_damage(&sender->reader);
            break;
        }
    }
    sender->is_at_end = false;
    return true;
}

/* ---- the disk ---- */

/* What a power cut may take: at most a second. */
static void sync_file(struct sender *sender) {
    int64_t now_ms = clock_mono_ms();
    if (sender->log == NULL || now_ms - sender->synced_ms < SYNC_INTERVAL_MS)
        return;
    sender->synced_ms = now_ms;
    uint64_t end = shared_log_end(sender->log);
    if (end == sender->synced_end)
        return;
    shared_log_sync(sender->log, sender->synced_end, end);
    sender->synced_end = end;
}

/* ---- sending ---- */

/* True when the step is done and the next may follow. */
static bool is_done(struct sender *sender, enum uplink_result result) {
    int64_t now_ms = clock_mono_ms();
    if (result == UPLINK_SENT) {
        sender->wait_ms = 0;
        sender->failing_since_ms = 0;
        return true;
    }
    if (result == UPLINK_REFUSED) {
        sender->is_refused = true;
        return false;
    }
    if (sender->failing_since_ms == 0)
        sender->failing_since_ms = now_ms;
    sender->wait_ms = sender->wait_ms == 0 ? FIRST_WAIT_MS : sender->wait_ms * 2;
    if (sender->wait_ms > LONGEST_WAIT_MS)
        sender->wait_ms = LONGEST_WAIT_MS;
    int64_t asked_ms = uplink_wait_ms(sender->uplink);
    /* Up to a quarter more, so that a thousand runs do not come back at the same moment. */
    int64_t wait_ms = asked_ms >= 0 ? asked_ms : sender->wait_ms + (int64_t)(getpid() % 256) * sender->wait_ms / 1024;
    sender->not_before_ms = now_ms + wait_ms;
    return false;
}

static bool send_run(struct sender *sender) {
    bool is_first = !sender->is_on_server;
    if (!sender->state.has_run || (!is_first && !sender->state.run_changed && !sender->state.config_changed))
        return sender->is_on_server;
    enum uplink_result result = is_first ? sender_find_past(sender) : UPLINK_SENT;
    if (result == UPLINK_SENT)
        result = uplink_send_run(sender->uplink, &sender->state);
    if (!is_done(sender, result)) {
        sender_say_problem(sender);
        return false;
    }
    sender->is_on_server = true;
    if (is_first) {
        sender_place_lines(sender);
        sender_say_run(sender);
        if (sender->options->has_begun != NULL)
            sender->options->has_begun(sender->options);
    }
    return true;
}

static bool has_something(const struct sender *sender) {
    return run_state_pending_bytes(&sender->state) > 0 || sender->state.summary_changed || sender->state.is_preempting;
}

/* Of another process' log nothing else tells whether its writer lives: one that does writes how the machine is. */
static bool may_beat(const struct sender *sender) {
    bool is_followed = sender->options->owner == 0 && sender->options->follows;
    return sender->has_heard || !is_followed;
}

static bool is_due(const struct sender *sender, int64_t now_ms) {
    int64_t since_ms = now_ms - sender->transmitted_ms;
    int64_t heartbeat_ms = sender->options->heartbeat_ms > 0 ? sender->options->heartbeat_ms : HEARTBEAT_MS;
    if (sender->transmitted_ms == 0 || run_state_pending_bytes(&sender->state) >= ENOUGH_PENDING_BYTES)
        return true;
    return has_something(sender) ? since_ms >= TRANSMIT_INTERVAL_MS : since_ms >= heartbeat_ms && may_beat(sender);
}

/* Once: a training that goes on after it has its reasons. */
static void pass_stop_on(struct sender *sender) {
    if (!sender->options->stops_owner || sender->has_stopped_owner || sender->owner_fd < 0 || !uplink_was_stopped(sender->uplink))
        return;
    sender->has_stopped_owner = true;
    os_interrupt_process(sender->owner_fd, sender->options->owner);
}

static void transmit(struct sender *sender, bool at_end) {
    int64_t now_ms = clock_mono_ms();
    if (sender->uplink == NULL || sender->is_refused || now_ms < sender->not_before_ms || !send_run(sender) ||
        !is_done(sender, sender_hand_on(sender, at_end)))
        return;
    (void)sender_has_delivered(sender);
    if (!is_due(sender, now_ms))
        return;
    if (!is_done(sender, uplink_send_lines(sender->uplink, &sender->state, false)))
        return;
    sender->transmitted_ms = now_ms;
    sender->has_heard = false;
    pass_stop_on(sender);
}

/* ---- the end ---- */

/* The row that a dead owner left open, and the exit record that it could not write. */
static void end_for_owner(struct sender *sender) {
    struct buf record = BUF_INIT(RECORD_MAX_BYTES);
    struct err err;
    if (sender->log == NULL) {
        sender->state.exit_code = 1;
        sender->state.has_exit = true;
        return;
    }
    struct shared_log_control *control = sender->log->control;
    shared_log_lock(sender->log);
    if (!atomic_load(&control->is_ended)) {
        if (row_end_put_open(&record, sender->log))
            (void)!shared_log_append(sender->log, buf_str(&record), &err);
        shared_log_set_open_row(sender->log, STR_EMPTY, 0);
        buf_reset(&record);
        int64_t runtime_ms = clock_wall_ms() - control->start_wall_ns / 1000000;
        record_put_exit(&record, control->next_record++, 1, (int)(runtime_ms / 1000));
        if (shared_log_append(sender->log, buf_str(&record), &err) != OK) {
            sender->state.exit_code = 1;
            sender->state.has_exit = true;
        }
        shared_log_trim(sender->log);
        atomic_store(&control->is_ended, 1);
    }
    shared_log_unlock(sender->log);
    buf_finish(&record);
    sender->is_at_end = false;
}

static bool is_ended(struct sender *sender) {
    const struct sender_options *options = sender->options;
    if (!sender->is_at_end)
        return false;
    if (sender->state.has_exit)
        return true;
    bool nobody_writes = options->owner > 0 ? sender->owner_is_gone : !options->follows;
    if (nobody_writes)
        end_for_owner(sender);
    return sender->state.has_exit && sender->is_at_end;
}

static bool send_standard_files(struct sender *sender) {
    if (sender->standard_files_sent || sender->options->is_secondary)
        return true;
    enum uplink_result result = uplink_send_standard_files(sender->uplink, &sender->state);
    /* Refused ones leave the run as it is. */
    sender->standard_files_sent = is_done(sender, result == UPLINK_REFUSED ? UPLINK_SENT : result);
    return sender->standard_files_sent;
}

/* Lines go on while files are on their way: the last request is the one that says that it is the end. */
static bool send_end(struct sender *sender) {
    if (sender->uplink == NULL)
        return true;
    if (clock_mono_ms() < sender->not_before_ms || !send_run(sender))
        return false;
    sender_gather(sender);
    if (!send_run(sender) || !is_done(sender, sender_hand_on(sender, true)))
        return false;
    /* While the other files are on their way: a server keeps each on its disk before it answers. */
    if (!send_standard_files(sender))
        return false;
    if (!sender_has_delivered(sender)) {
        transmit(sender, true);
        return false;
    }
    return is_done(sender, uplink_send_lines(sender->uplink, &sender->state, true));
}

/* Since when nothing gets through, lines or files; 0: it does. */
static int64_t failing_since(const struct sender *sender) {
    struct transfers_progress progress = { 0 };
    if (sender->failing_since_ms > 0 || sender->transfers == NULL)
        return sender->failing_since_ms;
    transfers_progress(sender->transfers, &progress);
    return progress.failing_since_ms;
}

static bool has_given_up(const struct sender *sender) {
    if (sender->is_refused || (sender->options->stop != NULL && *sender->options->stop))
        return true;
    bool ends = sender->state.has_exit || sender->is_finishing || sender->owner_is_gone || !sender->options->follows;
    int64_t since_ms = failing_since(sender);
    return ends && since_ms > 0 && clock_mono_ms() - since_ms > sender->options->patience_ms;
}

static bool work(struct sender *sender) {
    for (;;) {
        sender_sample(sender);
        sender_gather(sender);
        (void)take_records(sender);
        if (is_ended(sender)) {
            if (send_end(sender))
                return true;
        } else {
            transmit(sender, false);
        }
        if (has_given_up(sender)) {
            /* The owner, if it is there, says why. */
            if (sender->uplink != NULL)
                sender_say_problem(sender);
            return false;
        }
        sync_file(sender);
        sender_say_progress(sender);
        sender_hear_owner(sender);
    }
}

/* The control file has served: what is left is a log that is complete. A second file says that it was sent. One that was
 * not goes to the disk before anybody is told of the end. */
static void close_log(struct sender *sender) {
    char path[4096];
    if (sender->uplink == NULL)
        (void)os_sync_data(sender->fd);
    (void)snprintf(path, sizeof path, "%s.control", sender->options->log_path);
    if (sender->log != NULL)
        (void)unlink(path);
    if (sender->uplink == NULL)
        return;
    (void)snprintf(path, sizeof path, "%s.synced", sender->options->log_path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd);
}

/* ---- opening ---- */

static struct str folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? STR(".") : (struct str){ path, (size_t)(slash - path) };
}

static enum err_code open_log(struct sender *sender, struct err *err) {
    const char *path = sender->options->log_path;
    sender->fd = open(path, O_RDONLY | O_CLOEXEC | (sender->options->follows_links ? 0 : O_NOFOLLOW));
    if (sender->fd < 0)
        return err_set_errno(err, errno, "cannot open '%s'", path);
    if (sender->options->owner == 0 && sender->options->follows) {
        /* Another process' log; its own sender may be at work. */
        sender->watch_fd = shared_log_watch(path);
        return OK;
    }
    if (flock(sender->fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, ERR_CONFLICT, "'%s' is being sent by another process", path);
    enum err_code code = shared_log_open(&sender->log, path, err);
    if (code == OK && sender->options->owner == 0 && shared_log_has_writer(sender->log))
        return err_set(err, ERR_CONFLICT, "'%s' is still being written; --follow goes along with it", path);
    return code == ERR_NOT_FOUND || code == ERR_CORRUPT ? OK : code;
}

struct uplink_options sender_uplink_options(const struct sender *sender, struct buf *files) {
    struct stat stat;
    /* A log on a shared disk names files that its writer may not read, but who follows it may. */
    bool is_followed = sender->options->owner == 0 && sender->options->follows;
    int64_t owner = is_followed && fstat(sender->fd, &stat) == 0 ? (int64_t)stat.st_uid : -1;
    buf_append_str(files, folder_of(sender->options->log_path));
    buf_append_str(files, STR("/files"));
    return (struct uplink_options){ .base_url = sender->options->base_url,
                                    .api_key = sender->options->api_key,
                                    .entity = sender->options->entity,
                                    .project = sender->options->project,
                                    .client_id = sender->options->client_id,
                                    .is_secondary = sender->options->is_secondary,
                                    .files_dir = buf_str(files),
                                    .owner = owner,
                                    .follows_links = sender->options->follows_links };
}

static enum err_code open_uplink(struct sender *sender, struct err *err) {
    struct buf files = BUF_INIT(4096);
    if (sender->options->is_offline)
        return OK;
    const struct uplink_options options = sender_uplink_options(sender, &files);
    enum err_code code = uplink_create(&sender->uplink, &options, err);
    buf_finish(&files);
    return code;
}

static enum err_code open_all(struct sender *sender, struct err *err) {
    TRY(run_state_init(&sender->state, err));
    sender->state.label = sender->options->label;
    sender->state.sparks.is_wanted = sender->options->wants_history;
    TRY(open_log(sender, err));
    TRY(open_uplink(sender, err));
    if (sender->options->owner > 0 && sender->log != NULL)
        (void)snprintf(sender->log->control->server, sizeof sender->log->control->server, "%.*s",
                       sender->options->is_offline ? 0 : (int)sender->options->base_url.len, sender->options->base_url.ptr);
    if (sender->options->owner > 0) {
        sender->owner_fd = os_watch_process(sender->options->owner);
        sender->owner_is_gone = sender->owner_fd < 0 && errno == ESRCH;
    }
    if (sender->options->stats_interval_s > 0 && sender->log != NULL && sender->options->owner > 0)
        sender->metrics = system_metrics_create(sender->options->owner);
    return OK;
}

static void close_all(struct sender *sender) {
    run_state_finish(&sender->state);
    uplink_past_finish(&sender->past);
    transfers_destroy(sender->transfers);
    for (size_t i = 0; i < SENDER_LINK_ASKS_MAX; i++)
        free(sender->questions[i].client_id);
    uplink_destroy(sender->uplink);
    system_metrics_destroy(sender->metrics);
    log_file_reader_finish(&sender->reader);
    buf_finish(&sender->bytes);
    shared_log_close(sender->log);
    if (sender->fd >= 0)
        close(sender->fd);
    if (sender->owner_fd >= 0)
        close(sender->owner_fd);
    if (sender->watch_fd >= 0)
        close(sender->watch_fd);
}

static void report(struct sender *sender, struct sender_result *result) {
    struct record_run run;
    struct err err;
    *result = (struct sender_result){ .row_count = sender->row_count,
                                      .damaged_count = sender->state.damaged_records,
                                      .exit_code = sender->state.exit_code };
    if (sender->uplink != NULL && record_run_parse(&run, buf_str(&sender->state.run_body), &err) == OK)
        (void)snprintf(result->run_path, sizeof result->run_path, "%.*s/%.*s/%.*s", STR_ARG(uplink_entity(sender->uplink)),
                       STR_ARG(uplink_project(sender->uplink)), STR_ARG(run.run_id));
}

enum err_code sender_run(const struct sender_options *options, struct sender_result *result, struct err *err) {
    struct sender *sender = calloc(1, sizeof *sender);
    enum err_code code;
    if (sender == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    sender->options = options;
    sender->fd = sender->owner_fd = sender->watch_fd = -1;
    log_file_reader_init(&sender->reader, RECORD_MAX_BYTES);
    buf_init(&sender->bytes, 2 * RECORD_MAX_BYTES);
    uplink_past_init(&sender->past);
    code = open_all(sender, err);
    if (code == OK && work(sender)) {
        close_log(sender);
        sender_say_history(sender);
        sender_say(sender, STR("{\"type\":\"done\"}"));
        /* The server has it; the copy here may take its time. */
        (void)os_sync_data(sender->fd);
    } else if (code == OK) {
        code = err_set(err, ERR_IO, "%s", sender->uplink == NULL ? "stopped" : uplink_problem(sender->uplink));
    }
    report(sender, result);
    close_all(sender);
    free(sender);
    return code;
}
