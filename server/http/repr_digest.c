/* repr_digest.c - see repr_digest.h. */
#include "server/http/repr_digest.h"

/* ":BASE64:" of so many bytes. */
static bool read_bytes(struct str value, unsigned char *out, size_t size, struct arena *arena) {
    struct str bytes;
    if (value.len < 2 || value.ptr[0] != ':' || value.ptr[value.len - 1] != ':')
        return false;
    if (!hash_from_base64(str_slice(value, 1, value.len - 2), &bytes, arena) || bytes.len != size)
        return false;
    memcpy(out, bytes.ptr, size);
    return true;
}

struct repr_digest repr_digest_parse(struct str field, struct arena *arena) {
    struct repr_digest digest = { 0 };
    for (bool has_more = field.len > 0; has_more;) {
        struct str item, name, value;
        has_more = str_cut(field, ',', &item, &field);
        if (!str_cut(str_trim(item), '=', &name, &value))
            continue;
        if (str_eq_c(name, "sha-256"))
            digest.has_sha256 = read_bytes(value, digest.sha256, SHA256_BYTES, arena);
        else if (str_eq_c(name, "md5"))
            digest.has_md5 = read_bytes(value, digest.md5, MD5_BYTES, arena);
    }
    return digest;
}

struct str repr_digest_text(const unsigned char sha256[SHA256_BYTES], const unsigned char *md5, struct arena *arena) {
    struct str whole = hash_base64((struct str){ (const char *)sha256, SHA256_BYTES }, arena);
    if (md5 == NULL)
        return arena_printf(arena, "sha-256=:%.*s:", STR_ARG(whole));
    struct str other = hash_base64((struct str){ (const char *)md5, MD5_BYTES }, arena);
    return arena_printf(arena, "sha-256=:%.*s:, md5=:%.*s:", STR_ARG(whole), STR_ARG(other));
}
