-- Why a worker that lives claims nothing; "" where it does.
ALTER TABLE worker ADD COLUMN unfit text NOT NULL DEFAULT '';
-- The highest schema versions that workers have written, by kind, and by kind/row and kind/command.
CREATE TABLE written_version (
    name    text PRIMARY KEY,
    version integer NOT NULL
);
