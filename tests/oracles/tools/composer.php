<?php
// Compares versions as Composer does: two of a line of standard input, parted by a tab; a sign or ? for each.
require '/usr/share/php/Composer/Semver/autoload.php';
$parser = new Composer\Semver\VersionParser();
while (($line = fgets(STDIN)) !== false) {
    try {
        [$left, $right] = array_map([$parser, 'normalize'], explode("\t", rtrim($line, "\n")));
    } catch (UnexpectedValueException $refused) {
        echo "?\n";
        continue;
    }
    if (str_starts_with($left, 'dev-') || str_starts_with($right, 'dev-')) {
        echo "?\n";
        continue;
    }
    echo Composer\Semver\Comparator::lessThan($left, $right) ? -1
        : (Composer\Semver\Comparator::equalTo($left, $right) ? 0 : 1), "\n";
}
