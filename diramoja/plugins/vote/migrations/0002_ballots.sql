-- Polling stations, who has voted there, what was published of the ballots, and the keys of votes that are not public.

CREATE TABLE vote_station (
    id        text COLLATE "C" PRIMARY KEY,
    vote      text    NOT NULL,
    phase     text    NOT NULL,
    form      text    NOT NULL,
    options   integer NOT NULL,
    grades    integer NOT NULL,
    is_sealed boolean NOT NULL,
    ballots   integer NOT NULL,
    checksum  text    NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX vote_station_vote ON vote_station (vote, id);

-- A ballot by its station and voter; never with a time. `content` is sealed where the vote is not public, and emptied
-- once it is published.
CREATE TABLE vote_ballot (
    box      text COLLATE "C" NOT NULL,
    member   text COLLATE "C" NOT NULL,
    vote     text    NOT NULL,
    content  text    NOT NULL,
    receipt  text COLLATE "C" NOT NULL,
    revision integer NOT NULL,
    PRIMARY KEY (box, member)
);
CREATE INDEX vote_ballot_voter ON vote_ballot (vote, member);
CREATE INDEX vote_ballot_receipt ON vote_ballot (vote, receipt);

-- The published ballots: equal ones together, written at once and in the order of what they say. Nothing leads from here
-- to a voter.
CREATE TABLE vote_ballot_group (
    vote    text    NOT NULL,
    choices text COLLATE "C" NOT NULL,
    ballots integer NOT NULL,
    PRIMARY KEY (vote, choices)
);
CREATE TABLE vote_record (
    vote      text PRIMARY KEY,
    ballots   integer NOT NULL,
    blank     integer NOT NULL,
    spoiled   integer NOT NULL,
    delegated integer NOT NULL,
    sha256    text    NOT NULL
);

-- Sealed with the key of the instance, and deleted when the ballots are published.
CREATE TABLE vote_key (
    vote           text PRIMARY KEY,
    public_key     text  NOT NULL,
    private_sealed bytea NOT NULL,
    repeats_sealed bytea NOT NULL
);
