/* artifact_folder.h - the files of a version seen as folders, without reading all of what may be a million of them at once.
 *
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_ARTIFACT_FOLDER_H
#define SERVER_STORE_ARTIFACT_FOLDER_H

#include "server/store/artifacts/artifact_file.h"

enum { ARTIFACT_SUBFOLDERS_MAX = 10000 };

struct artifact_subfolder {
    struct owner owner; /* as artifact_file has it */
    struct str name;
    int64_t file_count, size_bytes; /* of all that lies in it, however deep */
};

struct artifact_folder {
    struct owner owner;
    struct list subfolders;  /* of struct artifact_subfolder, by name, ARTIFACT_SUBFOLDERS_MAX at most */
    struct list files;       /* of struct artifact_file, by path: the page */
    int64_t subfolder_count; /* also those that are not listed */
    int64_t file_count, size_bytes; /* of all that lies in it, however deep */
    bool has_more;           /* files */
};

/* What lies directly in the folder of that path ("" is the whole version): its subfolders and sums, and the first files. After a file
 * that was told before: only further files. */
MUST_CHECK enum err_code artifact_folder_list(struct db_tx *tx, int64_t artifact_id, struct str path, struct str after, size_t limit,
                                              struct arena *arena, struct artifact_folder *out, struct err *err);
/* All files whose path holds the words, in letters of either case: only ->files and ->has_more. */
MUST_CHECK enum err_code artifact_folder_search(struct db_tx *tx, int64_t artifact_id, struct str words, struct str after, size_t limit,
                                                struct arena *arena, struct artifact_folder *out, struct err *err);

#endif
