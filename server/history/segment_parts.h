/* segment_parts.h - parts of segments that were read in a bucket, kept in memory: charts ask for the same few again and again.
 *
 * A segment never changes and its name never comes again, so that what is kept is right for as long as it is kept. The
 * part that was asked for longest ago makes room for a new one.
 *
 * Threads: safe from all. Memory: at most max_bytes; destroy.
 */
#ifndef SERVER_HISTORY_SEGMENT_PARTS_H
#define SERVER_HISTORY_SEGMENT_PARTS_H

#include "base/str.h"

#include <stdint.h>

struct segment_parts;

struct segment_parts *segment_parts_create(size_t max_bytes);
void segment_parts_destroy(struct segment_parts *parts); /* NULL is fine */
/* Whether exactly these bytes were kept, which are copied to out. */
bool segment_parts_get(struct segment_parts *parts, struct str name, uint64_t offset, size_t size, void *out);
void segment_parts_keep(struct segment_parts *parts, struct str name, uint64_t offset, struct str bytes);
/* All parts of a segment: it is gone, or what was read of it is damaged. */
void segment_parts_forget(struct segment_parts *parts, struct str name);

#endif
