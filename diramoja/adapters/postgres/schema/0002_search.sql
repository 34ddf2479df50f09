-- Full text: the title weighs more than the body. What is not visible is kept, and found nowhere.

CREATE TABLE search_document (
    id         text PRIMARY KEY,
    kind       text        NOT NULL,
    title      text        NOT NULL,
    body       text        NOT NULL,
    category   text        NOT NULL,
    author     text        NOT NULL,
    created_at timestamptz NOT NULL,
    language   regconfig   NOT NULL,
    visible    boolean     NOT NULL,
    -- A tsvector has at most 1 MiB; beyond 200,000 characters a text is not searched.
    words      tsvector    NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector(language, title), 'A') || setweight(to_tsvector(language, left(body, 200000)), 'B')
    ) STORED
);
CREATE INDEX search_document_words ON search_document USING gin (words) WITH (gin_pending_list_limit = 1024)
    WHERE visible;
CREATE INDEX search_document_newest ON search_document (created_at DESC, id DESC) WHERE visible;
CREATE INDEX search_document_title ON search_document (lower(title) text_pattern_ops) WHERE visible AND title <> '';

-- Languages that documents are in: a query is read once in each of them.
CREATE TABLE search_language (
    language regconfig PRIMARY KEY
);

-- In how many visible documents a word stands, for suggestions.
CREATE TABLE search_word (
    word text COLLATE "C" PRIMARY KEY,
    n    bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX search_word_gone ON search_word (word) WHERE n <= 0;

CREATE FUNCTION search_words(title text, body text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- Words only: no numbers, addresses or links, which nobody should be offered.
    SELECT word FROM unnest(tsvector_to_array(to_tsvector('simple', title || ' ' || left(body, 200000)))) AS t (word)
    WHERE word ~ '^[[:alpha:]][[:alpha:]''-]{2,39}$'
$$;
