/* db_carry.h - makes one table of a database equal to that of another, whatever their engines.
 *
 * Both are walked side by side in the order of the primary key, in portions; what differs is written to the target,
 * one transaction a portion. So a table that is half filled is gone on with, and one that was filled while the source
 * was in use is brought up to date, by the same walk: what is equal already is read and left alone.
 */
#ifndef SERVER_STORE_DB_CARRY_H
#define SERVER_STORE_DB_CARRY_H

#include "base/hash.h"
#include "server/store/db/db_catalogue.h"

struct carry_facts {
    int64_t row_count;     /* of the source */
    int64_t written_count; /* rows that were written to the target or taken out of it */
    int64_t wrong_count;   /* when nothing is written: rows that are not the same on both sides */
    int64_t mended_count;  /* texts with bytes that PostgreSQL does not take: U+FFFD stands for them in both */
    unsigned char source_sha256[SHA256_BYTES], target_sha256[SHA256_BYTES]; /* of all rows, in the key's order */
};

/* only_compares: writes nothing. statements: outlives both databases, which keep what they prepared by its address. */
MUST_CHECK enum err_code db_carry_table(struct db *source, struct db *target, const struct table_shape *table,
                                        bool only_compares, struct carry_facts *facts, struct arena *statements, struct err *err);

#endif
