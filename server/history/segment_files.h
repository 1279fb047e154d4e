/* segment_files.h - where the bytes of segments lie: a folder. Another kind of store takes the place of this file.
 *
 * A name is "<run number>/<32 hex digits>.parquet". Names are random, so nothing is ever written over.
 *
 * Threads: safe from all. Memory: destroy.
 */
#ifndef SERVER_HISTORY_SEGMENT_FILES_H
#define SERVER_HISTORY_SEGMENT_FILES_H

#include "base/arena.h"

struct segment_files;
struct segment_file; /* one that is being written */

MUST_CHECK enum err_code segment_files_create(struct segment_files **out, const char *folder, struct err *err);
void segment_files_destroy(struct segment_files *files); /* NULL is fine */

/* Begins a file for a run. Its bytes are appended; nothing is seen of it until segment_file_publish has returned, and
 * then it is durable. */
MUST_CHECK enum err_code segment_file_create(struct segment_file **out, struct segment_files *files, int64_t run,
                                             struct err *err);
MUST_CHECK enum err_code segment_file_append(struct segment_file *file, struct str bytes, struct err *err);
uint64_t segment_file_size(const struct segment_file *file);
struct str segment_file_name(const struct segment_file *file); /* lives as long as the file */
MUST_CHECK enum err_code segment_file_publish(struct segment_file *file, struct err *err);
/* Removes what was not published. NULL is fine. */
void segment_file_destroy(struct segment_file *file);

/* Exactly size bytes at offset; ERR_CORRUPT when the file ends before, ERR_NOT_FOUND when it is gone. */
MUST_CHECK enum err_code segment_files_read(struct segment_files *files, struct str name, uint64_t offset, size_t size,
                                            void *out, struct err *err);
MUST_CHECK enum err_code segment_files_open(struct segment_files *files, struct str name, int *fd, struct err *err);
MUST_CHECK enum err_code segment_files_remove(struct segment_files *files, struct str name, struct err *err);

/* ---- what lies there, whether anything refers to it or not ---- */

/* The runs that have a folder, in no order. */
MUST_CHECK enum err_code segment_files_list_runs(struct segment_files *files, int64_t **runs, size_t *count,
                                                 struct arena *arena, struct err *err);
/* A run's files, in no order: segments, and temporary ones whose writer may be gone. Names that are not of our making are
 * left out. */
MUST_CHECK enum err_code segment_files_list(struct segment_files *files, int64_t run, struct str **names, size_t *count,
                                            struct arena *arena, struct err *err);
/* Removes a file that nobody has written to since before_ms (Unix milliseconds); *is_removed is false for younger ones. */
MUST_CHECK enum err_code segment_files_remove_old(struct segment_files *files, struct str name, int64_t before_ms,
                                                  bool *is_removed, struct err *err);
/* Removes a run's folder if nothing is in it and nothing was since before_ms. */
MUST_CHECK enum err_code segment_files_remove_empty(struct segment_files *files, int64_t run, int64_t before_ms,
                                                    struct err *err);

#endif
