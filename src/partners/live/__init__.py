"""``partners live``: a role-play for a room. A log of events is the truth; every screen is its fold."""
