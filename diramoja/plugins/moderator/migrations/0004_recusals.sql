-- Who acts in no case of a topic, while a vote about it is open in which they stand or that they proposed.
CREATE TABLE moderation_recusal (
    topic text NOT NULL,
    vote text NOT NULL,
    members text[] NOT NULL,
    PRIMARY KEY (topic, vote)
);
