/* orphans.c - see orphans.h. */
#include "client/sender/orphans.h"

#include "client/log/shared_log.h"
#include "client/os.h"

#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000, FOLDERS_MAX = 100000, PATH_BYTES = 4096 };

/* DIR/wandb of DIR/wandb/run-TIME-ID/run-ID.wandb. */
static bool runs_folder(const char *log_path, char out[PATH_BYTES]) {
    int len = snprintf(out, PATH_BYTES, "%s", log_path);
    if (len < 0 || len >= PATH_BYTES)
        return false;
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(out, '/');
        if (slash == NULL || slash == out)
            return false;
        *slash = '\0';
    }
    return true;
}

/* run-TIME-ID has run-ID.wandb; false when its control file is gone, as it is of every run that has ended. */
static bool log_in(const char *folder, const char *name, char out[PATH_BYTES]) {
    char control[PATH_BYTES + sizeof ".control"];
    const char *id = name + sizeof "run-20261121_051954-" - 1;
    if (strlen(name) <= sizeof "run-20261121_051954-" - 1)
        return false;
    int len = snprintf(out, PATH_BYTES, "%s/%s/run-%s.wandb", folder, name, id);
    (void)snprintf(control, sizeof control, "%s.control", out);
    return len > 0 && len < PATH_BYTES && access(control, F_OK) == 0;
}

static bool is_orphan(const char *log_path, struct str server) {
    struct shared_log *log = NULL;
    struct err err;
    if (shared_log_open(&log, log_path, &err) != OK)
        return false;
    log->control->server[sizeof log->control->server - 1] = '\0';
    bool is_so = !shared_log_has_writer(log) && str_eq_c(server, log->control->server);
    shared_log_close(log);
    return is_so;
}

static void finish_one(const struct sender_options *given, const char *log_path) {
    const struct sender_options options = { .log_path = log_path,
                                            .base_url = given->base_url,
                                            .api_key = given->api_key,
                                            .follows_links = true,
                                            .link_fd = -1,
                                            .patience_ms = PATIENCE_MS };
    struct sender_result result;
    struct err err;
    /* One that another process is at already is locked; one that fails waits for the next init, or for sync. */
    (void)!sender_run(&options, &result, &err);
}

static void finish_all(const struct sender_options *options) {
    char folder[PATH_BYTES], log_path[PATH_BYTES];
    struct dirent *entry;
    if (!runs_folder(options->log_path, folder))
        return;
    DIR *runs = opendir(folder);
    for (int i = 0; runs != NULL && i < FOLDERS_MAX && (entry = readdir(runs)) != NULL; i++) {
        if (strncmp(entry->d_name, "run-", 4) != 0 || !log_in(folder, entry->d_name, log_path) ||
            strcmp(log_path, options->log_path) == 0)
            continue;
        if (is_orphan(log_path, options->base_url))
            finish_one(options, log_path);
    }
    if (runs != NULL)
        closedir(runs);
}

void orphans_finish(const struct sender_options *options) {
    pid_t child = fork();
    if (child < 0)
        return;
    if (child == 0) {
        /* Nobody waits for the grandchild. */
        if (fork() == 0) {
            (void)close(options->link_fd);
            if (os_close_from(3))
                finish_all(options);
        }
        _exit(0);
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
}
