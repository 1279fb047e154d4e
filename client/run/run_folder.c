/* run_folder.c - a run's id, and the folder that it makes for itself. */
#include "client/run/run.h"

#include "base/os.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUN_ID_LEN = 8, RUN_ID_MAX = 128, SAME_SECOND_MAX = 1000 };

static bool make_run_id(char out[RUN_ID_LEN + 1]) {
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char random[RUN_ID_LEN * 8];
    if (!os_random(random, sizeof random))
        return false;
    size_t len = 0;
    /* 252 is the largest multiple of 36: all digits are equally likely. */
    for (size_t i = 0; i < sizeof random && len < RUN_ID_LEN; i++)
        if (random[i] < 252)
            out[len++] = digits[random[i] % 36];
    out[len] = '\0';
    return len == RUN_ID_LEN;
}

enum err_code run_choose_id(struct baro_run *run, const char *given, struct err *err) {
    char made[RUN_ID_LEN + 1];
    if (given == NULL || given[0] == '\0') {
        if (!make_run_id(made))
            return err_set(err, ERR_IO, "the system has no random bytes");
        given = made;
    }
    size_t len = strnlen(given, RUN_ID_MAX + 1);
    if (len > RUN_ID_MAX)
        return err_set(err, ERR_BAD_INPUT, "a run id has at most %d characters", RUN_ID_MAX);
    for (size_t i = 0; i < len; i++)
        if (strchr("/\\#?%:", given[i]) != NULL || (unsigned char)given[i] < 0x20)
            return err_set(err, ERR_BAD_INPUT, "a run id has none of / \\ # ? %% : and no control characters");
    return run_copy_text(&run->run_id, given) ? OK : err_set(err, ERR_FULL, "out of memory");
}

static enum err_code make_folder(const char *path, mode_t mode, struct err *err) {
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return OK;
    return err_set_errno(err, errno, "cannot make the folder '%s'", path);
}

/* "latest-run" is where a user looks first; a file system without links goes without. */
static void link_latest(const char *wandb_dir, const char *folder_name) {
    char *temporary = NULL, *link = NULL;
    if (asprintf(&temporary, "%s/.latest-run.%ld", wandb_dir, (long)getpid()) >= 0 &&
        asprintf(&link, "%s/latest-run", wandb_dir) >= 0 && symlink(folder_name, temporary) == 0 &&
        rename(temporary, link) != 0)
        (void)unlink(temporary);
    free(temporary);
    free(link);
}

/* A run that is resumed within a second takes the next second's name. */
static enum err_code make_own_folder(struct baro_run *run, const char *wandb_dir, bool is_offline, char **name, struct err *err) {
    char stamp[sizeof "20261121_051954"];
    struct tm local;
    for (time_t seconds = (time_t)(run->start_wall_ns / 1000000000), last = seconds + SAME_SECOND_MAX; seconds < last; seconds++) {
        free(*name);
        free(run->dir);
        *name = run->dir = NULL;
        if (localtime_r(&seconds, &local) == NULL || strftime(stamp, sizeof stamp, "%Y%m%d_%H%M%S", &local) == 0)
            return err_set(err, ERR_IO, "the clock cannot be read");
        if (asprintf(name, "%srun-%s-%s", is_offline ? "offline-" : "", stamp, run->run_id) < 0 ||
            asprintf(&run->dir, "%s/%s", wandb_dir, *name) < 0)
            return err_set(err, ERR_FULL, "out of memory");
        if (mkdir(run->dir, 0700) == 0)
            return OK;
        if (errno != EEXIST)
            break;
    }
    return err_set_errno(err, errno, "cannot make the folder '%s'", run->dir);
}

enum err_code run_make_folder(struct baro_run *run, const char *parent, bool is_offline, struct err *err) {
    char *wandb_dir = NULL, *files = NULL, *name = NULL;
    enum err_code code = make_folder(parent, 0777, err);
    if (code == OK && asprintf(&wandb_dir, "%s/wandb", parent) < 0)
        code = err_set(err, ERR_FULL, "out of memory");
    if (code == OK)
        code = make_folder(wandb_dir, 0777, err);
    if (code == OK)
        code = make_own_folder(run, wandb_dir, is_offline, &name, err);
    if (code == OK && (asprintf(&files, "%s/files", run->dir) < 0 ||
                       asprintf(&run->log_path, "%s/run-%s.wandb", run->dir, run->run_id) < 0))
        code = err_set(err, ERR_FULL, "out of memory");
    if (code == OK)
        code = make_folder(files, 0700, err);
    if (code == OK)
        link_latest(wandb_dir, name);
    free(wandb_dir);
    free(name);
    free(files);
    return code;
}
