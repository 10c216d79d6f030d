-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tables of a profile (docs/PROTOCOL.md B18.2), as of its first version: schema_2.sql and schema_3.sql add to them. SQLite 3.15: no UPSERT, no RETURNING, no window functions.
-- Times are milliseconds UTC and end in _ms, or whole seconds and end in _s. Booleans are 0 and 1. Ids of rows are local.

-- Small named values: settings begin with "set.", next due times with "due.".
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- The account and this device (one row, id 1). Secrets lie here and nowhere else on disk but in the slot file's wrap.
CREATE TABLE account(
    id INTEGER PRIMARY KEY CHECK (id = 1),
    account BLOB NOT NULL,            -- account id, 32
    address TEXT NOT NULL,
    display_name TEXT NOT NULL,       -- what contacts may see
    aik BLOB NOT NULL,                -- Ed25519 secret
    device INTEGER NOT NULL,
    device_keys BLOB NOT NULL,        -- crypto/identity's serialisation: DSK, DIK, DAK, registration id
    registered INTEGER NOT NULL       -- 0: the relay has not answered 201 yet
);

-- What is known of relays: our own and those of contacts. The identity key is pinned at first use (B3.2).
CREATE TABLE relays(
    id INTEGER PRIMARY KEY,
    authority TEXT NOT NULL UNIQUE,   -- host:port
    rlk BLOB,                         -- Ed25519 public; NULL: not seen yet
    pins BLOB,                        -- 0 to 2 SPKI pins, 32 each
    offset_s INTEGER NOT NULL DEFAULT 0  -- its clock minus ours
);

-- Signed device lists, ours and our contacts', the newest of each account being the one in force (B2.4).
CREATE TABLE manifests(
    account BLOB NOT NULL,
    seq INTEGER NOT NULL,
    object BLOB NOT NULL,             -- the serialised Signed
    hash BLOB NOT NULL,
    PRIMARY KEY(account, seq)
) WITHOUT ROWID;

-- Red notices, with what proves them.
CREATE TABLE notices(
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,               -- forged, fork, key-changed, account-changed, relay-key, token-abuse …
    contact INTEGER,
    at_ms INTEGER NOT NULL,
    evidence_a BLOB,
    evidence_b BLOB,
    seen INTEGER NOT NULL DEFAULT 0
);

-- Own prekeys (B4): private halves.
CREATE TABLE spks(id INTEGER PRIMARY KEY, secret BLOB NOT NULL, created_s INTEGER NOT NULL,
                  uploaded INTEGER NOT NULL DEFAULT 0,   -- 1: the relay confirmed it
                  replaced_s INTEGER);                   -- when the relay confirmed its successor
CREATE TABLE ekss(id INTEGER PRIMARY KEY, secret BLOB NOT NULL, created_s INTEGER NOT NULL,
                  uploaded INTEGER NOT NULL DEFAULT 0, replaced_s INTEGER);
CREATE TABLE opks(id INTEGER PRIMARY KEY, secret BLOB NOT NULL, uploaded INTEGER NOT NULL DEFAULT 0);

-- Contacts, by account id and never by name (B9.8).
CREATE TABLE contacts(
    id INTEGER PRIMARY KEY,
    account BLOB NOT NULL UNIQUE,
    address TEXT NOT NULL,
    nickname TEXT NOT NULL DEFAULT '',       -- given by the user
    name TEXT NOT NULL DEFAULT '',           -- given by the contact
    state INTEGER NOT NULL,                  -- enum contact_state
    trust INTEGER NOT NULL,                  -- enum contact_trust
    changed_to BLOB,                         -- its address is answered with this other account id (B16.3): sending is blocked
    forked INTEGER NOT NULL DEFAULT 0,       -- two histories (B2.4): sending is blocked
    unreachable INTEGER NOT NULL DEFAULT 0,  -- 404 on all tokens: may have removed us
    request_text TEXT NOT NULL DEFAULT '',   -- theirs while asking, ours while asked
    request_msg_id BLOB,                     -- ours, repeated with the same id
    invitation BLOB,                         -- token of the link it was added by
    relay_pin BLOB,                          -- of the link it was added by, until a manifest is held
    typed_relay TEXT,                        -- host:port that the user gave to add it
    asked_ms INTEGER, silent_until_ms INTEGER, accept_sent_ms INTEGER,
    their_generation INTEGER NOT NULL DEFAULT 0,  -- tokens they minted for us
    their_token BLOB, their_token_before BLOB,
    held_generation INTEGER NOT NULL DEFAULT 0,   -- highest generation of ours that they showed to hold
    heard_ms INTEGER,                        -- last content received
    shown_seq INTEGER NOT NULL DEFAULT 0,    -- our manifest seq as in their own.3
    last_read INTEGER NOT NULL DEFAULT 0,    -- of the first version; messages.unread since
    created_ms INTEGER NOT NULL
);

-- Adding by address or link: until the card is here there is no account id to make a contact of.
CREATE TABLE lookups(
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL,
    account BLOB,                            -- from the link, else NULL
    relay_pin BLOB, invitation BLOB,
    text TEXT NOT NULL,
    nickname TEXT NOT NULL,
    chosen INTEGER NOT NULL DEFAULT 0,       -- a person took this account after a key change (B16.3)
    contact INTEGER,                         -- once resolved
    error TEXT,                              -- err_name, once failed for good
    tries INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL
);

-- Tokens we minted (B9.1), decoys and invitations among them; the relay holds H of each.
CREATE TABLE tokens(
    id INTEGER PRIMARY KEY,
    contact INTEGER,                         -- NULL: decoy or invitation
    kind INTEGER NOT NULL,                   -- wire TokenKind
    generation INTEGER NOT NULL,
    token BLOB,                              -- NULL: decoy
    hash BLOB NOT NULL UNIQUE,
    tag INTEGER NOT NULL,
    bytes_a_day INTEGER NOT NULL DEFAULT 0,  -- 0: the relay's limit
    created_s INTEGER NOT NULL, expires_s INTEGER,
    uploaded INTEGER NOT NULL DEFAULT 0,     -- 0 to be uploaded, 1 confirmed, 2 upload or 3 removal under way
    remove_after_s INTEGER                   -- NULL: keep
);

-- The ratchets (crypto/pairwise's records) and what protects them from replays.
CREATE TABLE sessions(
    account BLOB NOT NULL, device INTEGER NOT NULL,
    record BLOB NOT NULL,
    started_s INTEGER NOT NULL,              -- when last built from a bundle or an initial message
    unacknowledged INTEGER NOT NULL DEFAULT 0,  -- contents without a chain encrypted since anything came from it (B6.2)
    PRIMARY KEY(account, device)
) WITHOUT ROWID;
CREATE TABLE initial_keys(hash BLOB PRIMARY KEY, spk INTEGER NOT NULL, at_s INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE seen(hash BLOB PRIMARY KEY, eks INTEGER NOT NULL, at_s INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX seen_at ON seen(at_s);
CREATE TABLE seen_ids(account BLOB NOT NULL, msg_id BLOB NOT NULL, at_s INTEGER NOT NULL,
                      PRIMARY KEY(account, msg_id)) WITHOUT ROWID;
CREATE INDEX seen_ids_at ON seen_ids(at_s);
CREATE TABLE failures(account BLOB NOT NULL, device INTEGER NOT NULL, count INTEGER NOT NULL, last_s INTEGER NOT NULL,
                      resets INTEGER NOT NULL DEFAULT 0, reset_s INTEGER, outstanding INTEGER NOT NULL DEFAULT 0,
                      due_ms INTEGER, PRIMARY KEY(account, device)) WITHOUT ROWID;

-- Bundles of contacts' devices as last fetched (B4.6).
CREATE TABLE bundles(account BLOB NOT NULL, device INTEGER NOT NULL, object BLOB NOT NULL, created_s INTEGER NOT NULL,
                     fetched_s INTEGER NOT NULL, PRIMARY KEY(account, device)) WITHOUT ROWID;

-- Chains (B8.1): ours to a contact, and theirs to us.
CREATE TABLE chains_out(id INTEGER PRIMARY KEY, contact INTEGER NOT NULL, chain BLOB NOT NULL UNIQUE,
                        next_seq INTEGER NOT NULL, last_hash BLOB, current INTEGER NOT NULL,
                        acked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE chains_in(id INTEGER PRIMARY KEY, contact INTEGER NOT NULL, device INTEGER NOT NULL, chain BLOB NOT NULL,
                       upto INTEGER NOT NULL,            -- all up to this seq is held
                       current INTEGER NOT NULL,
                       owed INTEGER NOT NULL DEFAULT 0,  -- received and not acknowledged by us yet
                       owed_since_ms INTEGER,
                       UNIQUE(contact, device, chain));
CREATE TABLE chain_hashes(chain INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,  -- hash16 of shared
                          PRIMARY KEY(chain, seq)) WITHOUT ROWID;
CREATE TABLE gaps(chain INTEGER NOT NULL, seq INTEGER NOT NULL, since_ms INTEGER NOT NULL, asked INTEGER NOT NULL DEFAULT 0,
                  next_ms INTEGER, message INTEGER,       -- its place holder in the conversation
                  state INTEGER NOT NULL,                 -- 0 open, 1 gone
                  PRIMARY KEY(chain, seq)) WITHOUT ROWID;
CREATE INDEX gaps_due ON gaps(next_ms);

-- The conversation as shown.
CREATE TABLE messages(
    id INTEGER PRIMARY KEY AUTOINCREMENT,    -- never used again: who has seen up to one has not seen a later one
    contact INTEGER NOT NULL,
    outgoing INTEGER NOT NULL,
    msg_id BLOB,                             -- NULL: a place holder for a gap, or a notice
    type INTEGER NOT NULL,                   -- content type; 0: gap place holder
    text TEXT NOT NULL,
    sent_ms INTEGER NOT NULL,                -- the sender's clock, clamped (B8.2)
    stored_ms INTEGER NOT NULL,              -- ours
    state INTEGER NOT NULL,                  -- enum message_state
    state_ms INTEGER NOT NULL,
    why TEXT NOT NULL DEFAULT '',            -- err_name when it could not go out
    shared BLOB,                             -- of what we sent, kept for resending (B6.6)
    chain BLOB, seq INTEGER                  -- of either side
);
CREATE INDEX messages_by_contact ON messages(contact, id);
CREATE INDEX messages_by_msg_id ON messages(contact, msg_id);
CREATE INDEX messages_sent ON messages(chain, seq) WHERE shared IS NOT NULL;
CREATE INDEX messages_gaps ON messages(chain, seq) WHERE type=0;

-- What has to go out (B6.2), per recipient device, oldest first.
CREATE TABLE outbox(
    id INTEGER PRIMARY KEY,
    contact INTEGER NOT NULL,
    message INTEGER,                         -- shown in the conversation; NULL: control content
    type INTEGER NOT NULL,
    shared BLOB NOT NULL,
    lane INTEGER NOT NULL,                   -- 0 deliver, 1 request
    device INTEGER, ciphertext_type INTEGER, ciphertext BLOB,  -- libsignal's bytes once made
    envelope BLOB, idem BLOB,
    chain BLOB, seq INTEGER,
    state INTEGER NOT NULL,                  -- 0 made, 1 at the relay, waiting for the acknowledgement
    made_ms INTEGER NOT NULL, sent_ms INTEGER
);
CREATE INDEX outbox_by_contact ON outbox(contact, state, id);
CREATE INDEX outbox_by_chain ON outbox(chain, seq);
CREATE INDEX outbox_urgent ON outbox(contact, type) WHERE type IN (20,50) AND state=0;

-- Receipts that wait for their random delay (B10), and how often a contact got an ack or a resend lately (B6.5, B6.7).
CREATE TABLE receipts_due(contact INTEGER NOT NULL, kind INTEGER NOT NULL, msg_id BLOB NOT NULL, due_ms INTEGER NOT NULL,
                          PRIMARY KEY(contact, kind, msg_id)) WITHOUT ROWID;
CREATE TABLE pacing(contact INTEGER PRIMARY KEY, ack_due_ms INTEGER, ack_day INTEGER NOT NULL DEFAULT 0,
                    acks INTEGER NOT NULL DEFAULT 0, resend_hour INTEGER NOT NULL DEFAULT 0,
                    resends INTEGER NOT NULL DEFAULT 0, misuse_day INTEGER NOT NULL DEFAULT 0,
                    misuses INTEGER NOT NULL DEFAULT 0);  -- of the token it was granted, by others (B9.7)

-- How far each queue was read and acknowledged: "device" and "request".
CREATE TABLE cursors(queue TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
