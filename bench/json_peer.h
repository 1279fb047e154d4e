/* json_peer.h - jansson behind a door of its own, because its names are like those of base/json.h. */
#ifndef BENCH_JSON_PEER_H
#define BENCH_JSON_PEER_H

#include <stddef.h>

/* Parses the text to a tree and ends it again; answers how many members the root has. */
size_t json_peer_parse(const char *text, size_t len);

#endif
