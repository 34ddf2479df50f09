-- How often topics were looked at, without who looked; and what exports look for by member.
CREATE TABLE topic_viewed (
    topic text PRIMARY KEY,
    views bigint NOT NULL
) WITH (fillfactor = 50);

CREATE INDEX topic_draft_creator ON topic_draft (created_by, id);
CREATE INDEX draft_amendment_author ON draft_amendment (author, id);
