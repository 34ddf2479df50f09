"""Programs for developing DiraMoja; none of them is part of the distribution."""
