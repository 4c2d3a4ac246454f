# Compares versions as Elixir does: two of a line of standard input, parted by a tab; a sign or ? for each.
for line <- IO.stream(:stdio, :line) do
  [left, right] = line |> String.trim_trailing("\n") |> String.split("\t")

  case {Version.parse(left), Version.parse(right)} do
    {{:ok, ours}, {:ok, theirs}} ->
      IO.puts(Map.fetch!(%{lt: -1, eq: 0, gt: 1}, Version.compare(ours, theirs)))

    _ ->
      IO.puts("?")
  end
end
