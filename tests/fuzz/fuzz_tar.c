/* fuzz_tar.c - a head that is taken says the same when it is written and read again. */
#include "base/tar.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct tar_entry first, second;
    struct err err;
    bool is_end;
    char block[TAR_BLOCK_BYTES] = { 0 };

    memcpy(block, data, size_bytes < sizeof block ? size_bytes : sizeof block);
    if (tar_read_head(block, &first, &is_end, &err) != OK || is_end)
        return 0;
    struct buf out = BUF_INIT(4096);
    if (tar_append_head(&out, &first, &err) == OK &&
        (tar_read_head(out.ptr, &second, &is_end, &err) != OK || strcmp(first.name, second.name) != 0 ||
         first.size_bytes != second.size_bytes))
        abort();
    buf_finish(&out);
    return 0;
}
