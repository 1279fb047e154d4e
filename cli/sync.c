/* sync.c - barograph sync: brings runs that lie in folders to the server, ours and the official client's. */
#include "cli/command.h"
#include "client/sender/sender.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOGS_MAX = 10000, PATIENCE_MS = 60000, DEPTH_MAX = 2, RESCAN_S = 5 };

struct sync_options {
    struct str api_key, base_url, entity, project;
    bool follow;
};

static const struct option rows[] = {
    { "api-key", "KEY", OPTION_TEXT, true, offsetof(struct sync_options, api_key), NULL,
      "the key to send with; better given as BAROGRAPH_API_KEY" },
    { "base-url", "URL", OPTION_TEXT, true, offsetof(struct sync_options, base_url), "http://127.0.0.1:8080",
      "where the server is" },
    { "entity", "NAME", OPTION_TEXT, true, offsetof(struct sync_options, entity), NULL,
      "whose runs they will be, instead of what the runs say" },
    { "follow", NULL, OPTION_FLAG, false, offsetof(struct sync_options, follow), NULL,
      "goes on with runs that are still being written, until they end, and takes up new ones" },
    { "project", "NAME", OPTION_TEXT, true, offsetof(struct sync_options, project), NULL,
      "the project they go to, instead of what the runs say" },
};

static const struct options options = { rows, sizeof rows / sizeof rows[0] };

static volatile sig_atomic_t was_interrupted;
static bool must_stop;

static void interrupt(int signal_number) {
    (void)signal_number;
    was_interrupted = 1;
    must_stop = true;
}

/* ---- finding logs ---- */

struct logs {
    char **paths;
    size_t count;
};

static void free_logs(struct logs *logs) {
    for (size_t i = 0; i < logs->count; i++)
        free(logs->paths[i]);
    free(logs->paths);
    *logs = (struct logs){ 0 };
}

static bool has_log(const struct logs *logs, const char *path) {
    for (size_t i = 0; i < logs->count; i++)
        if (strcmp(logs->paths[i], path) == 0)
            return true;
    return false;
}

static enum err_code add_log(struct logs *logs, const char *path, struct err *err) {
    char **paths;
    if (has_log(logs, path))
        return OK;
    if (logs->count == LOGS_MAX)
        return err_set(err, ERR_TOO_LARGE, "more than %d runs at once", LOGS_MAX);
    paths = realloc(logs->paths, (logs->count + 1) * sizeof *paths);
    if (paths == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    logs->paths = paths;
    paths[logs->count] = strdup(path);
    return paths[logs->count++] == NULL ? err_set(err, ERR_FULL, "out of memory") : OK;
}

static enum err_code find_logs(struct logs *logs, const char *path, int depth, struct err *err);

static enum err_code find_in_folder(struct logs *logs, const char *path, int depth, struct err *err) {
    enum err_code code = OK;
    struct dirent *entry;
    char *inner = NULL;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return err_set_errno(err, errno, "cannot open '%s'", path);
    while (code == OK && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "files") == 0)
            continue;
        if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0) {
            code = err_set(err, ERR_FULL, "out of memory");
            break;
        }
        code = find_logs(logs, inner, depth + 1, err);
        free(inner);
    }
    closedir(folder);
    return code;
}

/* Links are passed over, but for what the user named: "latest-run" would be a run twice, and others' links may
 * lead anywhere. */
static enum err_code find_logs(struct logs *logs, const char *path, int depth, struct err *err) {
    struct stat stat_of;
    int failure = depth == 0 ? stat(path, &stat_of) : lstat(path, &stat_of);
    if (failure != 0)
        return depth > 0 ? OK : err_set_errno(err, errno, "cannot find '%s'", path);
    if (S_ISREG(stat_of.st_mode) && str_ends_with(str_from_c(path), STR(".wandb")))
        return add_log(logs, path, err);
    if (S_ISDIR(stat_of.st_mode) && depth <= DEPTH_MAX)
        return find_in_folder(logs, path, depth, err);
    return depth == 0 ? err_set(err, ERR_BAD_INPUT, "'%s' is neither a run's folder nor a .wandb file", path) : OK;
}

static bool was_synced(const char *log_path) {
    char *path = NULL;
    if (asprintf(&path, "%s.synced", log_path) < 0)
        return false;
    bool is_there = access(path, F_OK) == 0;
    free(path);
    return is_there;
}

/* ---- sending ---- */

static int send_log(const struct sync_options *given, const char *path) {
    const struct sender_options sender = {
        .log_path = path,
        .base_url = given->base_url,
        .api_key = given->api_key,
        .entity = given->entity,
        .project = given->project,
        .follows = given->follow,
        .follows_links = !given->follow,
        .link_fd = -1,
        /* Who follows waits for the server too. */
        .patience_ms = given->follow ? INT64_MAX : PATIENCE_MS,
        .stop = &must_stop,
    };
    struct sender_result result = { 0 };
    struct err err = { 0 };
    if (sender_run(&sender, &result, &err) != OK) {
        err_add_context(&err, "%s", path);
        return command_failed(&err);
    }
    if (result.damaged_count > 0)
        fprintf(stderr, "barograph: %s: %llu damaged records were passed over\n", path,
                (unsigned long long)result.damaged_count);
    printf("%s %llu rows from %s\n", result.run_path, (unsigned long long)result.row_count, path);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int sync_once(const struct sync_options *given, const struct logs *logs, bool takes_synced) {
    int status = EXIT_OK;
    for (size_t i = 0; i < logs->count && !was_interrupted; i++)
        if ((takes_synced || !was_synced(logs->paths[i])) && send_log(given, logs->paths[i]) != EXIT_OK)
            status = EXIT_FAILED;
    return was_interrupted ? EXIT_FAILED : status;
}

/* A process for each run: each waits for its own log, and one that fails leaves the others alone. */
struct followers {
    struct logs logs;
    pid_t pids[LOGS_MAX]; /* of the logs, in their order; 0: it has ended */
};

static void start_new(const struct sync_options *given, const struct logs *logs, struct followers *followers) {
    struct err err;
    for (size_t i = 0; i < logs->count; i++) {
        if (has_log(&followers->logs, logs->paths[i]) || was_synced(logs->paths[i]))
            continue;
        if (add_log(&followers->logs, logs->paths[i], &err) != OK)
            return;
        pid_t *pid = &followers->pids[followers->logs.count - 1];
        *pid = fork();
        if (*pid == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
            _exit(send_log(given, logs->paths[i]));
        }
        if (*pid < 0) {
            free(followers->logs.paths[--followers->logs.count]);
            return; /* tried again at the next look */
        }
    }
}

static void forget_ended(struct followers *followers, int wait_flags) {
    for (pid_t pid; (pid = waitpid(-1, NULL, wait_flags)) > 0 || (pid < 0 && errno == EINTR);)
        for (size_t i = 0; pid > 0 && i < followers->logs.count; i++)
            if (followers->pids[i] == pid)
                followers->pids[i] = 0;
}

static int follow(const struct sync_options *given, char **folders, int folder_count) {
    static struct followers followers;
    struct err err;
    while (!was_interrupted) {
        for (int i = 0; i < folder_count; i++) {
            struct logs logs = { 0 };
            if (find_logs(&logs, folders[i], 0, &err) == OK)
                start_new(given, &logs, &followers);
            free_logs(&logs);
        }
        forget_ended(&followers, WNOHANG);
        (void)sleep(RESCAN_S);
    }
    for (size_t i = 0; i < followers.logs.count; i++)
        if (followers.pids[i] > 0)
            (void)kill(followers.pids[i], SIGTERM);
    forget_ended(&followers, 0);
    free_logs(&followers.logs);
    return EXIT_OK;
}

static int run(const struct command *command, int argc, char **argv) {
    struct sync_options given = { 0 };
    struct logs logs = { 0 };
    struct err err = { 0 };
    int rest_count;
    if (options_parse(&options, &given, argc - 1, argv + 1, &rest_count, &err) != OK)
        return command_misused(command, "%s", err.message);
    if (rest_count == 0)
        return command_misused(command, "which folders? runs lie in ./wandb");
    struct sigaction action = { .sa_handler = interrupt };
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    int status = EXIT_OK;
    for (int i = 0; i < rest_count; i++) {
        size_t before = logs.count;
        if (find_logs(&logs, argv[1 + i], 0, &err) != OK)
            status = command_failed(&err);
        else if (logs.count == before && !given.follow) {
            fprintf(stderr, "barograph: there is no run in '%s'\n", argv[1 + i]);
            status = EXIT_FAILED;
        }
    }
    /* One run that is named is sent, whether it was before or not. */
    if (given.follow) {
        if (status == EXIT_OK)
            status = follow(&given, argv + 1, rest_count);
    } else if (sync_once(&given, &logs, logs.count == 1) != EXIT_OK)
        status = EXIT_FAILED;
    free_logs(&logs);
    return status;
}

const struct command sync_command = {
    .name = "sync",
    .usage = "[--follow] [--entity NAME] [--project NAME] DIR...",
    .summary = "Sends runs that lie in folders to the server.",
    .options = &options,
    .run = run,
};
