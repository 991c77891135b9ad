/* nouns.h - what the records are: who may act, what they own, what was
 * agreed. Each noun's file knows its record, its rules and how it is shown;
 * none knows HTTP or the HSM. Rules about one account never look into
 * another.
 *
 * Records are JSON of the shapes in docs/HTTP.md (DATASET, BUILD, ...) plus
 * members that are not shown. Functions that take a writing transaction only
 * put records: the caller logs and commits. */

#ifndef POLICY_NOUNS_H
#define POLICY_NOUNS_H

#include "policy/agreement.h" /* request.c workflow.c certificate.c */
#include "policy/facts.h"     /* facts.c candidate.c holders.c      */
#include "policy/objects.h"   /* object.c proposal.c                */
#include "policy/people.h"    /* account.c person.c invitation.c    */
#include "policy/users.h"     /* user.c member.c                    */

#endif
