CREATE TABLE badge_list (
    member text PRIMARY KEY,
    posts integer NOT NULL,
    badges text[] NOT NULL
);
