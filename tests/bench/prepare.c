/* prepare.c - a certificate that a broker issued to an enclave, with its key,
 * in files: for the load client only. What runs in an enclave never lets go
 * of its key; this program stands in for one on the simulated platform.
 *
 *     prepare measure
 *     prepare certificate KIND HASH AGENT BROKER DIRECTORY
 *     prepare requests COUNT HASH AGENT BROKER FILE
 *
 * KIND is rsa (the kind releases are sealed to) or p256. Writes
 * DIRECTORY/KIND.pem, KIND.key (0600) and the dataset ids of the
 * configuration, one per line, to DIRECTORY/datasets.
 *
 * With `requests` no certificate is asked for: COUNT requests for one, each
 * with its own P-256 key and evidence, go to FILE, each ended by a zero byte.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "enclave/session.h"

static int complain(const char *step, const struct trouble *trouble)
{
    (void)fprintf(stderr, "prepare: %s: %s %s\n", step, trouble->why.text,
                  trouble->code);
    return EXIT_FAILURE;
}

static int measure(struct accord_session *session)
{
    char text[2 * HASH_LEN + 1];
    struct trouble trouble = { 0 };
    struct accord_options options = ACCORD_OPTIONS_INIT;
    options.configuration =
        "0000000000000000000000000000000000000000000000000000000000000000";
    if (failed(session_read_options(session, &options, &trouble)) ||
        failed(session_measure(session, NULL, &trouble)))
        return complain("measurement", &trouble);
    hex_encode(hash_bytes(&session->measurement), text);
    return puts(text) < 0;
}

static struct status obtain(struct accord_session *session, char **argv,
                            struct trouble *trouble)
{
    struct accord_options options = ACCORD_OPTIONS_INIT;
    options.configuration = argv[3];
    options.agent = argv[4];
    options.broker = argv[5];
    options.allow_http = 1;
    TRY(session_read_options(session, &options, trouble));
    TRY(session_measure(session, NULL, trouble));
    TRY(ca_key_generate(strcmp(argv[2], "rsa") == 0 ? CA_KEY_RSA_3072
                                                    : CA_KEY_P256,
                        &session->key));
    TRY(session_get_quote(session, trouble));
    TRY(session_get_certificate(session, trouble));
    return session_get_configuration(session, trouble);
}

static struct status leave(const struct accord_session *session, char **argv,
                           struct trouble *trouble)
{
    char path[4096];
    AUTO_FREE(secret) key = NULL;
    AUTO_CLEAR_BUFFER ids = buffer_make(65536);
    (void)trouble;
    TRY(ca_key_write(session->key, &key));
    (void)snprintf(path, sizeof(path), "%s/%s.key", argv[6], argv[2]);
    TRY(file_write(path, secret_expose(key), 0600));
    (void)snprintf(path, sizeof(path), "%s/%s.pem", argv[6], argv[2]);
    TRY(file_write(path, buffer_bytes(&session->chain), 0600));
    for (size_t i = 0; i < session->count; i++) {
        char text[API_ID_TEXT];
        api_id_text(&session->datasets[i].id, text);
        buffer_printf(&ids, "%s\n", text);
    }
    TRY(buffer_status(&ids));
    (void)snprintf(path, sizeof(path), "%s/datasets", argv[6]);
    return file_write(path, buffer_bytes(&ids), 0600);
}

static int certificate(struct accord_session *session, char **argv)
{
    struct trouble trouble = { 0 };
    if (failed(obtain(session, argv, &trouble)))
        return complain("certificate", &trouble);
    if (failed(leave(session, argv, &trouble)))
        return complain("cannot write the files", &trouble);
    return EXIT_SUCCESS;
}

/* As the Node Agent sends it on. */
static struct status put_request(struct accord_session *session,
                                 const char *broker, struct buffer *out,
                                 struct trouble *trouble)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER body = buffer_make(2 * CA_CSR_MAX);
    ca_key_free(session->key);
    session->key = NULL;
    TRY(ca_key_generate(CA_KEY_P256, &session->key));
    TRY(session_get_quote(session, trouble));
    const struct ca_csr_fields fields = { .quote =
                                              buffer_bytes(&session->quote),
                                          .carrier = CA_CARRIER_QUOTE };
    TRY(ca_csr_make(&fields, session->key, &pem, &trouble->why));
    buffer_put_string(&body, "{\"csr\":");
    api_json_string(buffer_bytes(&pem), &body);
    buffer_put_string(&body, "}");
    TRY(buffer_status(&body));
    buffer_printf(out,
                  "POST /accord/v1/certificates HTTP/1.1\r\nHost: %s\r\n"
                  "Content-Type: application/json\r\nContent-Length: "
                  "%zu\r\n\r\n",
                  broker + strlen("https://"), body.len);
    buffer_put(out, buffer_bytes(&body));
    buffer_put_u8(out, 0);
    return buffer_status(out);
}

static int requests(struct accord_session *session, char **argv)
{
    struct trouble trouble = { 0 };
    struct accord_options options = ACCORD_OPTIONS_INIT;
    AUTO_CLEAR_BUFFER out = buffer_make((size_t)256 << 20);
    options.configuration = argv[3];
    options.agent = argv[4];
    options.broker = argv[5];
    options.allow_http = 1;
    struct status s = session_read_options(session, &options, &trouble);
    if (!failed(s))
        s = session_measure(session, NULL, &trouble);
    for (size_t left = strtoul(argv[2], NULL, 10); left > 0 && !failed(s);
         left--)
        s = put_request(session, argv[5], &out, &trouble);
    if (!failed(s))
        s = file_write(argv[6], buffer_bytes(&out), 0600);
    return failed(s) ? complain("requests", &trouble) : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int code = 2;
    struct accord_session *session = session_new();
    if (!session) {
        (void)fprintf(stderr, "prepare: %s\n", accord_error(NULL));
        return EXIT_FAILURE;
    }
    if (argc == 2 && strcmp(argv[1], "measure") == 0)
        code = measure(session);
    else if (argc == 7 && strcmp(argv[1], "certificate") == 0 &&
             (strcmp(argv[2], "rsa") == 0 || strcmp(argv[2], "p256") == 0))
        code = certificate(session, argv);
    else if (argc == 7 && strcmp(argv[1], "requests") == 0)
        code = requests(session, argv);
    else
        (void)fprintf(stderr,
                      "usage: prepare measure\n"
                      "       prepare certificate rsa|p256 HASH AGENT BROKER "
                      "DIRECTORY\n"
                      "       prepare requests COUNT HASH AGENT BROKER "
                      "FILE\n");
    accord_session_free(session);
    return code;
}
