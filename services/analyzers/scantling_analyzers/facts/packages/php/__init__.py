"""PHP: what Composer and PEAR installed, and WordPress with what was added to it."""
