# Compares versions as RubyGems does: two of a line of standard input, parted by a tab; a sign or ? for each.
require "rubygems"
$stdin.each_line(chomp: true) do |line|
  left, right = line.split("\t", -1)
  if Gem::Version.correct?(left) && Gem::Version.correct?(right)
    puts Gem::Version.new(left) <=> Gem::Version.new(right)
  else
    puts "?"
  end
end
