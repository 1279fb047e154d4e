/* run_files.h - files of runs over HTTP: put to a signed link, fetched with credentials or a signed link. */
#ifndef SERVER_API_RUN_FILES_H
#define SERVER_API_RUN_FILES_H

#include "server/api/link.h"
#include "server/store/runs/run.h"
#include "server/store/runs/run_file.h"

/* PUT and GET of /signed/runs/{run}/{path...} */
extern const struct http_sink run_files_upload;
enum err_code run_files_answer_signed(struct http_call *call, struct err *err);

/* GET /files/{entity}/{project}/{run}/{path...} */
enum err_code run_files_answer(struct http_call *call, struct err *err);

/* Where the bytes of a file of that run are put, and where they are. path has passed file_is_safe_path. */
struct str run_files_upload_link(const struct identity *identity, int64_t run_id, struct str path, struct arena *arena);
struct str run_files_direct_link(const struct identity *identity, int64_t run_id, struct str path, struct arena *arena);
struct str run_files_link(const struct identity *identity, const struct run *run, struct str path, struct arena *arena);

#endif
