"""For whoever tests an agent: `play` for values, the in-memory `Runtime` for what takes more than one turn."""
