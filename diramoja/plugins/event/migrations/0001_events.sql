-- Every list is read along an index.
CREATE TABLE event (
    id text PRIMARY KEY,
    phase text NOT NULL,
    event_type text NOT NULL,
    title text NOT NULL,
    organizer text NOT NULL,
    staff text[] NOT NULL,
    visibility text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    duration_minutes integer NOT NULL,
    capacity integer,
    accessible_seats integer NOT NULL,
    registered_count integer NOT NULL,
    waiting_count integer NOT NULL,
    attended_count integer NOT NULL,
    feedback_count integer NOT NULL,
    feedback_sum integer NOT NULL,
    categories text[] NOT NULL,
    created_at timestamptz NOT NULL,
    opened_at timestamptz,
    cancel_reason text NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX event_ahead ON event (starts_at, id) WHERE phase NOT IN ('completed', 'cancelled');
CREATE INDEX event_past ON event (starts_at, id) WHERE phase IN ('completed', 'cancelled');
CREATE INDEX event_organizer ON event (organizer, starts_at);

CREATE TABLE event_text (
    event text PRIMARY KEY,
    description text NOT NULL,
    location text NOT NULL,
    virtual_link text NOT NULL,
    related_topics text[] NOT NULL,
    resource_titles text[] NOT NULL,
    resource_urls text[] NOT NULL
);

CREATE TABLE event_guest (
    event text NOT NULL,
    member text NOT NULL,
    state text NOT NULL,
    answer text NOT NULL,
    line text NOT NULL,
    wants_accessible boolean NOT NULL,
    number integer NOT NULL,
    seat integer NOT NULL,
    offer_until timestamptz,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (event, member)
);
CREATE INDEX event_guest_order ON event_guest (event, answered_at, member);
CREATE INDEX event_guest_line ON event_guest (event, line, number) WHERE state = 'waitlisted';
CREATE INDEX event_guest_member ON event_guest (member);

CREATE TABLE event_invitation (
    event text NOT NULL,
    member text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (event, member)
);
CREATE INDEX event_invitation_member ON event_invitation (member);
