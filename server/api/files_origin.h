/* files_origin.h - an origin of their own for logged files (--files-url): what somebody logged can then not even try to
 * reach the page's cookies and storage. Without it files are shown in a sandbox of the page's origin.
 *
 * Threads: what is set up at the start is read only. Memory: what is answered lives in the call's arena.
 */
#ifndef SERVER_API_FILES_ORIGIN_H
#define SERVER_API_FILES_ORIGIN_H

#include "base/hash.h"
#include "server/api/access.h"

/* ERR_BAD_INPUT unless it is "http://host[:port]" or "https://host[:port]", without a path. */
MUST_CHECK enum err_code files_origin_check(struct str url, struct err *err);
/* "files.example.org:8080", what requests to that origin have as Host; empty when there is none. */
struct str files_origin_host(struct str url);

/* Whether the request came to the files' origin. False when there is none. */
bool files_origin_is_asked(const struct http_call *call);
/* Sends the browser on to a short-lived address of the blob there. */
void files_origin_redirect(struct http_call *call, const unsigned char sha256[SHA256_BYTES], struct str name);

/* GET /signed/blobs/{sha256}/{name...} */
enum err_code files_origin_answer_blob(struct http_call *call, struct err *err);

#endif
