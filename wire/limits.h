/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every maximum that a peer can meet, on one screen. docs/PROTOCOL.md and the programs' help quote
 * it. Sizes are bytes, times seconds, unless the name says otherwise.
 */
#pragma once

#define SECONDS_A_DAY (24 * 60 * 60)

/* Objects (B1.4) */
#define MANIFEST_MAX (8 * 1024)
#define BUNDLE_MAX (4 * 1024)
#define SIGNED_OVERHEAD 96 /* what Signed{} may add to a payload */
#define CONTENT_MAX 62800
#define SHARED_MAX 61500
#define RESEND_SHARED_MAX 61800 /* a type 22 carries other shared */
#define OWN_MAX 900
#define TEXT_MAX 60000
#define SIGNAL_MESSAGE_MAX 65536 /* L8 */

/* Accounts and manifests (B2) */
#define ADDRESS_MAX 100
#define NAME_MAX_BYTES 32 /* [a-z0-9][a-z0-9._-]{0,31}, or ~ and 26 base32 characters */
#define DEVICES_MAX 8
#define DEVICES_R1 1 /* relays refuse more until they serve cards (B21 note 7) */
#define DEVICE_ID_MAX 63
#define PINS_MAX 2
#define LINEAGE_MAX 8
#define MANIFESTS_A_PAGE 64
#define MANIFESTS_KEPT 64 /* of an account at a relay: the newest */
#define DELETE_STATEMENT_BYTES 72
#define MOVED_LIFE (21 * SECONDS_A_DAY) /* how long a relay serves one who moved away */

/* Prekeys (B4) */
#define OPK_UPLOAD_MAX 100
#define OPK_STRANGER_POOL 20
#define OPK_STRANGER_AN_HOUR 5
#define OPK_TOKEN_A_DAY 4
#define BUNDLE_FUTURE_MAX 600
#define BUNDLE_AGE_MAX (90 * SECONDS_A_DAY)
#define EKS_LIFE (14 * SECONDS_A_DAY)
#define EKS_GRACE (7 * SECONDS_A_DAY)

/* Envelopes (B5) */
#define ENVELOPE_B1 4096
#define ENVELOPE_B2 16384
#define ENVELOPE_B3 65536
#define ENVELOPE_SENDER_MAX 214 /* of the 240-byte sender header */

/* Contents (B8, B9) */
#define ACKS_MAX 8
#define MENTIONS_MAX 64
#define RANGES_MAX 200
#define REACTION_MAX 16
#define REQUEST_TEXT_MAX 1200
#define CHANGE_WINDOW SECONDS_A_DAY         /* an edit or deletion says it was made within this */
#define CHANGE_ARRIVAL (22 * SECONDS_A_DAY) /* and comes within this of what it changes */
#define VERSIONS_MAX 32                     /* of one message, kept */
#define EARLY_CHANGES_MAX 256               /* of one contact, waiting for what they change */
#define PINNED_MAX 50                       /* of one conversation */
#define EXPIRE_MAX (366 * SECONDS_A_DAY)    /* a disappearing message's time */
#define ABOUT_MAX 256
#define AVATAR_MAX (32 * 1024)
#define STATUS_TEXT_MAX 128
#define PRESENCE_HOLDS 600 /* the longest that a presence holds */
#define TYPING_HOLDS 15
#define TRANSIENT_UNANSWERED_MAX 200 /* to a device, since anything came from it (B10) */

/* Attachments (B13) */
#define ATTACHMENTS_MAX 16
#define ATTACHMENT_MAX (100 * 1024 * 1024)
#define ATTACHMENT_NAME_MAX 255
#define MIME_MAX 127
#define PREVIEW_MAX (8 * 1024)
#define PREVIEWS_MAX (32 * 1024) /* of one message, together */
#define WAVEFORM_BYTES 64
#define DURATION_MAX (24 * 60 * 60 * 1000) /* ms */
#define PIXELS_MAX 65535                   /* of a side */
#define PERSON_NAME_MAX 64
#define RESEND_SEQS_MAX 100
#define RECEIPT_IDS_MAX 100
#define UNACKNOWLEDGED_MAX 1000 /* B6.2: messages encrypted to a device and not acknowledged */

/* Requests to a relay (B3, B21) */
#define REQUEST_HEADER_MAX (8 * 1024)
#define CLOCK_SKEW_MAX 120
#define NONCE_LIFE 300
#define BODY_SMALL_MAX (8 * 1024) /* where no other limit is named */
#define REGISTER_BODY_MAX (64 * 1024)
#define MANIFEST_BODY_MAX (256 * 1024)
#define KEYS_BODY_MAX (160 * 1024)
#define TOKENS_BODY_MAX (512 * 1024)
#define DELIVER_BODY_MAX (600 * 1024)
#define REQUEST_BODY_MAX (8 * 1024)
#define ANSWER_MAX (2 * 1024 * 1024) /* what a client reads of an answer at most */
#define ERROR_TEXT_MAX 200
#define INVITATION_MAX 64
#define HELD_OPK_IDS_MAX 4096                     /* of one device, in a page of row 26a */
#define HELD_BLOBS_MAX (2 * BLOBS_OF_ACCOUNT_MAX) /* with those that are gone */

/* Locked and copied devices (B3.6, B18) */
#define FETCH_KEY_LIFE (30 * SECONDS_A_DAY)
#define SEALED_FILE_MAX (64 * 1024 * 1024) /* collected while locked; what is above is counted */
#define ANCHOR_BYTES 128
#define ANCHORS_AN_HOUR 12 /* of one device */
#define ANCHORS_BURST 20

/* Queues (B9.7, B21) */
#define QUEUE_ITEMS_MAX 4096
#define QUEUE_BYTES_MAX (64 * 1024 * 1024)
#define QUEUE_LIFE (21 * SECONDS_A_DAY)
#define QUEUE_PAGE_ITEMS 64
#define QUEUE_PAGE_BYTES (1024 * 1024)
#define DELIVER_ENVELOPES_MAX 8
#define REQUESTS_PENDING_MAX 64
#define REQUESTS_RESERVED 32 /* of them kept for requests with an invitation token */
#define ASKING_MAX 256       /* people whose requests wait for an answer */
#define REQUEST_LIFE (14 * SECONDS_A_DAY)
#define OPEN_REQUEST_GIVES_WAY SECONDS_A_DAY
#define IDEM_LIFE SECONDS_A_DAY
#define IDEM_INVITATION_LIFE (14 * SECONDS_A_DAY)
#define STREAM_UNSENT_MAX (256 * 1024)
#define STREAM_STUCK 60
#define STREAM_LIFE SECONDS_A_DAY
#define HEARTBEAT_MIN 30
#define HEARTBEAT_MAX 55

/* Blobs (B9.7, B13) */
#define BLOB_PART (1024 * 1024)      /* the last part may be shorter */
#define BLOB_MAX (100 * 1024 * 1024) /* of the padded file: 100 MiB is itself a Padme size */
#define BLOB_CHUNK 65536             /* of the padded file, encrypted at a time */
#define BLOB_HEADER 24               /* before the first chunk */
#define BLOB_CHUNK_OVERHEAD 17
#define BLOB_CIPHER_MAX (BLOB_HEADER + BLOB_MAX + BLOB_MAX / BLOB_CHUNK * BLOB_CHUNK_OVERHEAD)
#define BLOB_PARTS_MAX ((BLOB_CIPHER_MAX + BLOB_PART - 1) / BLOB_PART)
#define BLOB_ACCOUNT_MAX (1024 * 1024 * 1024) /* announced ciphertext bytes in store */
#define BLOB_TOKEN_MAX (512 * 1024 * 1024)    /* the same, sent with one token */
#define BLOBS_OF_ACCOUNT_MAX 4096             /* however small */
#define BLOBS_OF_TOKEN_MAX 1024
#define BLOB_UNFINISHED_LIFE SECONDS_A_DAY
#define BLOB_LIFE (21 * SECONDS_A_DAY)      /* from done */
#define BLOB_GONE_LIFE (21 * SECONDS_A_DAY) /* for so long after that the relay says 410 */

/* Tokens and rates (B9) */
#define TOKENS_MAX 4096
#define SIGNED_RATE_A_MINUTE 1200 /* signed requests of a device */
#define SIGNED_RATE_BURST 600
#define TOKENS_DECOY_MIN 32 /* live tokens are a power of two, at least this */
#define TOKEN_RATE_AN_HOUR 5000
#define TOKEN_RATE_BURST 300
#define TRANSIENT_RATE_AN_HOUR 1200
#define TOKEN_BYTES_A_DAY (16 * 1024 * 1024)
#define TOKEN_QUEUE_SHARE 4 /* one token may hold 1/4 of the device's queue */
#define SOURCE_RATE_A_MINUTE 60
#define SOURCE_TOKEN_RATE_A_MINUTE 3000
#define STRANGER_KEYS_A_MINUTE 20
#define CARDS_A_MINUTE 20
#define REGISTRATIONS_AN_HOUR 5
#define POW_BITS 20
#define POW_BITS_MAX 32 /* what a relay may ask for at most; a client may give up earlier */
#define POW_SEED_LIFE 600
#define NAME_BLOCKED (365 * SECONDS_A_DAY)

/* Pictures (B13) */
#define PREVIEW_MAX (8 * 1024)
#define PREVIEW_SIDE_MAX 48

/* Backups (B20) */
#define BACKUP_RECORD_MAX (512 * 1024)
#define BACKUP_DATA_MAX (64 * 1024) /* of a file, in a record */
#define BACKUP_COLUMNS_MAX 64
#define BACKUP_NAME_MAX 64
#define BACKUPS_KEPT_MAX 365 /* of those that are made by themselves */
