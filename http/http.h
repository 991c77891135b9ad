/* http.h - HTTP/1.1, both ends of it, and nothing that is not needed.
 *
 * Requests are read by a strict pure function over bytes, answers are made
 * as one buffer, and calls to other servers go through libcurl, which no
 * other folder sees. Nothing here listens, routes or decides. */

#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "http/client.h"
#include "http/field.h"
#include "http/reader.h"
#include "http/target.h"
#include "http/transfer.h"
#include "http/url.h"
#include "http/writer.h"

#endif
