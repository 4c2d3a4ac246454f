# Compares versions as dpkg does: two of a line of standard input, parted by a tab; a sign or ? for each.
while IFS=$'\t' read -r left right; do
  dpkg --compare-versions "$left" lt "$right" 2>/dev/null && less=0 || less=$?
  if [ "$less" -gt 1 ]; then echo '?'
  elif [ "$less" -eq 0 ]; then echo -1
  elif dpkg --compare-versions "$left" eq "$right" 2>/dev/null; then echo 0
  else echo 1
  fi
done
