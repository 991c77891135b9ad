#include "cli/credential.h"

#include "base/file.h"
#include "base/text.h"
#include "cli/groups.h"
#include "cli/presigned.h"

/* {"query_string": "<base64>", "encryption": {"key": "<64 hex>"}}, put
 * together in locked memory: it never passes through a JSON library. */
static struct status join_credential(const struct secret *query,
                                     const struct secret *key_text,
                                     struct secret **out)
{
    static const char head[] = "{\"query_string\": \"";
    static const char middle[] = "\", \"encryption\": {\"key\": \"";
    static const char tail[] = "\"}}";
    AUTO_FREE(secret) base64 = NULL;
    TRY(presigned_base64(query, &base64));
    struct bytes parts[] = {
        bytes_of_string(head),   secret_expose(base64), bytes_of_string(middle),
        secret_expose(key_text), bytes_of_string(tail),
    };
    size_t len = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        len += parts[i].len;
    AUTO_FREE(secret) whole = NULL;
    TRY(secret_new(len, &whole));
    unsigned char *to = secret_fill(whole);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        memcpy(to, parts[i].at, parts[i].len);
        to += parts[i].len;
    }
    *out = TAKE(whole);
    return OK;
}

static struct status from_presigned(const char *url_file, const char *key_file,
                                    struct api_credential *credential,
                                    uint64_t *expires, struct reason *why)
{
    AUTO_FREE(secret) query = NULL;
    AUTO_FREE(secret) key = NULL;
    AUTO_FREE(secret) checked = NULL;
    TRY(presigned_read(url_file, credential->location, &query, why));
    TRY(presigned_expires(query, expires, why));
    struct status s = file_read_secret(key_file, 256, true, &key);
    if (!failed(s))
        s = api_file_key(secret_expose(key), &checked);
    if (failed(s))
        return refuse(why, s.code, "key-file",
                      "--key-file: %s must hold 64 hexadecimal digits "
                      "and be readable by you only",
                      key_file);
    return join_credential(query, key, &credential->content);
}

static struct status as_given(const char *location, const char *content,
                              struct api_credential *credential,
                              struct reason *why)
{
    if (strlen(location) > API_LOCATION_MAX)
        return refuse(why, STATUS_INVALID, "location", "--location: too long");
    memcpy(credential->location, location, strlen(location) + 1);
    struct status s = file_read_secret(content, API_CREDENTIAL_MAX / 2, false,
                                       &credential->content);
    return failed(s)
               ? refuse(why, s.code, "credential-file",
                        "--credential-file: cannot read %s, or others can",
                        content)
               : OK;
}

struct status credential_read(const struct arguments *given,
                              struct api_credential *credential,
                              uint64_t *expires, struct reason *why)
{
    const char *url_file = arguments_value(given, "presigned");
    const char *key_file = arguments_value(given, "key-file");
    const char *location = arguments_value(given, "location");
    const char *content = arguments_value(given, "credential-file");
    *expires = 0;
    if (url_file && key_file && !location && !content)
        return from_presigned(url_file, key_file, credential, expires, why);
    if (location && content && !url_file && !key_file)
        return as_given(location, content, credential, why);
    return refuse(why, STATUS_INVALID, "credential",
                  "give --presigned FILE and --key-file FILE, or --location "
                  "URL and --credential-file FILE");
}

static struct status fetch_intake(struct channel *c, struct buffer *der,
                                  struct reason *why)
{
    AUTO_JSON *installation = NULL;
    AUTO_CLEAR_BUFFER root = buffer_make(16384);
    const char *pem;
    struct ca_facts facts;
    TRY(channel_get(c, &installation, why, "/accord/v1/installation"));
    TRY(api_json_text(installation, "intake", &pem, why));
    TRY(ca_pem_read("CERTIFICATE", bytes_of_string(pem), der, why));
    TRY(ca_pem_read("CERTIFICATE", buffer_bytes(&c->context.ca_pem), &root,
                    why));
    TRY(ca_certificate_read(buffer_bytes(der), &facts, why));
    /* In time from its first second on; the CA's own word is what counts. */
    return ca_chain_verify(buffer_bytes(der), buffer_bytes(&root),
                           facts.not_before, CA_FOR_INTAKE, why);
}

struct status credential_seal(struct channel *c,
                              const struct api_credential *credential,
                              uint64_t expires, json_t *body,
                              struct reason *why)
{
    AUTO_FREE(secret) encoded = NULL;
    AUTO_CLEAR_BUFFER intake = buffer_make(16384);
    struct api_signer me = api_key_signer(c->context.key);
    struct api_sealed sealed = { 0 };
    struct api_context context = { .account = credential->account,
                                   .dataset = credential->dataset,
                                   .version = credential->version };
    TRY(api_owner_hash(&credential->owner, &context.owner));
    TRY(fetch_intake(c, &intake, why));
    TRY(api_credential_encode(credential, &me, &encoded, why));
    TRY(api_seal(&context, buffer_bytes(&intake), encoded, &sealed, why));
    AUTO_JSON *part = json_pack(
        "{s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "version",
        api_json_of_id(&credential->version), "owner", my_owner(c), "location",
        credential->location, "mechanism", "RSA-OAEP-SHA1", "wrapped",
        api_json_of_base64(buffer_bytes(&sealed.wrapped)), "proof",
        api_json_of_base64(hash_bytes(&sealed.proof)), "blob",
        api_json_of_base64(buffer_bytes(&sealed.blob)));
    api_sealed_clear(&sealed);
    if (!part || json_object_update(body, part) != 0 ||
        (expires && json_object_set_new(body, "expires",
                                        json_integer((json_int_t)expires))))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}
