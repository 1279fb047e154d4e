/* routes.c - see routes.h. Sorted by pattern, then method. */
#include "server/api/routes.h"

#include "server/api/access.h"
#include "server/api/accounts/admin.h"
#include "server/api/accounts/session.h"
#include "server/api/artifacts/artifact_links.h"
#include "server/api/artifacts/artifact_manifest.h"
#include "server/api/artifacts/artifact_parts.h"
#include "server/api/backup.h"
#include "server/api/charts/chart.h"
#include "server/api/charts/live.h"
#include "server/api/files_origin.h"
#include "server/api/graphql_endpoint.h"
#include "server/api/health.h"
#include "server/api/oidc/oidc_log_in.h"
#include "server/api/oidc/oidc_log_out.h"
#include "server/api/projects/share_links.h"
#include "server/api/projects/shared.h"
#include "server/api/runs/columns_endpoint.h"
#include "server/api/runs/file_stream.h"
#include "server/api/runs/history_files.h"
#include "server/api/runs/import_endpoint.h"
#include "server/api/runs/receipt.h"
#include "server/api/runs/run_files.h"
#include "server/api/runs/table_endpoint.h"
#include "server/api/runs/upload.h"

const struct http_route routes[] = {
    { HTTP_GET, "/api/admin/{path...}", WHO_SERVER_ADMIN, admin_answer, 0, NULL },
    { HTTP_POST, "/api/admin/{path...}", WHO_SERVER_ADMIN, admin_answer, ADMIN_MAX_BODY_BYTES, NULL },
    { HTTP_PUT, "/api/admin/{path...}", WHO_SERVER_ADMIN, admin_answer, ADMIN_MAX_BODY_BYTES, NULL },
    { HTTP_DELETE, "/api/admin/{path...}", WHO_SERVER_ADMIN, admin_answer, 0, NULL },
    { HTTP_GET, "/api/backup", WHO_SERVER_ADMIN, backup_answer, 0, NULL },
    { HTTP_POST, "/api/history/buckets", CAN_READ, chart_answer, CHART_REQUEST_MAX_BYTES, NULL },
    { HTTP_POST, "/api/history/columns", CAN_READ, columns_answer_history, COLUMNS_REQUEST_MAX_BYTES, NULL },
    { HTTP_POST, "/api/import/{entity}/{project}", CAN_WRITE, import_answer, IMPORT_MAX_BODY_BYTES, NULL },
    { HTTP_GET, "/api/live", WHO_USER, live_answer, 0, NULL },
    { HTTP_GET, "/api/oidc", WHO_ANYONE, oidc_log_in_answer_label, 0, NULL },
    { HTTP_GET, "/api/oidc/begin", WHO_ANYONE, oidc_log_in_answer_begin, 0, NULL },
    { HTTP_GET, "/api/oidc/return", WHO_ANYONE, oidc_log_in_answer_return, 0, NULL },
    { HTTP_PUT, "/api/password", WHO_USER, session_answer_password, SESSION_MAX_BODY_BYTES, NULL },
    { HTTP_POST, "/api/runs/columns", CAN_READ, columns_answer_runs, COLUMNS_REQUEST_MAX_BYTES, NULL },
    { HTTP_GET, "/api/runs/{entity}/{project}/{run}/receipt", CAN_READ, receipt_answer, 0, NULL },
    { HTTP_POST, "/api/session", WHO_ANYONE, session_answer_begin, SESSION_MAX_BODY_BYTES, NULL },
    { HTTP_DELETE, "/api/session", WHO_ANYONE, oidc_log_out_answer, SESSION_MAX_BODY_BYTES, NULL },
    { HTTP_GET, "/api/shared/{token}", WHO_ANYONE, shared_answer, 0, NULL },
    { HTTP_POST, "/api/shared/{token}/buckets", WHO_ANYONE, chart_answer_shared, CHART_REQUEST_MAX_BYTES, NULL },
    { HTTP_POST, "/api/shared/{token}/runs", WHO_ANYONE, shared_answer_runs, SHARED_REQUEST_MAX_BYTES, NULL },
    { HTTP_POST, "/api/shares", CAN_WRITE, share_links_answer_create, SHARE_REQUEST_MAX_BYTES, NULL },
    { HTTP_GET, "/api/shares/{entity}/{project}", CAN_WRITE, share_links_answer_list, 0, NULL },
    { HTTP_DELETE, "/api/shares/{id}", CAN_WRITE, share_links_answer_revoke, 0, NULL },
    { HTTP_POST, "/api/tables/columns", CAN_READ, table_answer_columns, TABLE_REQUEST_MAX_BYTES, NULL },
    { HTTP_GET, "/artifacts/{entity}/{md5}", CAN_READ, artifact_links_answer_v1, 0, NULL },
    { HTTP_GET, "/artifactsV2/{region}/{entity}/{artifact}/{md5}", CAN_READ, artifact_links_answer_v2_short, 0, NULL },
    { HTTP_GET, "/artifactsV2/{region}/{entity}/{project}/{collection}/{rest...}", CAN_READ, artifact_links_answer_v2, 0, NULL },
    { HTTP_POST, "/files/{entity}/{project}/{run}/file_stream", CAN_WRITE, file_stream_answer, FILE_STREAM_MAX_BYTES, NULL },
    { HTTP_GET, "/files/{entity}/{project}/{run}/{path...}", CAN_READ, run_files_answer, 0, NULL },
    { HTTP_OPTIONS, "/files/{entity}/{project}/{run}/{path...}", WHO_ANYONE, upload_answer_preflight, 0, NULL },
    { HTTP_POST, "/graphql", WHO_ANYONE, graphql_endpoint_answer, GRAPHQL_MAX_BYTES, NULL },
    { HTTP_GET, "/healthz", WHO_ANYONE, health_answer_alive, 0, NULL },
    { HTTP_GET, "/metrics", WHO_ANYONE, health_answer_metrics, 0, NULL },
    { HTTP_GET, "/ready", WHO_ANYONE, health_answer_ready, 0, NULL },
    { HTTP_GET, "/readyz", WHO_ANYONE, health_answer_ready, 0, NULL },
    { HTTP_GET, "/signed/artifacts/{artifact}/files/{path...}", WHO_SIGNED_LINK, artifact_links_answer_file, 0, NULL },
    { HTTP_PUT, "/signed/artifacts/{artifact}/files/{path...}", WHO_SIGNED_LINK, NULL, LINK_PUT_MAX_BYTES, &artifact_links_upload_file },
    { HTTP_OPTIONS, "/signed/artifacts/{artifact}/files/{path...}", WHO_ANYONE, upload_answer_preflight, 0, NULL },
    { HTTP_GET, "/signed/artifacts/{artifact}/wandb_manifest.json", WHO_SIGNED_LINK, artifact_links_answer_manifest, 0, NULL },
    { HTTP_OPTIONS, "/signed/artifacts/{artifact}/wandb_manifest.json", WHO_ANYONE, upload_answer_preflight, 0, NULL },
    { HTTP_GET, "/signed/blobs/{sha256}/{name...}", WHO_SIGNED_LINK, files_origin_answer_blob, 0, NULL },
    { HTTP_GET, "/signed/history/{run}/{file}", WHO_SIGNED_LINK, history_files_answer, 0, NULL },
    { HTTP_OPTIONS, "/signed/history/{run}/{file}", WHO_ANYONE, upload_answer_preflight, 0, NULL },
    { HTTP_PUT, "/signed/manifests/{manifest}/{name}", WHO_SIGNED_LINK, NULL, MANIFEST_MAX_BYTES, &artifact_links_upload_manifest },
    { HTTP_OPTIONS, "/signed/manifests/{manifest}/{name}", WHO_ANYONE, upload_answer_preflight, 0, NULL },
    { HTTP_PUT, "/signed/parts/{artifact}/{number}/{path...}", WHO_SIGNED_LINK, NULL, LINK_PUT_MAX_BYTES, &artifact_parts_upload },
    { HTTP_OPTIONS, "/signed/parts/{artifact}/{number}/{path...}", WHO_ANYONE, upload_answer_preflight, 0, NULL },
    { HTTP_GET, "/signed/runs/{run}/{path...}", WHO_SIGNED_LINK, run_files_answer_signed, 0, NULL },
    { HTTP_PUT, "/signed/runs/{run}/{path...}", WHO_SIGNED_LINK, NULL, LINK_PUT_MAX_BYTES, &run_files_upload },
    { HTTP_OPTIONS, "/signed/runs/{run}/{path...}", WHO_ANYONE, upload_answer_preflight, 0, NULL },
};

const size_t route_count = sizeof routes / sizeof routes[0];
