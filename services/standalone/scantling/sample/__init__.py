"""`scantling up --sample`: a small registry, images built on the spot, and a tour with them."""
