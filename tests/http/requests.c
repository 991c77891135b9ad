#include "tests/http/requests.h"

/* Accepted; refused. The text may hold NULs. */
#define GOOD(text_)                                                            \
    {                                                                          \
        0, NULL,                                                               \
        {                                                                      \
            (const unsigned char *)(text_), sizeof(text_) - 1                  \
        }                                                                      \
    }
#define BAD(status_, reason_, text_)                                           \
    {                                                                          \
        status_, reason_,                                                      \
        {                                                                      \
            (const unsigned char *)(text_), sizeof(text_) - 1                  \
        }                                                                      \
    }

#define END         "\r\n\r\n"
#define HOST        "\r\nHost: broker.example:9090"
#define GET         "GET / HTTP/1.1" HOST
#define POST        "POST /v1/apps HTTP/1.1" HOST
#define LINES       "the request line has not three parts"
#define ALONE       "a line feed stands alone"
#define BARE        "a carriage return stands alone"
#define TEXT        "the head has a byte that is not text"
#define PATH        "the path has a character that is not allowed"
#define HIDES       "the path encodes a slash or a control character"
#define EMPTY       "the path has an empty segment"
#define DOTS        "the path has a segment of dots"
#define ABSOLUTE    "the target is not an absolute path"
#define QUERY       "the query has a character that is not allowed"
#define QHIDES      "the query encodes a control character"
#define VERSION     "the request line has no version"
#define ONE_ONE     "the version is not HTTP/1.1"
#define NOT_ALLOWED "the method is not allowed"
#define NOT_KNOWN   "the method is not known"
#define NOT_TOKEN   "the method is not a token"
#define NO_HOST     "Host is missing"
#define BAD_HOST    "Host is not host or host:port"
#define TWICE       "a field that may come once comes twice"
#define LENGTH      "Content-Length is not a number"
#define CODING      "Transfer-Encoding: send a Content-Length"
#define EXPECT      "Expect is not supported"
#define FOLDED      "a header field is folded"
#define NO_COLON    "a header line has no colon"
#define NO_NAME     "a header field has no name"
#define NAME        "a header field's name is not a token"
#define NO_BODY     "this method has no body"
#define TOO_LONG    "the body is too long"

/* clang-format off */
const struct crafted_request crafted_requests[] = {
    /* What the product's clients, curl, Python and browsers send. */
    GOOD("GET /v1/sys/version HTTP/1.1\r\nHost: 0.0.0.0:40" END),
    GOOD("GET /v1/apps HTTP/1.1\r\nHost: ccm.example\r\nAuthorization: Bearer abc.def-_" END),
    GOOD("POST /v1/sys/auth HTTP/1.1\r\nHost: localhost:9090\r\nAuthorization: Basic YTpi\r\nContent-Length: 0" END),
    GOOD("POST /v1/sys/auth HTTP/1.1\r\nHost: localhost:9090\r\nContent-Type: application/json\r\nContent-Length: 2" END "{}"),
    GOOD("DELETE /v1/builds/0e4b4be5-0c3a-4b77-8a57-6b3cb19a2b51 HTTP/1.1\r\nHost: a\r\nContent-Length: 0" END),
    GOOD("PATCH /v1/tasks/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 21" END "{\"status\":\"APPROVED\"}"),
    GOOD("PUT /v1/drafts/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3" END "abc"),
    GOOD("GET /v1/users/auth0%7C123 HTTP/1.1\r\nHost: a" END),
    GOOD("GET /v1/users/auth0|123 HTTP/1.1\r\nHost: a" END),
    GOOD("GET /v1/apps?sort_by=name%3AASC%2Ccreated_at%3ADESC&limit=20&all_search=a+b HTTP/1.1\r\nHost: a" END),
    GOOD("GET /v1/apps?sort_by=name:ASC,created_at:DESC HTTP/1.1\r\nHost: a" END),
    GOOD("GET /v1/apps HTTP/1.1\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\nHost: a:1" END),
    GOOD("POST /v1/x HTTP/1.1\r\nHost: a\r\nCookie: s=1; t=2\r\nX-CSRF-Header: true\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nContent-Length: 0" END),
    GOOD("POST /v1/certificate/result/0e4b4be5-0c3a-4b77-8a57-6b3cb19a2b51 HTTP/1.1\r\nHost: a" END),

    /* Request line. */
    GOOD(GET END),
    GOOD("GET /a/b/ HTTP/1.1" HOST END),
    GOOD("GET /? HTTP/1.1" HOST END),
    GOOD("GET /?a=b?c HTTP/1.1" HOST END),
    BAD(400, LINES, "\r\n" GET END),
    BAD(400, LINES, "GET\r\n\r\n"),
    BAD(400, LINES, "GET /" HOST END),
    BAD(400, LINES, "garbage\r\n"),
    BAD(400, VERSION, "GET  / HTTP/1.1" HOST END),
    BAD(400, VERSION, "GET /  HTTP/1.1" HOST END),
    BAD(400, VERSION, "GET / HTTP/1.1 " HOST END),
    BAD(400, VERSION, "GET / a HTTP/1.1" HOST END),
    BAD(400, LINES, "GET\t/ HTTP/1.1" HOST END),
    BAD(400, LINES, "GET /\tHTTP/1.1" HOST END),
    BAD(400, VERSION, "GET / HTTP/1.1\t" HOST END),
    BAD(400, "the method is missing", " / HTTP/1.1" HOST END),
    BAD(400, ABSOLUTE, "GET  HTTP/1.1" HOST END),
    BAD(400, VERSION, "GET / http/1.1" HOST END),
    BAD(400, VERSION, "GET / HTTP/1.1x" HOST END),
    BAD(400, VERSION, "GET / HTTP/1." HOST END),
    BAD(400, VERSION, "GET / HTTP/11" HOST END),
    BAD(400, VERSION, "GET / HTTP/1,1" HOST END),
    BAD(400, VERSION, "GET / HTTP/01.1" HOST END),
    BAD(400, VERSION, "GET / HTTP/1.99999999999" HOST END),
    BAD(400, VERSION, "GET / XTTP/1.1" HOST END),
    BAD(400, VERSION, "GET / HTTP/x.1" HOST END),
    BAD(400, VERSION, "GET / HTTP/1.x" HOST END),
    BAD(400, VERSION, "GET / HTTP/1 1" HOST END),
    BAD(400, VERSION, "GET / " HOST END),
    BAD(505, ONE_ONE, "GET / HTTP/1.0" HOST END),
    BAD(505, ONE_ONE, "GET / HTTP/0.9" HOST END),
    BAD(505, ONE_ONE, "GET / HTTP/1.2" HOST END),
    BAD(505, ONE_ONE, "GET / HTTP/9.9" HOST END),
    BAD(505, ONE_ONE, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),

    /* Methods. */
    BAD(405, NOT_ALLOWED, "HEAD / HTTP/1.1" HOST END),
    BAD(405, NOT_ALLOWED, "HEAD / HTTP/1.1" HOST "\r\nContent-Length: 30" END "GET /smuggled HTTP/1.1\r\n\r\n"),
    BAD(405, NOT_ALLOWED, "OPTIONS * HTTP/1.1" HOST END),
    BAD(405, NOT_ALLOWED, "TRACE / HTTP/1.1" HOST END),
    BAD(405, NOT_ALLOWED, "CONNECT a:443 HTTP/1.1" HOST END),
    BAD(501, NOT_KNOWN, "FOO / HTTP/1.1" HOST END),
    BAD(501, NOT_KNOWN, "get / HTTP/1.1" HOST END),
    BAD(501, NOT_KNOWN, "GETS / HTTP/1.1" HOST END),
    BAD(501, NOT_KNOWN, "GE / HTTP/1.1" HOST END),
    BAD(501, NOT_KNOWN, "PROPFIND / HTTP/1.1" HOST END),
    BAD(400, NOT_TOKEN, "GE(T / HTTP/1.1" HOST END),
    BAD(400, NOT_TOKEN, "\"GET\" / HTTP/1.1" HOST END),
    BAD(400, NOT_TOKEN, "GET: / HTTP/1.1" HOST END),

    /* Path. */
    BAD(400, ABSOLUTE, "GET * HTTP/1.1" HOST END),
    BAD(400, ABSOLUTE, "GET a HTTP/1.1" HOST END),
    BAD(400, ABSOLUTE, "GET ?a=b HTTP/1.1" HOST END),
    BAD(400, ABSOLUTE, "GET %2Fv1 HTTP/1.1" HOST END),
    BAD(400, ABSOLUTE, "GET http://broker.example:9090/ HTTP/1.1" HOST END),
    BAD(400, ABSOLUTE, "GET https://other.example/ HTTP/1.1" HOST END),
    BAD(400, EMPTY, "GET //other.example/ HTTP/1.1" HOST END),
    BAD(400, EMPTY, "GET /v1//apps HTTP/1.1" HOST END),
    BAD(400, EMPTY, "GET /v1/apps// HTTP/1.1" HOST END),
    BAD(400, EMPTY, "GET // HTTP/1.1" HOST END),
    BAD(400, DOTS, "GET /.. HTTP/1.1" HOST END),
    BAD(400, DOTS, "GET /. HTTP/1.1" HOST END),
    BAD(400, DOTS, "GET /v1/../sys HTTP/1.1" HOST END),
    BAD(400, DOTS, "GET /v1/./sys HTTP/1.1" HOST END),
    BAD(400, DOTS, "GET /v1/%2e%2e/sys HTTP/1.1" HOST END),
    BAD(400, DOTS, "GET /v1/.%2E/sys HTTP/1.1" HOST END),
    BAD(400, DOTS, "GET /v1/%2e HTTP/1.1" HOST END),
    GOOD("GET /.a/b./..c/... HTTP/1.1" HOST END),
    GOOD("GET /v1/%41%7e HTTP/1.1" HOST END),
    GOOD("GET /%C3%A9 HTTP/1.1" HOST END),
    GOOD("GET /%252F HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /% HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /%4 HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /%4g HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /%g4 HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /%% HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /%u0041 HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /a%2/b HTTP/1.1" HOST END),
    BAD(400, HIDES, "GET /%00 HTTP/1.1" HOST END),
    BAD(400, HIDES, "GET /a%0d%0aHost:%20b HTTP/1.1" HOST END),
    BAD(400, HIDES, "GET /a%1f HTTP/1.1" HOST END),
    BAD(400, HIDES, "GET /a%7F HTTP/1.1" HOST END),
    BAD(400, HIDES, "GET /v1%2fapps HTTP/1.1" HOST END),
    BAD(400, HIDES, "GET /v1%2Fapps HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /a;b HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /a\\b HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /a\"b HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /<a> HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /a@b HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /a+b HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /a=b HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /a#b HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /{id} HTTP/1.1" HOST END),
    BAD(400, PATH, "GET /a\tb HTTP/1.1" HOST END),

    /* Query. */
    GOOD("GET /a?x=%2F%20&y=+&z HTTP/1.1" HOST END),
    GOOD("GET /a?&&= HTTP/1.1" HOST END),
    BAD(400, QUERY, "GET /a?b#c HTTP/1.1" HOST END),
    BAD(400, QUERY, "GET /a?b=% HTTP/1.1" HOST END),
    BAD(400, QUERY, "GET /a?b=%zz HTTP/1.1" HOST END),
    BAD(400, QUERY, "GET /a?b=\"c\" HTTP/1.1" HOST END),
    BAD(400, QUERY, "GET /a?b=<c> HTTP/1.1" HOST END),
    BAD(400, QUERY, "GET /a?b=c\\d HTTP/1.1" HOST END),
    BAD(400, QUERY, "GET /a?b={c} HTTP/1.1" HOST END),
    BAD(400, QHIDES, "GET /a?b=%00 HTTP/1.1" HOST END),
    BAD(400, QHIDES, "GET /a?b=%0d%0a HTTP/1.1" HOST END),
    BAD(400, VERSION, "GET /a?b=c d HTTP/1.1" HOST END),

    /* Line ends and bytes that are not text. */
    BAD(400, ALONE, "GET / HTTP/1.1\nHost: a\n\n"),
    BAD(400, ALONE, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    BAD(400, ALONE, GET "\n\n"),
    BAD(400, ALONE, GET "\r\n\n"),
    BAD(400, ALONE, GET "\nContent-Length: 5\r\n\r\n"),
    BAD(400, ALONE, GET "\r\nA: b\nContent-Length: 5" END),
    BAD(400, BARE, GET "\r\r\n\r\n"),
    BAD(400, BARE, GET "\r\nA: b\rc" END),
    BAD(400, BARE, GET "\r\nA: b\r\rContent-Length: 5" END),
    BAD(400, BARE, GET "\r\n\rX"),
    BAD(400, BARE, "\rGET / HTTP/1.1\r\n\r\n"),
    BAD(400, BARE, "GET /\rHTTP/1.1" HOST END),
    BAD(400, TEXT, "GET /\0 HTTP/1.1" HOST END),
    BAD(400, TEXT, "\0GET / HTTP/1.1" HOST END),
    BAD(400, TEXT, GET "\r\nA: b\0c" END),
    BAD(400, TEXT, GET "\r\nA\0: b" END),
    BAD(400, TEXT, GET "\r\n\0" END),
    BAD(400, TEXT, GET "\r\nA: \x01" END),
    BAD(400, TEXT, GET "\r\nA: \x1b[31m" END),
    BAD(400, TEXT, GET "\r\nA: \x7f" END),
    BAD(400, TEXT, GET "\r\nA: \x80" END),
    BAD(400, TEXT, GET "\r\nA: \xc3\xa9" END),
    BAD(400, TEXT, GET "\r\nA: \xff" END),
    BAD(400, TEXT, GET "\r\nA\x0b: b" END),
    BAD(400, TEXT, "GET /\xc3\xa9 HTTP/1.1" HOST END),
    BAD(400, TEXT, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),

    /* Host. */
    BAD(400, NO_HOST, "GET / HTTP/1.1" END),
    BAD(400, NO_HOST, "GET / HTTP/1.1\r\nX-Host: a" END),
    BAD(400, TWICE, "GET / HTTP/1.1\r\nHost: a\r\nHost: a" END),
    BAD(400, TWICE, "GET / HTTP/1.1\r\nHost: a\r\nhOST: b" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost:" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: " END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: a, b" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: a b" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: a:" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: a:0" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: a:65536" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: a:+80" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: a:8x" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: a:80:80" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: :80" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: user@a" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: http://a/" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: a/b" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: .a" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: -a" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: %61" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: [::1" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: ::1" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: []" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: [::1]x" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: [0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: [::1]:" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]" END),
    BAD(400, BAD_HOST, "GET / HTTP/1.1\r\nHost: [127.0.0.1]" END),
    GOOD("GET / HTTP/1.1\r\nHost: [::1]" END),
    GOOD("GET / HTTP/1.1\r\nHost: [2001:db8::1]:9443" END),
    GOOD("GET / HTTP/1.1\r\nHost: 127.0.0.1:65535" END),
    GOOD("GET / HTTP/1.1\r\nHost: accord_broker-1.example." END),
    GOOD("GET / HTTP/1.1\r\nhost:a" END),
    GOOD("GET / HTTP/1.1\r\nHOST: \t a \t " END),

    /* Where a request ends. */
    GOOD(POST END),
    GOOD(POST "\r\nContent-Length: 0" END),
    GOOD(POST "\r\ncontent-length:3" END "a\0b"),
    GOOD(POST "\r\nContent-Length: \t3\t " END "\r\n\r"),
    BAD(400, LENGTH, POST "\r\nContent-Length:" END),
    BAD(400, LENGTH, POST "\r\nContent-Length: +3" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: -3" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: -0" END),
    BAD(400, LENGTH, POST "\r\nContent-Length: 03" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: 00" END),
    BAD(400, LENGTH, POST "\r\nContent-Length: 0x3" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: 3.0" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: 1e1" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: 3 3" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: 3, 3" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: 3;" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: \"3\"" END "abc"),
    BAD(400, LENGTH, POST "\r\nContent-Length: three" END "abc"),
    BAD(400, TWICE, POST "\r\nContent-Length: 3\r\nContent-Length: 3" END "abc"),
    BAD(400, TWICE, POST "\r\nContent-Length: 3\r\nContent-Length: 4" END "abcd"),
    BAD(400, TWICE, POST "\r\nContent-Length: 3\r\nCONTENT-LENGTH: 3" END "abc"),
    BAD(413, TOO_LONG, POST "\r\nContent-Length: 1048577" END),
    BAD(413, TOO_LONG, POST "\r\nContent-Length: 4294967296" END),
    BAD(413, TOO_LONG, POST "\r\nContent-Length: 4294967299" END "abc"),
    BAD(413, TOO_LONG, POST "\r\nContent-Length: 18446744073709551615" END),
    BAD(413, TOO_LONG, POST "\r\nContent-Length: 18446744073709551616" END),
    BAD(413, TOO_LONG, POST "\r\nContent-Length: 18446744073709551619" END "abc"),
    BAD(413, TOO_LONG, POST "\r\nContent-Length: 99999999999999999999999999999999999999" END),
    BAD(411, CODING, POST "\r\nTransfer-Encoding: chunked" END "0\r\n\r\n"),
    BAD(411, CODING, POST "\r\nTransfer-Encoding: identity" END),
    BAD(411, CODING, POST "\r\nTransfer-Encoding: xchunked" END "GET / HTTP/1.1\r\n\r\n"),
    BAD(411, CODING, POST "\r\nTransfer-Encoding:" END),
    BAD(411, CODING, POST "\r\nTransfer-Encoding: gzip, chunked" END),
    BAD(411, CODING, POST "\r\ntransfer-encoding:\tchunked" END),
    BAD(411, CODING, POST "\r\nContent-Length: 3\r\nTransfer-Encoding: chunked" END "abc"),
    BAD(411, CODING, POST "\r\nTransfer-Encoding: chunked\r\nContent-Length: 3" END "abc"),
    BAD(411, CODING, GET "\r\nTransfer-Encoding: chunked" END),
    BAD(417, EXPECT, POST "\r\nExpect: 100-continue\r\nContent-Length: 3" END),
    BAD(417, EXPECT, POST "\r\nExpect:" END),
    BAD(417, EXPECT, GET "\r\nexpect: anything" END),
    BAD(400, NO_BODY, GET "\r\nContent-Length: 1" END "a"),
    BAD(400, NO_BODY, "DELETE /v1/a HTTP/1.1" HOST "\r\nContent-Length: 2" END "{}"),
    GOOD(GET "\r\nContent-Length: 0" END),

    /* Fields. */
    GOOD(GET "\r\nA:" END),
    GOOD(GET "\r\nA: " END),
    GOOD(GET "\r\nA: b\r\nA: c" END),
    GOOD(GET "\r\nA: b : c\td" END),
    GOOD(GET "\r\n!#$%&'*+-.^_`|~09: x" END),
    GOOD(GET "\r\nConnection: close" END),
    GOOD(GET "\r\nConnection: keep-alive, Upgrade\r\nUpgrade: h2c" END),
    BAD(400, FOLDED, GET "\r\n b" END),
    BAD(400, FOLDED, GET "\r\nA: b\r\n c" END),
    BAD(400, FOLDED, GET "\r\nA: b\r\n\tc" END),
    BAD(400, FOLDED, GET "\r\n \r\n\r\n"),
    BAD(400, FOLDED, "GET / HTTP/1.1\r\n Host: a" END),
    BAD(400, NO_COLON, GET "\r\nA" END),
    BAD(400, NO_COLON, GET "\r\nA b" END),
    BAD(400, NO_NAME, GET "\r\n: b" END),
    BAD(400, NO_NAME, GET "\r\n:" END),
    BAD(400, NAME, GET "\r\nA : b" END),
    BAD(400, NAME, GET "\r\nA\t: b" END),
    BAD(400, NAME, "POST / HTTP/1.1" HOST "\r\nContent-Length : 3" END "abc"),
    BAD(400, NAME, "POST / HTTP/1.1" HOST "\r\nTransfer-Encoding : chunked" END),
    BAD(400, NAME, GET "\r\nA b: c" END),
    BAD(400, NAME, GET "\r\nA(b): c" END),
    BAD(400, NAME, GET "\r\n\"A\": c" END),
    BAD(400, NAME, GET "\r\nA/b: c" END),
    BAD(400, NAME, GET "\r\nA;b: c" END),
    BAD(400, NAME, GET "\r\n{A}: c" END),
    BAD(400, NO_COLON, GET "\r\nGET / HTTP/1.1\r\nHost: b" END),
    BAD(400, TWICE, GET "\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b" END),
    BAD(400, TWICE, GET "\r\nAuthorization: a\r\nauthorization: a" END),
    BAD(400, TWICE, GET "\r\nCookie: a=1\r\nCookie: b=2" END),
    BAD(400, TWICE, POST "\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 0" END),
};
/* clang-format on */

const size_t crafted_request_count =
    sizeof(crafted_requests) / sizeof(crafted_requests[0]);
