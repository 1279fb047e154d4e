/* data_folder.c - see data_folder.h. */
#include "server/store/db/data_folder.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LOCK_TEXT_MAX = 64 };

struct data_folder {
    char *path;
    int lock_fd;
};

/* The kernel's numbers, from statfs(2). */
static const struct {
    uint32_t type;
    const char *name;
} network_file_systems[] = {
    { 0x6969, "NFS" },       { 0xff534d42, "CIFS" },  { 0xfe534d42, "SMB2" }, { 0x517b, "SMB" },
    { 0x564c, "NCP" },       { 0x01021997, "9p" },    { 0x5346414f, "AFS" },  { 0x6b414653, "AFS" },
    { 0x00c36400, "Ceph" },  { 0x0bd00bd0, "Lustre" }, { 0x47504653, "GPFS" }, { 0x73757245, "Coda" },
    { 0x7461636f, "OCFS2" }, { 0x01161970, "GFS2" },  { 0x19830326, "BeeGFS" },
};

static enum err_code check_file_system(const char *path, bool is_forced, struct err *err) {
    struct statfs info;
    if (statfs(path, &info) != 0)
        return err_set_errno(err, errno, "cannot look at the data folder '%s'", path);
    for (size_t i = 0; i < sizeof network_file_systems / sizeof network_file_systems[0]; i++) {
        if ((uint32_t)info.f_type != network_file_systems[i].type)
            continue;
        if (!is_forced)
            return err_set(err, ERR_PRECONDITION,
                           "the data folder '%s' lies on %s, where a database can be damaged: use a local disk, "
                           "or --force if you know better",
                           path, network_file_systems[i].name);
        log_warn("the data folder '%s' lies on %s, where a database can be damaged", path,
                 network_file_systems[i].name);
    }
    return OK;
}

/* Makes it with 0700; one that exists keeps its mode but may not be open to others. */
static enum err_code make_folder(const char *path, struct err *err) {
    struct stat info;
    TRY(file_make_folders(path, 0700, err));
    if (stat(path, &info) != 0)
        return err_set_errno(err, errno, "cannot look at the data folder '%s'", path);
    if ((info.st_mode & 077) != 0 && chmod(path, info.st_mode & 07700) != 0)
        return err_set_errno(err, errno, "cannot close the data folder '%s' to others", path);
    return OK;
}

static enum err_code refuse_second(int fd, const char *path, struct err *err) {
    char text[LOCK_TEXT_MAX];
    uint64_t process = 0;
    ssize_t len = pread(fd, text, sizeof text, 0);
    if (len > 0)
        (void)str_to_u64(str_trim((struct str){ text, (size_t)len }), &process);
    return err_set(err, ERR_CONFLICT, "the data folder '%s' is in use by another barograph (process %llu)", path,
                   (unsigned long long)process);
}

static enum err_code lock(int *lock_fd, const char *path, struct err *err) {
    struct arena *arena = arena_create();
    const char *lock_path = file_join(arena, path, "lock");
    int fd = -1;

    enum err_code code = file_open(&fd, lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600, err);
    if (code != OK)
        goto done;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        code = errno == EWOULDBLOCK ? refuse_second(fd, path, err)
                                    : err_set_errno(err, errno, "cannot lock '%s'", lock_path);
        goto done;
    }
    struct str text = arena_printf(arena, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text.ptr, text.len, 0) < 0) {
        code = err_set_errno(err, errno, "cannot write '%s'", lock_path);
        goto done;
    }
    *lock_fd = fd;
    fd = -1;
done:
    if (fd >= 0)
        (void)close(fd);
    arena_destroy(arena);
    return code;
}

enum err_code data_folder_open(struct data_folder **out, struct str path, bool is_forced, struct err *err) {
    struct data_folder *folder = calloc(1, sizeof *folder);
    if (folder == NULL || (folder->path = strndup(path.ptr, path.len)) == NULL)
        log_fatal("out of memory: cannot open the data folder");
    folder->lock_fd = -1;
    enum err_code code = make_folder(folder->path, err);
    if (code == OK)
        code = check_file_system(folder->path, is_forced, err);
    if (code == OK)
        code = lock(&folder->lock_fd, folder->path, err);
    if (code != OK) {
        data_folder_close(folder);
        return code;
    }
    *out = folder;
    return OK;
}

void data_folder_close(struct data_folder *folder) {
    if (folder == NULL)
        return;
    if (folder->lock_fd >= 0)
        (void)close(folder->lock_fd);
    free(folder->path);
    free(folder);
}

const char *data_folder_file(const struct data_folder *folder, const char *name, struct arena *arena) {
    return file_join(arena, folder->path, name);
}
