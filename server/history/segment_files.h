/* segment_files.h - the bytes of segments, as files of a depot.
 *
 * A name is "<run number>/<32 hex digits>.parquet". Names are random, so nothing is ever written over.
 *
 * Threads: safe from all. Memory: destroy.
 */
#ifndef SERVER_HISTORY_SEGMENT_FILES_H
#define SERVER_HISTORY_SEGMENT_FILES_H

#include "server/blobs/depot.h"

struct segment_files;
struct segment_file; /* one that is being written */

struct segment_files *segment_files_create(struct depot *depot); /* which must outlive them */
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

/* Exactly size bytes at offset; ERR_CORRUPT when the file ends before, ERR_NOT_FOUND when it is gone. What is read in a bucket
 * is kept for a while. */
MUST_CHECK enum err_code segment_files_read(struct segment_files *files, struct str name, uint64_t offset, size_t size,
                                            void *out, struct err *err);
/* What was read in a bucket is damaged: it is read there again. */
void segment_files_forget(struct segment_files *files, struct str name);
/* Whether it would be read in a bucket: bytes that are damaged on the way may be whole when read again. */
bool segment_files_is_far(struct segment_files *files, struct str name);
MUST_CHECK enum err_code segment_files_open(struct segment_files *files, struct str name, int *fd, struct err *err);
MUST_CHECK enum err_code segment_files_remove(struct segment_files *files, struct str name, struct err *err);

/* ---- what lies there, whether anything refers to it or not ---- */

/* Every file whose name is of our making; ends when visit fails. */
MUST_CHECK enum err_code segment_files_list(struct segment_files *files, depot_visit *visit, void *context, struct err *err);
/* Removes folders of runs that nothing is in and nothing was since before_ms. */
void segment_files_remove_empty_folders(struct segment_files *files, int64_t before_ms);

#endif
