"""A believable past: what browsers and a team would have said, without waiting for it."""
