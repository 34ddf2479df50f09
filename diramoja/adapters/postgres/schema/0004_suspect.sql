-- What a worker decides alone, since workers ended there before: written down first, emptied by the commit.
ALTER TABLE partition ADD COLUMN suspect text NOT NULL DEFAULT '';
