/* identity_fields.h - the measured fields of each kind, as one table: encoding,
 * JSON, sentences and comparison all walk it. For this folder only. */

#ifndef API_IDENTITY_FIELDS_H
#define API_IDENTITY_FIELDS_H

#include "api/identity.h"

enum api_field_type {
    API_FIELD_BYTES,    /* in hexadecimal */
    API_FIELD_NUMBER,   /* of 1, 2 or 4 bytes */
    API_FIELD_WEAKNESS, /* 0 or 1: 1 accepts something that weakens it */
};

struct api_field {
    const char *name; /* its member in the JSON form */
    uint8_t type;     /* enum api_field_type */
    uint8_t form;     /* counts when this bit of the form is set; 0: always */
    bool measures;    /* zero would mean any program */
    uint8_t len;      /* bytes */
    size_t offset;    /* in struct api_identity_rule */
    uint32_t max;     /* of a number */
};

struct api_fields {
    uint8_t forms; /* bits a form may have */
    bool one_form; /* exactly one of them */
    size_t count;
    const struct api_field *field;
};

/* The fields of a kind (with or without its flags), in the order of the
 * encoding; NULL for an unknown kind. */
const struct api_fields *api_fields_of(uint8_t kind);

static inline const unsigned char *api_field_at(
    const struct api_identity_rule *rule, const struct api_field *f)
{
    return (const unsigned char *)rule + f->offset;
}

/* Does it count in this rule? */
static inline bool api_field_counts(const struct api_identity_rule *rule,
                                    const struct api_field *f)
{
    return f->form == 0 || (rule->form & f->form) != 0;
}

uint32_t api_field_number(const struct api_identity_rule *rule,
                          const struct api_field *f);
void api_field_set_number(struct api_identity_rule *rule,
                          const struct api_field *f, uint32_t value);
bool api_field_is_zero(const struct api_identity_rule *rule,
                       const struct api_field *f);

#endif
