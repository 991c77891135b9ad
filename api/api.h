/* api.h - what both sides must compute alike: identifiers, hashes, what people
 * sign, how credentials are sealed, what the log keeps. Never opens, sends or
 * decides. In the order a newcomer meets them: */

#ifndef API_API_H
#define API_API_H

#include "api/approval.h"       /* approval and decline                       */
#include "api/configuration.h"  /* runtime configuration and its hash         */
#include "api/encrypted_file.h" /* the product's file format                 */
#include "api/grant.h"          /* one owner's word for one dataset           */
#include "api/id.h"             /* 16-byte identifiers, owner-derived ids     */
#include "api/identity.h"       /* what a program must measure                */
#include "api/json.h"           /* strict reading, canonical writing          */
#include "api/key.h"            /* people's P-256 keys and signatures         */
#include "api/leaf.h"           /* what the log keeps                         */
#include "api/manifest.h"       /* what all owners sign                       */
#include "api/merkle.h"         /* the tree, proofs, signed heads             */
#include "api/owner.h"          /* owner hash, key changes                    */
#include "api/plain_manifest.h" /* what users of the CCM class agree on       */
#include "api/receipt.h"        /* a leaf with its proof, as JSON             */
#include "api/restore.h"        /* an older store is accepted               */
#include "api/seal.h"           /* credentials on their way                   */
#include "api/sentences.h"      /* a manifest in plain English               */

#endif
