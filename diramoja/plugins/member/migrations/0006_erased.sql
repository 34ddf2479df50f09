-- Who was erased, for a day: until their last token has expired.
CREATE TABLE member_erased (
    member text PRIMARY KEY
);
-- Those whose day is not over yet have no row of a member any more, only a state.
INSERT INTO member_erased
SELECT agent FROM snapshot, LATERAL (SELECT convert_from(body, 'UTF8')::jsonb AS state) AS s
WHERE kind = 'member' AND length(body) > 0 AND state ->> 'phase' = 'erased'
    AND coalesce((state ->> 'looked')::integer, 0) < 2;
