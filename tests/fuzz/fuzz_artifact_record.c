/* fuzz_artifact_record.c - any bytes as an artifact record. Manifests in files are left out: paths are not ours to open. */
#include "base/protobuf.h"
#include "client/uplink/artifact_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool names_a_file(struct str body) {
    struct protobuf_reader outer, inner;
    struct protobuf_field field;
    protobuf_reader_init(&outer, body);
    while (protobuf_next(&outer, &field)) {
        if (field.number != 12 || field.wire != PROTOBUF_BYTES)
            continue;
        protobuf_reader_init(&inner, field.bytes);
        while (protobuf_next(&inner, &field))
            if (field.number == 5)
                return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct str body = { (const char *)bytes, len };
    struct artifact_record record;
    struct err err;
    if (!names_a_file(body) && artifact_record_parse(&record, body, &err) == OK)
        artifact_record_finish(&record);
    return 0;
}
