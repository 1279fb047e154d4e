/* artifact_links.h - the bytes of artifacts over HTTP: drafts' files and manifests are put to signed links, versions'
 * files and manifests are fetched from signed links, or with credentials from the addresses that clients build.
 */
#ifndef SERVER_API_ARTIFACT_LINKS_H
#define SERVER_API_ARTIFACT_LINKS_H

#include "server/api/link.h"

/* PUT and GET of /signed/artifacts/{artifact}/files/{path...} */
extern const struct http_sink artifact_links_upload_file;
enum err_code artifact_links_answer_file(struct http_call *call, struct err *err);
/* PUT /signed/manifests/{manifest}/{name} and GET /signed/artifacts/{artifact}/wandb_manifest.json */
extern const struct http_sink artifact_links_upload_manifest;
enum err_code artifact_links_answer_manifest(struct http_call *call, struct err *err);

/* GET /artifacts/{entity}/{md5}: the address that the official client builds from manifests of storage layout V1. */
enum err_code artifact_links_answer_v1(struct http_call *call, struct err *err);
/* GET /artifactsV2/{region}/{entity}/{project}/{collection}/{rest...}: the address that the official client builds. */
enum err_code artifact_links_answer_v2(struct http_call *call, struct err *err);
/* GET /artifactsV2/{region}/{entity}/{artifact}/{md5}: the one that its older ages build. */
enum err_code artifact_links_answer_v2_short(struct http_call *call, struct err *err);

struct str artifact_links_file(const struct identity *identity, int64_t artifact_id, struct str path, struct arena *arena);
struct str artifact_links_put_file(const struct identity *identity, int64_t artifact_id, struct str path, struct arena *arena);
struct str artifact_links_manifest(const struct identity *identity, int64_t artifact_id, struct arena *arena);
struct str artifact_links_put_manifest(const struct identity *identity, int64_t manifest_id, struct str name, struct arena *arena);

#endif
