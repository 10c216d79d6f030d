-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the third version of the tables adds (docs/PROTOCOL.md B16, B18, B20). Same conventions as schema.sql; a section a
-- concern.

-- Copies put back (B18.3). How often the profile was opened, and in which of these runs a chain of ours was begun.
CREATE TABLE runs(id INTEGER PRIMARY KEY CHECK (id = 1), run INTEGER NOT NULL);
INSERT INTO runs(id, run) VALUES(1, 0);
ALTER TABLE chains_out ADD COLUMN run INTEGER NOT NULL DEFAULT 0;  -- -1: of a device that was replaced
ALTER TABLE chains_out ADD COLUMN before BLOB;           -- the chain that it goes on from, as its first content says
ALTER TABLE chains_out ADD COLUMN before_seq INTEGER;
-- What we said on another copy and do not hold, by chain: contacts acknowledge up to `claimed`, we hold up to `held`.
CREATE TABLE own_gaps(
    id INTEGER PRIMARY KEY,
    contact INTEGER NOT NULL,
    chain BLOB NOT NULL,
    held INTEGER NOT NULL,
    claimed INTEGER NOT NULL,
    message INTEGER,                         -- its place in the conversation
    UNIQUE(contact, chain)
);
-- Session-resets to be sent after a fresh start (B18.3, B20), spread over some minutes.
CREATE TABLE fresh_resets(contact INTEGER PRIMARY KEY, due_ms INTEGER NOT NULL);

-- Our own manifests that were signed and may have been seen, and are not in force (B2.5). What is signed next goes on from them.
CREATE TABLE shown_manifests(seq INTEGER PRIMARY KEY, object BLOB NOT NULL, hash BLOB NOT NULL);

-- What is missing and what heals (B6.5, B6.7).
ALTER TABLE gaps ADD COLUMN asked_ms INTEGER;            -- when it was asked for last
CREATE INDEX gaps_by_message ON gaps(message);
-- Messages that came into a place that was shown as missing, in the order in which they came.
CREATE TABLE healed(n INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL);
-- How often the oldest that nobody acknowledged was said again, and when that one reached the relay.
ALTER TABLE pacing ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pacing ADD COLUMN repeated_ms INTEGER;
