/* sender_files.c - handing on what is sent beside the lines: files, artifacts, alerts. */
#include "client/sender/sender_parts.h"

#include "base/clock.h"
#include "base/os.h"

#include <sys/stat.h>

enum { LIVE_INTERVAL_MS = 10000 };

static int64_t changed_ns(const struct sender *sender, const char *path) {
    char whole[8192];
    struct stat stat_of;
    const char *slash = strrchr(sender->options->log_path, '/');
    int folder_len = slash == NULL ? 0 : (int)(slash - sender->options->log_path) + 1;
    (void)snprintf(whole, sizeof whole, "%.*sfiles/%s", folder_len, sender->options->log_path, path);
    if (stat(whole, &stat_of) != 0)
        return 0;
    const struct timespec changed = os_changed_at(&stat_of);
    return (int64_t)changed.tv_sec * 1000000000 + changed.tv_nsec;
}

/* A live file is looked at again and again; at the end it goes once more if it changed since. */
static bool is_due(const struct sender *sender, struct run_file *file, bool looks_at_live, bool at_end) {
    if (file->policy == RECORD_LIVE) {
        int64_t now_ns = file->is_queued && !looks_at_live ? file->changed_ns : changed_ns(sender, file->path);
        if (now_ns == 0 || (file->is_queued && now_ns == file->changed_ns))
            return false;
        file->changed_ns = now_ns;
        return true;
    }
    return !file->is_queued && (at_end || file->policy == RECORD_NOW);
}

static void hand_on_files(struct sender *sender, bool at_end) {
    int64_t now_ms = clock_mono_ms();
    bool looks_at_live = at_end || now_ms - sender->looked_at_live_ms >= LIVE_INTERVAL_MS;
    if (looks_at_live)
        sender->looked_at_live_ms = now_ms;
    for (size_t i = 0; i < sender->state.file_count; i++) {
        struct run_file *file = &sender->state.files[i];
        if (is_due(sender, file, looks_at_live, at_end))
            file->is_queued = transfers_add_file(sender->transfers, file->path);
    }
}

static enum uplink_result hand_on_requests(struct sender *sender) {
    enum uplink_result result = UPLINK_SENT;
    while (sender->state.request_next < sender->state.request_count) {
        const struct run_request *request = &sender->state.requests[sender->state.request_next];
        struct str body = { request->body, request->len };
        bool is_taken = true;
        if (request->kind == REQUEST_ARTIFACT)
            is_taken = transfers_add_artifact(sender->transfers, body);
        else if (request->kind == REQUEST_USED_ARTIFACT)
            is_taken = transfers_add_used_artifact(sender->transfers, body);
        else
            result = uplink_send_alert(sender->uplink, body);
        /* An alert that is refused is let go: the run is worth more. */
        if (result == UPLINK_LATER || !is_taken)
            return UPLINK_LATER;
        sender->state.request_next++;
    }
    return UPLINK_SENT;
}

static bool has_transfers(struct sender *sender) {
    struct err err;
    struct buf files = BUF_INIT(4096);
    if (sender->transfers != NULL)
        return true;
    const struct uplink_options options = sender_uplink_options(sender, &files);
    enum err_code code = transfers_create(&sender->transfers, &options, sender->uplink, &err);
    buf_finish(&files);
    return code == OK;
}

enum uplink_result sender_hand_on(struct sender *sender, bool at_end) {
    if (sender->state.file_count == 0 && sender->state.request_count == 0)
        return UPLINK_SENT;
    if (!has_transfers(sender))
        return UPLINK_LATER;
    enum uplink_result result = hand_on_requests(sender);
    hand_on_files(sender, at_end);
    return result;
}

bool sender_has_delivered(struct sender *sender) {
    struct transfers_progress progress = { 0 };
    struct buf uploaded = BUF_INIT(16 << 20);
    if (sender->transfers == NULL)
        return true;
    transfers_progress(sender->transfers, &progress);
    transfers_take_uploaded(sender->transfers, &uploaded);
    uplink_note_uploaded(sender->uplink, buf_str(&uploaded));
    buf_finish(&uploaded);
    return progress.waiting_count == 0;
}
