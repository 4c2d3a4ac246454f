"""A new build of the advisories: what it changes for the fleet, and who must hear of it."""
