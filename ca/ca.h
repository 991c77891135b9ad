/* ca.h - certificate requests in, certificates and revocation lists out.
 *
 * Pure: bytes, fields, a signer and the time as a parameter. Never sees
 * PKCS#11, a store, a socket or a clock. DER is written and read by this
 * folder itself, in the one form it accepts; libcrypto checks signatures
 * and points. In the order a newcomer meets it: */

#ifndef CA_CA_H
#define CA_CA_H

#include "ca/binding.h"     /* how evidence is bound to a request's key      */
#include "ca/certificate.h" /* build and read certificates                   */
#include "ca/chain.h"       /* is this certificate ours, now, for this use   */
#include "ca/claims.h"      /* RA-TLS: evidence and what it says of a key    */
#include "ca/crl.h"         /* the list of revoked serials                   */
#include "ca/csr.h"         /* make and read certificate requests            */
#include "ca/evidence.h"    /* from a request to the evidence in it          */
#include "ca/expected.h"    /* what evidence must hold for one request       */
#include "ca/key.h"         /* public keys, private keys, who can sign       */
#include "ca/name.h"        /* dNSNames, the enclave's name, refused names   */
#include "ca/pem.h"         /* one block of text to DER, and back            */
#include "ca/report_data.h" /* what evidence must say about a key            */
#include "ca/root.h"        /* the zone root and the intake certificate      */
#include "ca/subject.h"     /* what a request's subject says is measured     */
#include "ca/vouch.h"       /* a node's word about a program on it           */
#include "ca/word.h"        /* ... judged for one request                    */

#endif
