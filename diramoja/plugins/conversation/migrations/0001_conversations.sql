-- Bodies are sealed. Every list is read along an index.
CREATE TABLE conversation (
    id text PRIMARY KEY,
    title text NOT NULL,
    is_group boolean NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    last_at timestamptz,
    active_at timestamptz NOT NULL,
    last_number integer NOT NULL
);

CREATE TABLE conversation_member (
    conversation text NOT NULL,
    member text NOT NULL,
    joined integer NOT NULL,
    read integer NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (conversation, member)
);
CREATE INDEX conversation_member_of ON conversation_member (member);

CREATE TABLE conversation_message (
    id text PRIMARY KEY,
    conversation text NOT NULL,
    number integer NOT NULL,
    sender text NOT NULL,
    body text NOT NULL,
    encoding text NOT NULL,
    status text NOT NULL,
    reply_to text,
    created_at timestamptz NOT NULL
);
CREATE INDEX conversation_message_order ON conversation_message (conversation, number);
