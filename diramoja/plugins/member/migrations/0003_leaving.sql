-- Who leaves, until when they may come back; and exports that can be read.
ALTER TABLE member ADD COLUMN erase_after timestamptz;

CREATE TABLE member_export (
    id text PRIMARY KEY,
    member text NOT NULL,
    at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX member_export_member ON member_export (member, id);
