/* facts.c - see facts.h. */
#include "client/sender/facts.h"

#include "base/clock.h"
#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { GIT_LIMIT_MS = 10000, PIECE_BYTES = 16 << 10, PACKAGES_MAX = 20000, PARENTS_MAX = 64 };

/* ---- git ---- */

void git_facts_init(struct git_facts *facts) {
    buf_init(&facts->commit, FACTS_TEXT_MAX_BYTES);
    buf_init(&facts->remote, FACTS_TEXT_MAX_BYTES);
    buf_init(&facts->diff, FACTS_DIFF_MAX_BYTES);
}

void git_facts_finish(struct git_facts *facts) {
    buf_finish(&facts->commit);
    buf_finish(&facts->remote);
    buf_finish(&facts->diff);
}

static bool has_repository(void) {
    char path[PARENTS_MAX * 3 + sizeof ".git"] = ".git";
    char here[4096];
    if (getcwd(here, sizeof here) == NULL)
        return false;
    size_t depth = 0;
    for (const char *at = here; *at != '\0'; at++)
        depth += *at == '/';
    for (size_t i = 0; i <= depth && i < PARENTS_MAX; i++) {
        if (access(path, F_OK) == 0)
            return true;
        memmove(path + 3, path, strlen(path) + 1);
        memcpy(path, "../", 3);
    }
    return false;
}

static bool read_all(int fd, struct buf *out) {
    int64_t limit_ms = clock_mono_ms() + GIT_LIMIT_MS;
    char piece[PIECE_BYTES];
    for (;;) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        int64_t left_ms = limit_ms - clock_mono_ms();
        if (left_ms <= 0 || poll(&poll_fd, 1, (int)left_ms) <= 0)
            return false;
        ssize_t len = read(fd, piece, sizeof piece);
        if (len <= 0)
            return len == 0;
        buf_append(out, piece, (size_t)len);
        if (out->failed)
            return false;
    }
}

/* What the command prints. One that fails, takes too long or says too much has said nothing. */
static void run_git(const char *const *argv, struct buf *out) {
    posix_spawn_file_actions_t actions;
    int fds[2], status = -1;
    pid_t pid;
    if (os_pipe(fds) != 0)
        return;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failure = posix_spawnp(&pid, "git", &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    if (failure == 0) {
        if (!read_all(fds[0], out))
            (void)kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    close(fds[0]);
    if (failure != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        buf_reset(out);
    while (out->len > 0 && (out->ptr[out->len - 1] == '\n') && out->max == FACTS_TEXT_MAX_BYTES)
        out->len--;
}

/* "https://user:password@host/..." without what stands before the '@'; "git@host:..." holds no secret. */
static void strip_password(struct buf *remote) {
    struct str text = buf_str(remote), rest;
    for (size_t i = 0; i + 3 <= text.len; i++) {
        if (memcmp(text.ptr + i, "://", 3) != 0)
            continue;
        rest = str_from(text, i + 3);
        size_t end = 0, at = 0;
        for (; end < rest.len && rest.ptr[end] != '/'; end++)
            if (rest.ptr[end] == '@')
                at = end + 1;
        memmove(remote->ptr + i + 3, remote->ptr + i + 3 + at, rest.len - at);
        remote->len -= at;
        return;
    }
}

bool git_facts_gather(struct git_facts *facts) {
    static const char *const commit[] = { "git", "rev-parse", "HEAD", NULL };
    static const char *const remote[] = { "git", "config", "--get", "remote.origin.url", NULL };
    static const char *const diff[] = { "git", "diff", "--no-ext-diff", "--no-color", "HEAD", NULL };
    if (!has_repository())
        return false;
    run_git(commit, &facts->commit);
    if (facts->commit.len == 0)
        return false;
    run_git(remote, &facts->remote);
    strip_password(&facts->remote);
    run_git(diff, &facts->diff);
    return true;
}

/* ---- packages ---- */

static int compare(const void *a, const void *b) {
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* "numpy-2.4.6.dist-info" as "numpy==2.4.6"; NULL for another name. */
static char *package_of(const char *name) {
    struct str text = str_from_c(name);
    char *line = NULL;
    if (!str_ends_with(text, STR(".dist-info")))
        return NULL;
    text.len -= sizeof ".dist-info" - 1;
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '-')
        at--;
    if (at < 2 || asprintf(&line, "%.*s==%.*s", (int)at - 1, text.ptr, (int)(text.len - at), text.ptr + at) < 0)
        return NULL;
    return line;
}

static void list_folder(const char *path, char **lines, size_t *count) {
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && *count < PACKAGES_MAX && (entry = readdir(folder)) != NULL) {
        char *line = package_of(entry->d_name);
        if (line != NULL)
            lines[(*count)++] = line;
    }
    if (folder != NULL)
        closedir(folder);
}

void facts_list_packages(struct str folders, struct buf *out) {
    char **lines = calloc(PACKAGES_MAX, sizeof *lines);
    size_t count = 0;
    while (lines != NULL && folders.len > 0) {
        struct str folder, all = folders;
        char path[4096];
        if (!str_cut(all, ':', &folder, &folders))
            folders = STR_EMPTY;
        (void)snprintf(path, sizeof path, "%.*s", STR_ARG(folder));
        list_folder(path, lines, &count);
    }
    if (lines != NULL)
        qsort(lines, count, sizeof *lines, compare);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
            buf_printf(out, "%s\n", lines[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(lines[i]);
    free(lines);
}
