-- Context notes by post. `visible` follows the post, a moment later.
CREATE TABLE information_note (
    id text PRIMARY KEY,
    topic text NOT NULL,
    post text NOT NULL,
    author text NOT NULL,
    writer text NOT NULL,
    text text NOT NULL,
    sources text[] NOT NULL,
    created_at timestamptz NOT NULL,
    visible boolean NOT NULL DEFAULT false
);
CREATE INDEX information_note_post ON information_note (post, id);
