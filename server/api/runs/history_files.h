/* history_files.h - whole histories as Parquet files, on signed links: the official client reads them by range and
 * without credentials. */
#ifndef SERVER_API_HISTORY_FILES_H
#define SERVER_API_HISTORY_FILES_H

#include "server/api/link.h"

/* GET /signed/history/{run}/{file} */
enum err_code history_files_answer(struct http_call *call, struct err *err);

/* name: of struct history_file, "<run number>/<random>.parquet". */
struct str history_files_link(const struct identity *identity, struct str name, struct arena *arena);

#endif
