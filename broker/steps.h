/* steps.h - what each step does; the table that orders them is steps.c. */

#ifndef BROKER_STEPS_H
#define BROKER_STEPS_H

#include "broker/exchange.h"

STATUS step_identify(struct exchange *x);  /* fills peer           identify.c */
STATUS step_decode(struct exchange *x);    /* fills route, body      decode.c */
STATUS step_authorise(struct exchange *x); /* fills peer.role     authorise.c */
STATUS step_record(struct exchange *x);    /* fills leaf, head       writer.c */
STATUS step_amend(struct exchange *x);     /* "failed" leaf          writer.c */
STATUS step_keep(struct exchange *x);      /* runs x->keep           writer.c */
STATUS step_reply(struct exchange *x);     /* sends it                reply.c */

#endif
