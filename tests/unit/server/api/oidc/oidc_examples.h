/* oidc_examples.h - a set of keys, and tokens that were signed with them (by another program than ours). All say the same:
 * iss https://sso.example, aud us, sub someone, nonce n-1, iat 1000, exp 2000, groups ml and ops, maria@example.org. */
#ifndef TESTS_OIDC_EXAMPLES_H
#define TESTS_OIDC_EXAMPLES_H

static const char example_keys[] =
    "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kid\":\"rsa-1\",\"alg\":\"RS256\",\"use\":\"sig\",\"k"
    "ty\":\"RSA\",\"n\":\"wJoswUibe9aWOPPDTrTPcjfKz_h6XOOAOtNb484boWpKAAFOp7dy5GEvddo9yFMM_S3p4Abohfd-PND"
    "t4RPLRnQfgZMR8v3Wnq1BciMiYMHiIovZ7cOL5dEUtHuzSJyG0a__1kPqU-vqnn11TlvTAT6XL6f0I0tiHy48SebwWiZG9Bku0hU"
    "c1YtSwPOJkk8tmSeUKC65RgHT8Amyyh5xmkmUqGTOUxN5RHm-ROA2y6OC1jMAmaXYSSnVFGKSBdqTW4nnha_8Jr6pmXBK6vaGKi2"
    "UdgOO8Wvznkg9Kewr3o1NBHdII9Tht7wRl8EQF3LEjzRAnwchmOlaU6mThPtu1w\",\"e\":\"AQAB\"},{\"kid\":\"ec-1\","
    "\"alg\":\"ES256\",\"use\":\"sig\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"q-r9fLC-zE_QSWvzArCs3XIWE"
    "99952G0qxEd4L6z-IA\",\"y\":\"1JG6EVubVYgJWg9gVILb1h1HH0c_WxWNzq9lZbWrlD8\"}]}";

static const char example_rs256[] =
    "eyJhbGciOiAiUlMyNTYiLCAia2lkIjogInJzYS0xIiwgInR5cCI6ICJKV1QifQ.eyJpc3MiOiAiaHR0cHM6Ly9zc28uZXhhbXBsZ"
    "SIsICJhdWQiOiAidXMiLCAic3ViIjogInNvbWVvbmUiLCAibm9uY2UiOiAibi0xIiwgImlhdCI6IDEwMDAsICJleHAiOiAyMDAwL"
    "CAiZ3JvdXBzIjogWyJtbCIsICJvcHMiXSwgInByZWZlcnJlZF91c2VybmFtZSI6ICJtYXJpYSIsICJlbWFpbCI6ICJtYXJpYUBle"
    "GFtcGxlLm9yZyIsICJlbWFpbF92ZXJpZmllZCI6IHRydWV9.eIiPJWOb7-bJlil9fVD0bPHzFw7zh_yE2lGM7S_iPryRSHNvthFc"
    "UKG-Yju974m5JvYm9DXJSesxrw-6e1oZCXEZOqmEKLer5HqztCOBMrMvgi8LOXoNPUfYMQIYGawWJQC2oiTqbQETQAseT1B7620b"
    "qBaaiAfd2oP6ONNNPxOmGcNG6P_dQvVsBIlv_rs_pxE-OvBX3bsZr0yNgYM5fSos7KVwwjoCMfIJwXP5aoFQpF9Ct4Xw1tqE3Tok"
    "1-Y5URqsZenhhEsHbkdOTVT4CJH26hWnXMQqwF66861ml-KVFSO1fU5v_w264eOdnNHf-RQDvgBFX_XKNzlrMerm1g";

static const char example_es256[] =
    "eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVjLTEiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiaHR0cHM6Ly9zc28uZXhhbXBsZSI"
    "sICJhdWQiOiAidXMiLCAic3ViIjogInNvbWVvbmUiLCAibm9uY2UiOiAibi0xIiwgImlhdCI6IDEwMDAsICJleHAiOiAyMDAwLCA"
    "iZ3JvdXBzIjogWyJtbCIsICJvcHMiXSwgInByZWZlcnJlZF91c2VybmFtZSI6ICJtYXJpYSIsICJlbWFpbCI6ICJtYXJpYUBleGF"
    "tcGxlLm9yZyIsICJlbWFpbF92ZXJpZmllZCI6IHRydWV9.ipQzkDmstdTMOHuDZDbSLR4RlKMmClcyqqALKCENGyVtfgBvL2boCP"
    "Rg_gaeFS4BHE-7zdnn9UphRO8_5Mgp8g";

#endif
