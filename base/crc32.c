/* crc32.c - the checksum of hash.h. By itself, so that a program which needs no more of it is not linked with a cryptography
 * library: a training process imports the client in half the time, and in less memory.
 */
#include "base/hash.h"

#include <libdeflate.h>

uint32_t hash_crc32(uint32_t crc, struct str bytes) {
    /* With a NULL pointer libdeflate answers the initial value whatever crc is. */
    return bytes.len == 0 ? crc : libdeflate_crc32(crc, bytes.ptr, bytes.len);
}
