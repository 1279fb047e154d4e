/* stores.c - see stores.h. */
#include "server/stores.h"

#include "server/blobs/depot.h"
#include "server/blobs/s3.h"
#include "server/bucket_claim.h"
#include "server/folder_claim.h"
#include "server/store/artifacts/blob.h"
#include "server/store/db/data_folder.h"
#include "server/store/db/db.h"
#include "server/store/db/lease.h"
#include "server/store/db/db_catalogue.h"

struct str stores_database_url(const struct data_folder *folder, struct str chosen, struct arena *arena) {
    return chosen.len > 0 ? chosen : arena_printf(arena, "sqlite:%s", data_folder_file(folder, "barograph.db", arena));
}

struct small {
    const struct blob_id *id;
    struct arena *arena;
    struct str bytes;
};

static enum err_code find_bytes(struct db_tx *tx, void *context, struct err *err) {
    struct small *small = context;
    return blob_find_bytes(tx, small->id->sha256, small->arena, &small->bytes, err);
}

enum err_code stores_find_small(void *db, const struct blob_id *id, struct arena *arena, struct str *bytes, struct err *err) {
    struct small small = { .id = id, .arena = arena };
    TRY(db_read(db, find_bytes, &small, err));
    *bytes = small.bytes;
    return OK;
}

static bool lies_in(struct str url, const struct data_folder *folder, struct arena *arena) {
    return str_starts_with(url, arena_printf(arena, "sqlite:%s", data_folder_file(folder, "", arena)));
}

/* Before anything is written or removed there. */
static enum err_code claim_files(struct stores *stores, const struct data_folder *folder, struct str url, struct arena *arena, struct err *err) {
    if (stores->bucket != NULL)
        TRY(bucket_claim(stores->bucket, stores->db, err));
    if (stores->bucket != NULL || lies_in(url, folder, arena))
        return folder_claim_end(stores->db, err);
    return folder_claim(folder, stores->db, err);
}

static enum err_code look_for_bytes(struct db_tx *tx, void *context, struct err *err) {
    return blob_has_bytes(tx, context, err);
}

/* With a bucket nothing is added to small bytes in the database: where a server without one left none, none are looked for. */
static enum err_code open_blobs(struct stores *stores, struct err *err) {
    bool has_small = true;
    if (stores->bucket != NULL)
        TRY(db_read(stores->db, look_for_bytes, &has_small, err));
    stores->blobs = blobs_create(stores->blob_depot);
    if (has_small)
        blobs_look_first(stores->blobs, stores_find_small, stores->db);
    return OK;
}

enum err_code stores_open(struct stores *stores, const struct data_folder *folder, const struct stores_options *options,
                          struct arena *arena, struct err *err) {
    struct str url = stores_database_url(folder, options->database, arena);
    *stores = (struct stores){ 0 };
    TRY(db_open(&stores->db, url, err));
    TRY(db_refuse_half_carried(stores->db, err));
    if (options->blobs.len > 0)
        TRY(s3_open(&stores->bucket, options->blobs, err));
    if (!options->history.has_no_worker)
        TRY(claim_files(stores, folder, url, arena, err));
    TRY(depot_open(&stores->blob_depot, data_folder_file(folder, "blobs", arena), stores->bucket, STR("blobs/"), err));
    TRY(open_blobs(stores, err));
    TRY(depot_open(&stores->history_depot, data_folder_file(folder, "history", arena), stores->bucket, STR("history/"), err));
    struct history_options history = options->history;
    if (!history.has_no_worker)
        TRY(lease_keeper_start(&stores->leases, stores->db, err));
    history.leases = stores->leases;
    return history_create(&stores->history, stores->db, stores->history_depot, &history, err);
}

void stores_close(struct stores *stores) {
    history_destroy(stores->history);
    lease_keeper_stop(stores->leases);
    blobs_destroy(stores->blobs);
    depot_close(stores->history_depot);
    depot_close(stores->blob_depot);
    s3_close(stores->bucket);
    db_close(stores->db);
}
