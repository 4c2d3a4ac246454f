# Compares versions as Perl does: two of a line of standard input, parted by a tab; a sign or ? for each.
use strict;
use warnings;
no warnings 'overflow';
use version;
while (my $line = <STDIN>) {
    chomp $line;
    my @pair = grep { ref } map { scalar eval { version::is_lax($_) && version->parse($_) } } split /\t/, $line, -1;
    print @pair == 2 ? $pair[0] <=> $pair[1] : "?", "\n";
}
