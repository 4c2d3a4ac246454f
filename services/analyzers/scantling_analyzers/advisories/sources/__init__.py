"""Where feeds come from: documents in files, directories and archives."""
