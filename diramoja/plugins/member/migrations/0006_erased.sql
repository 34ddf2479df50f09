-- Who was erased, for a day: until their last token has expired.
CREATE TABLE member_erased (
    member text PRIMARY KEY
);
