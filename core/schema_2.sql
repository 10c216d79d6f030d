-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the second version of the tables adds (docs/PROTOCOL.md B8.4, B10, B13, B15): conversations, what happens to
-- messages after they were said, files, profiles. Same conventions as schema.sql.

-- What contacts may see of us (B15), and which choices hold for one contact. NULL: as set for the account.
ALTER TABLE account ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN picture BLOB;             -- JPEG, at most AVATAR_MAX
ALTER TABLE account ADD COLUMN profile_ms INTEGER NOT NULL DEFAULT 0;  -- when one of the three last changed
ALTER TABLE contacts ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN picture BLOB;            -- as it came: only snug-media decodes it
ALTER TABLE contacts ADD COLUMN profile_ms INTEGER NOT NULL DEFAULT 0; -- sent_at of theirs that is in force
ALTER TABLE contacts ADD COLUMN profile_sent_ms INTEGER NOT NULL DEFAULT 0;  -- profile_ms of ours that they were sent
ALTER TABLE contacts ADD COLUMN receipts INTEGER;        -- 0 none, 1 delivered, 2 read
ALTER TABLE contacts ADD COLUMN typing INTEGER;          -- 1: they see that we are typing
ALTER TABLE contacts ADD COLUMN presence INTEGER;        -- 1: they see whether we are here
ALTER TABLE sessions ADD COLUMN transient INTEGER NOT NULL DEFAULT 0;  -- transient ones made since anything came (B10)

-- Messages: what they refer to, what became of them. Times that are 0 have not come.
ALTER TABLE messages ADD COLUMN hash BLOB;               -- hash16 of its `shared`, which a quote names (B8.4)
ALTER TABLE messages ADD COLUMN reply_to BLOB;           -- msg_id of the quoted message
ALTER TABLE messages ADD COLUMN reply_hash BLOB;         -- hash16 of its `shared`, as the one who quotes held it
ALTER TABLE messages ADD COLUMN marks BLOB;              -- a packed Text that holds mentions and ranges only
ALTER TABLE messages ADD COLUMN forwarded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN mentions_me INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN extra BLOB;              -- the packed body of a type that has more than a text (14)
ALTER TABLE messages ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;     -- 1: no person has been shown it
ALTER TABLE messages ADD COLUMN edited_ms INTEGER NOT NULL DEFAULT 0;  -- sent_at of the edit in force
ALTER TABLE messages ADD COLUMN deleted_ms INTEGER NOT NULL DEFAULT 0; -- its author deleted it for everyone
ALTER TABLE messages ADD COLUMN pinned_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN pin_change_ms INTEGER NOT NULL DEFAULT 0;  -- sent_at of the last pin or unpin
ALTER TABLE messages ADD COLUMN expire_s INTEGER NOT NULL DEFAULT 0;   -- how long it is kept once its time runs
ALTER TABLE messages ADD COLUMN expires_ms INTEGER;      -- NULL: its time does not run
ALTER TABLE messages ADD COLUMN due_ms INTEGER;          -- to be sent then (MESSAGE_SCHEDULED)
ALTER TABLE messages ADD COLUMN retained_ms INTEGER NOT NULL DEFAULT 0;  -- until when the relay keeps it for the contact
CREATE INDEX messages_unread ON messages(contact, id) WHERE unread=1;
CREATE INDEX messages_pinned ON messages(contact, pinned_ms) WHERE pinned_ms>0;
CREATE INDEX messages_expiring ON messages(expires_ms) WHERE expires_ms IS NOT NULL;
CREATE INDEX messages_by_age ON messages(contact, stored_ms);
CREATE INDEX messages_scheduled ON messages(due_ms) WHERE due_ms IS NOT NULL;

-- Earlier wordings of an edited message, as the person who reads it may see them.
CREATE TABLE message_versions(
    id INTEGER PRIMARY KEY,
    message INTEGER NOT NULL,
    text TEXT NOT NULL,
    marks BLOB,
    sent_ms INTEGER NOT NULL
);
CREATE INDEX message_versions_of ON message_versions(message);

-- One reaction a person and message; an empty one was taken back and stands for its time.
CREATE TABLE reactions(
    message INTEGER NOT NULL,
    mine INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    sent_ms INTEGER NOT NULL,
    PRIMARY KEY(message, mine)
) WITHOUT ROWID;

-- Edits, deletions, reactions and pins that came before what they are about.
CREATE TABLE early_changes(
    id INTEGER PRIMARY KEY,
    contact INTEGER NOT NULL,
    target BLOB NOT NULL,                    -- msg_id
    type INTEGER NOT NULL,
    body BLOB NOT NULL,
    sent_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL
);
CREATE INDEX early_changes_of ON early_changes(contact, target);

-- What the list of conversations shows, kept with each change, and never counted from the history.
CREATE TABLE conversations(
    contact INTEGER PRIMARY KEY,
    last_message INTEGER NOT NULL DEFAULT 0, -- the newest that is shown; 0: none
    last_ms INTEGER NOT NULL DEFAULT 0,      -- when something was last said; orders the list
    unread INTEGER NOT NULL DEFAULT 0,
    unread_mentions INTEGER NOT NULL DEFAULT 0,
    marked_unread INTEGER NOT NULL DEFAULT 0,
    muted_until_ms INTEGER NOT NULL DEFAULT 0,  -- 9223372036854775807: for good
    pinned_ms INTEGER NOT NULL DEFAULT 0,
    archived INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0,       -- deleted from the list until something is said
    draft TEXT NOT NULL DEFAULT '',
    draft_marks BLOB,
    draft_reply INTEGER NOT NULL DEFAULT 0,  -- a message, or 0
    draft_ms INTEGER NOT NULL DEFAULT 0,
    timer_s INTEGER NOT NULL DEFAULT 0,      -- of new messages (type 9)
    timer_ms INTEGER NOT NULL DEFAULT 0,     -- sent_at of the setting in force; the later one holds
    keep_days INTEGER,                       -- messages older than this go; 0: none; NULL: as set for the account
    gone_upto INTEGER NOT NULL DEFAULT 0,    -- messages up to this id were deleted all at once: none is shown again
    clearing INTEGER NOT NULL DEFAULT 0      -- so many of those, at least, still lie there
);
CREATE INDEX conversations_order ON conversations(archived, hidden, pinned_ms, last_ms);
CREATE INDEX conversations_clearing ON conversations(contact) WHERE clearing>0;
UPDATE messages SET unread=1 WHERE outgoing=0 AND type<>0 AND
    id>(SELECT last_read FROM contacts WHERE contacts.id=messages.contact);
INSERT INTO conversations(contact, last_message, last_ms, unread)
    SELECT contact, max(id), max(stored_ms), sum(unread) FROM messages WHERE type<>0 GROUP BY contact;

-- Files of messages (B13). What lies on the disk is the ciphertext; its key is here and nowhere else.
CREATE TABLE attachments(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL,
    position INTEGER NOT NULL,               -- in the message, from 0
    kind INTEGER NOT NULL,                   -- wire AttachmentKind
    name TEXT NOT NULL,
    mime TEXT NOT NULL,
    size INTEGER NOT NULL,
    cipher_size INTEGER NOT NULL,
    key BLOB NOT NULL,
    hash BLOB,                               -- SHA-256 of the ciphertext; NULL until it was made
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    duration_ms INTEGER NOT NULL DEFAULT 0,
    waveform BLOB,                           -- 64
    preview BLOB,
    file TEXT NOT NULL DEFAULT '',           -- its name among the profile's files; empty: not here
    state INTEGER NOT NULL,                  -- enum attachment_state
    moved INTEGER NOT NULL DEFAULT 0,        -- bytes of ciphertext that are over
    why TEXT NOT NULL DEFAULT '',            -- err_name, when it failed
    blob BLOB, read_secret BLOB, write_secret BLOB,  -- at the relay
    relay TEXT,                              -- where it was sent to, host:port
    begun_ms INTEGER NOT NULL DEFAULT 0,     -- when the relay gave it a place
    UNIQUE(message, position)
);
CREATE INDEX attachments_by_file ON attachments(file) WHERE file<>'';
CREATE INDEX attachments_moving ON attachments(state) WHERE state IN (1,2,3);

-- Words of messages. What may have to go on a day of its own lies in the second, small one, which is made anew then:
-- FTS4 keeps deleted words in its old segments.
CREATE VIRTUAL TABLE words USING fts4(content="messages", text, tokenize=unicode61, order=desc);
CREATE INDEX messages_passing ON messages(id) WHERE expire_s<>0;
CREATE VIEW passing AS SELECT id AS rowid, text FROM messages WHERE expire_s<>0 AND due_ms IS NULL;
CREATE VIRTUAL TABLE words_passing USING fts4(content="passing", text, tokenize=unicode61, order=desc);
INSERT INTO words(docid, text) SELECT id, text FROM messages WHERE text<>'';

ALTER TABLE tokens ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;  -- left, of an invitation; 0: any number

-- Moving to another relay (B2.5): the move under way, and relays where we were.
CREATE TABLE moving(
    id INTEGER PRIMARY KEY CHECK (id = 1),
    step INTEGER NOT NULL,                   -- enum move_step
    address TEXT NOT NULL,                   -- ours, there
    invitation TEXT NOT NULL,
    manifest BLOB,                           -- the serialised Signed, before it is shown to anybody
    shown INTEGER NOT NULL DEFAULT 0,        -- 1: an account may have been made with it; 2: it may be in force there
    why TEXT NOT NULL DEFAULT ''             -- err_name, when it failed
);
CREATE TABLE left_relays(
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL,                   -- ours, there
    task INTEGER NOT NULL,                   -- enum left_task
    seq INTEGER NOT NULL,                    -- of the newest manifest of ours that it has
    drained INTEGER NOT NULL DEFAULT 0,      -- 1: nothing more comes from there
    since_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
);
ALTER TABLE lookups ADD COLUMN hops INTEGER NOT NULL DEFAULT 0;  -- moves followed (B2.5)

-- Contact links handed out (B2.1, B9.1): each has an invitation token of its own.
CREATE TABLE links(
    id INTEGER PRIMARY KEY,
    token INTEGER NOT NULL,                  -- of tokens
    label TEXT NOT NULL DEFAULT '',
    uses INTEGER,                            -- NULL: any number
    used INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,                      -- NULL: never
    revoked_ms INTEGER NOT NULL DEFAULT 0
);
