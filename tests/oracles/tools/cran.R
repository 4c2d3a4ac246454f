# Compares versions as R does: two of a line of standard input, parted by a tab; a sign or ? for each.
lines <- readLines(file("stdin"))
pairs <- strsplit(lines, "\t", fixed = TRUE)
left <- numeric_version(vapply(pairs, `[`, "", 1), strict = FALSE)
right <- numeric_version(vapply(pairs, `[`, "", 2), strict = FALSE)
signs <- ifelse(is.na(left) | is.na(right), "?", ifelse(left < right, -1, ifelse(left == right, 0, 1)))
writeLines(as.character(signs))
