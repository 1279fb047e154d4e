/* file.h - files and folders, with the care that durable data needs.
 *
 * All calls to the system go through file_calls, which tests replace to have full disks, short writes and
 * lost fsyncs on purpose. Durable means: file fsync, rename, folder fsync. An fsync that fails is fatal.
 *
 * Threads: no state but file_calls, which is only changed before threads start.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/buf.h"

#include <sys/stat.h>
#include <sys/types.h>

struct file_calls {
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*write)(int fd, const void *bytes, size_t len);
    ssize_t (*pread)(int fd, void *bytes, size_t len, off_t offset);
    int (*fsync)(int fd);
    int (*syncfs)(int fd);
    int (*rename)(const char *from, const char *to);
    int (*link)(const char *from, const char *to);
    int (*unlink)(const char *path);
};
extern struct file_calls file_calls;

MUST_CHECK enum err_code file_open(int *fd, const char *path, int flags, mode_t mode, struct err *err);
MUST_CHECK enum err_code file_write_all(int fd, struct str bytes, const char *path, struct err *err);
/* Exactly len bytes; ERR_CORRUPT when the file ends before. */
MUST_CHECK enum err_code file_read_at(int fd, void *out, size_t len, uint64_t offset, const char *path, struct err *err);
/* The whole file; ERR_TOO_LARGE past max_bytes. */
MUST_CHECK enum err_code file_read_all(struct str *out, const char *path, size_t max_bytes, struct arena *arena,
                                       struct err *err);
MUST_CHECK enum err_code file_size(uint64_t *out, const char *path, struct err *err);
bool file_exists(const char *path);

/* fsync; failure is fatal (it cannot be retried: the kernel has already forgotten the pages). */
void file_sync(int fd, const char *path);
void file_sync_folder(const char *path);
/* All that was written so far on the file system of this folder, names too: for many small files at once, which one by one
 * would each wait for the disk. False, with nothing done, on a kernel that would not tell of a failure (before 5.8). */
bool file_sync_all(const char *folder);

/* Written beside, synced, renamed over, folder synced: after a crash there is the old content or the new. */
MUST_CHECK enum err_code file_replace(const char *path, struct str bytes, mode_t mode, struct err *err);
MUST_CHECK enum err_code file_rename(const char *from, const char *to, struct err *err); /* durable with the next sync of its folder */
/* For a temporary file that is complete: fsync, rename, folder fsync. */
MUST_CHECK enum err_code file_publish(int fd, const char *temporary, const char *path, struct err *err);

/* Makes the folder and its parents; mode for those that are made. */
MUST_CHECK enum err_code file_make_folders(const char *path, mode_t mode, struct err *err);
MUST_CHECK enum err_code file_remove(const char *path, struct err *err); /* missing is OK */
MUST_CHECK enum err_code file_remove_tree(const char *path, struct err *err);

/* "a/b" from "a" and "b". */
char *file_join(struct arena *arena, const char *folder, const char *name);

/* True for a relative path of plain names: no empty part, ".", "..", backslash, NUL or control byte, at most
 * 1,024 bytes (255 a part). What comes from outside goes to the disk only after this. */
bool file_is_safe_path(struct str path);
/* What a refusal says after the path. */
#define FILE_PATH_RULE ": at most 1,024 bytes, 255 a part, without '.', '..', backslashes and control characters"

#endif
