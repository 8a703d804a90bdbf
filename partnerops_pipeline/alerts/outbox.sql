-- The memory of the alerts and everything that is to be sent. One row of `delivery` per notification and channel.
CREATE TABLE gap (
    gap_id TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE gap_group (
    owner_team TEXT NOT NULL,
    source TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (owner_team, source)
);
CREATE TABLE notification (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
);
CREATE TABLE delivery (
    notification_id TEXT NOT NULL REFERENCES notification (id),
    channel TEXT NOT NULL,
    -- waiting, sent, superseded (nothing in it is true any more), refused (the target will never take it),
    -- unsure (may have arrived twice already; the target cannot tell)
    status TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    -- attempts of which nobody knows whether they arrived
    unsure_attempts INTEGER NOT NULL DEFAULT 0,
    in_flight INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    ended_at TEXT,
    why TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (notification_id, channel)
);
CREATE INDEX delivery_waiting ON delivery (channel) WHERE status = 'waiting';
-- Which channel has heard, or may have heard, of which gap: only there its end is told.
CREATE TABLE told (
    channel TEXT NOT NULL,
    gap_id TEXT NOT NULL,
    episode INTEGER NOT NULL,
    PRIMARY KEY (channel, gap_id, episode)
);
CREATE TABLE fact (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
