//! Compares versions as Cargo does: two of a line of standard input, parted by a tab; a sign or ? for each.

use semver::Version;
use std::io;

fn main() {
    for line in io::stdin().lines() {
        let line = line.expect("standard input is text");
        let (left, right) = line.split_once('\t').expect("two versions are on a line");
        match (Version::parse(left), Version::parse(right)) {
            (Ok(ours), Ok(theirs)) => println!("{}", ours.cmp_precedence(&theirs) as i8),
            _ => println!("?"),
        }
    }
}
