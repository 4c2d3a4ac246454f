"""Root file systems as distributions make them: what their default files say, in our words."""
