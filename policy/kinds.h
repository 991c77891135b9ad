/* kinds.h - every kind of record there is, and what its key is made of. */

#ifndef POLICY_KINDS_H
#define POLICY_KINDS_H

/* First byte of every key. Numbers are on disk: append only. */
/* clang-format off */
enum policy_kind {
    POLICY_META = 1,          /* name text                -> JSON            */
    POLICY_DATA_KEY = 2,      /* number 4                 -> sealed key      */
    POLICY_ACCOUNT = 3,       /* account 16               -> JSON            */
    POLICY_PERSON = 4,        /* account 16 person 16     -> JSON            */
    POLICY_PERSON_KEY = 5,    /* SHA-256(SPKI) 32         -> account, person */
    POLICY_INVITATION = 6,    /* SHA-256(secret) 32       -> JSON            */
    POLICY_APP = 7,           /* account 16 app 16        -> JSON            */
    POLICY_BUILD = 8,         /* account 16 build 16      -> JSON            */
    POLICY_DATASET = 9,       /* account 16 dataset 16    -> JSON            */
    POLICY_VERSION = 10,      /* account dataset version  -> JSON, no blob   */
    POLICY_BLOB = 11,         /* account dataset version  -> sealed bytes    */
    POLICY_CONFIGURATION = 12,/* account 16 config 32     -> JSON            */
    POLICY_DRAFT = 13,        /* account 16 graph 16      -> JSON            */
    POLICY_REQUEST = 14,      /* account 16 request 16    -> JSON            */
    POLICY_WORKFLOW = 15,     /* account 16 graph 16      -> JSON            */
    POLICY_WORKFLOW_VERSION = 16, /* account graph 16 version 4 -> JSON      */
    POLICY_RUNTIME = 17,      /* hash 32 account 16 graph 16 version 4 -> JSON  */
    POLICY_GRANT = 18,        /* hash 32 account 16 graph 16 version 4
                                 dataset 16               -> JSON            */
    POLICY_CERTIFICATE = 19,  /* serial 16                -> JSON            */
    POLICY_EVIDENCE = 20,     /* digest 32                -> bytes           */
    POLICY_USED_KEY = 21,     /* SHA-256(SPKI) 32         -> {} CSR keys     */
    POLICY_LEAF = 22,         /* index 8                  -> leaf 97 salt 32
                                                             detail          */
    POLICY_NODE = 23,         /* level 1 start 8          -> hash 32         */
    POLICY_HEAD = 24,         /* size 8                   -> signed head     */
    POLICY_REVOKED = 25,      /* serial 16                -> JSON            */
    POLICY_DYING = 26,        /* account dataset version  -> owner 32        */
    POLICY_USER = 27,         /* user 16                  -> JSON            */
    POLICY_USER_EMAIL = 28,   /* SHA-256(address) 32      -> user 16         */
    POLICY_MEMBER = 29,       /* account 16 user 16       -> JSON            */
    POLICY_MEMBERSHIP = 30,   /* user 16 account 16       -> {} index        */
    POLICY_COMPUTE_NODE = 31, /* account 16 node 16       -> JSON            */
    POLICY_ISSUED = 32,       /* serial 16                -> certificate DER */
    POLICY_KEPT_KEY = 34,     /* account dataset version  -> wrapped key     */
    POLICY_TASK = 33,         /* account 16 task 16       -> JSON            */
    POLICY_COLLATERAL = 40,   /* digest 32                -> bytes, encoded  */
    POLICY_COLLATERAL_SEEN = 41, /* anchor 32 tee 1 fmspc 6 ca 1 -> JSON     */
    POLICY_PLACED = 42,       /* account app 16 node 16   -> JSON            */
    POLICY_DEPLOYMENT = 43,   /* account graph 16 version 4 -> JSON          */
};
/* clang-format on */

#endif
