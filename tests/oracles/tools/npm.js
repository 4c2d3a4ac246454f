// Compares versions as npm does: two of a line of standard input, parted by a tab; a sign or ? for each.
const semver = require("semver");
const loose = { loose: true };
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter((line) => line !== "");
for (const line of lines) {
  const [left, right] = line.split("\t").map((text) => semver.parse(text, loose));
  console.log(left && right ? semver.compare(left, right, loose) : "?");
}
