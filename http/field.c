#include "http/field.h"

#include "http/grammar.h"

const char *http_method_name(enum http_method method)
{
    switch (method) {
    case HTTP_GET: return "GET";
    case HTTP_POST: return "POST";
    case HTTP_PUT: return "PUT";
    case HTTP_PATCH: return "PATCH";
    case HTTP_DELETE: return "DELETE";
    }
    return "?";
}

bool http_header_valid(const struct http_header *header)
{
    if (header->name[0] == '\0')
        return false;
    for (const char *c = header->name; *c; c++) {
        if (!http_is_token((unsigned char)*c))
            return false;
    }
    for (const char *c = header->value; *c; c++) {
        if (!http_is_text((unsigned char)*c))
            return false;
    }
    return true;
}
