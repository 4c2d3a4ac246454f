"""The daemon of ClamAV as a second engine for malware."""
