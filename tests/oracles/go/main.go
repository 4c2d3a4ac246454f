// Compares versions as Go does (or, with the argument "bitnami", as Bitnami): two of a line of
// standard input, parted by a tab; a sign or ? for each.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	bitnami "github.com/bitnami/go-version/pkg/version"
	"golang.org/x/mod/semver"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		left, right, _ := strings.Cut(lines.Text(), "\t")
		if len(os.Args) > 1 && os.Args[1] == "bitnami" {
			ours, err := bitnami.Parse(left)
			theirs, other := bitnami.Parse(right)
			if err != nil || other != nil {
				fmt.Fprintln(out, "?")
			} else {
				fmt.Fprintln(out, ours.Compare(theirs))
			}
		} else if semver.IsValid(left) && semver.IsValid(right) {
			fmt.Fprintln(out, semver.Compare(left, right))
		} else {
			fmt.Fprintln(out, "?")
		}
	}
}
