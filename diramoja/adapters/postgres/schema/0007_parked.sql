-- Agents for which something is parked: few, and looked for by every worker all the time. `parked` changes only when
-- something is parked or taken, so that a new state is still a HOT update.
CREATE INDEX snapshot_parked ON snapshot (kind, agent) WHERE parked > 0 AND mode = 'running';
