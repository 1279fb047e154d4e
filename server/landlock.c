/* landlock.c - see landlock.h. */
#include "server/landlock.h"

#include "base/arena.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Later than the headers of the oldest system this is built on. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

/* The first lets nobody rename between folders, which is how a blob gets its name. */
enum { OLDEST_VERSION = 2 };

/* A sanitizer runs other programs to tell what it found. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

#define READ_RIGHTS ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR))
#define WRITE_RIGHTS                                                                                                     \
    ((uint64_t)(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |         \
                LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER |                   \
                LANDLOCK_ACCESS_FS_TRUNCATE))
/* Nobody needs these here: they are handled and never allowed. */
#define OTHER_RIGHTS                                                                                                     \
    ((uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |               \
                LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM))

/* What the system's libraries read while they work: other libraries, names, time zones, the count of processors. */
static const char *const system_paths[] = {
    "/dev/null",      "/dev/urandom",         "/etc/gai.conf",    "/etc/host.conf", "/etc/hosts",
    "/etc/ld.so.cache", "/etc/localtime",     "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/services",
    "/etc/ssl",       "/lib",                 "/lib64",           "/proc/self",     "/sys/devices/system/cpu",
    "/usr/lib",       "/usr/share/zoneinfo",
};

/* What a kernel of that version of the interface knows. */
static uint64_t known_rights(int version) {
    uint64_t rights = READ_RIGHTS | WRITE_RIGHTS | OTHER_RIGHTS;
    return version < 3 ? rights & ~(uint64_t)LANDLOCK_ACCESS_FS_TRUNCATE : rights;
}

static bool allow(int ruleset, const char *path, uint64_t rights) {
    struct landlock_path_beneath_attr beneath = { .allowed_access = rights };
    struct stat info;

    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0)
        return errno == ENOENT || errno == EACCES || errno == ENOTDIR;
    if (fstat(beneath.parent_fd, &info) == 0 && !S_ISDIR(info.st_mode)) /* the rest is said of folders */
        beneath.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
    bool is_added = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    (void)close(beneath.parent_fd);
    return is_added;
}

static bool allow_each(int ruleset, const struct str *paths, size_t count, uint64_t rights) {
    struct arena *arena = arena_create();
    bool is_allowed = true;
    for (size_t i = 0; is_allowed && i < count; i++)
        is_allowed = paths[i].len == 0 || allow(ruleset, arena_copy_c(arena, paths[i]), rights);
    arena_destroy(arena);
    return is_allowed;
}

bool landlock_confine(const struct str *writable, size_t writable_count, const struct str *readable, size_t readable_count) {
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < OLDEST_VERSION || IS_SANITIZED)
        return false;
    uint64_t rights = known_rights(version), reading = READ_RIGHTS & rights, writing = (READ_RIGHTS | WRITE_RIGHTS) & rights;
    struct landlock_ruleset_attr wanted = { .handled_access_fs = rights };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted.handled_access_fs, 0);
    if (ruleset < 0)
        return false;
    bool is_done = allow_each(ruleset, writable, writable_count, writing) && allow_each(ruleset, readable, readable_count, reading);
    for (size_t i = 0; is_done && i < sizeof system_paths / sizeof system_paths[0]; i++)
        is_done = allow(ruleset, system_paths[i], reading);
    is_done = is_done && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (!is_done)
        log_warn("the process could not be confined to its data folder: %s", strerror(errno));
    (void)close(ruleset);
    return is_done;
}
