-- Roles follow the standing too.
ALTER TABLE account ADD COLUMN standing text NOT NULL DEFAULT 'good';
