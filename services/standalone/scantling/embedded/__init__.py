"""`scantling up`: a supervisor and its processes on one machine."""
