// Compares versions as NuGet does: two of a line of standard input, parted by a tab; a sign or ? for each.
// NuGet.Versioning is inside of nuget.exe, whose path is the argument.
using System;
using System.Reflection;

class Versions {
    static void Main(string[] arguments) {
        Type type = Assembly.LoadFrom(arguments[0]).GetType("NuGet.Versioning.NuGetVersion");
        MethodInfo parse = type.GetMethod("TryParse", new Type[] { typeof(string), type.MakeByRefType() });
        MethodInfo compare = type.GetMethod("CompareTo", new Type[] { typeof(object) });
        for (string line = Console.ReadLine(); line != null; line = Console.ReadLine()) {
            string[] pair = line.Split('\t');
            object[] left = { pair[0], null };
            object[] right = { pair[1], null };
            if ((bool) parse.Invoke(null, left) && (bool) parse.Invoke(null, right)) {
                Console.WriteLine(Math.Sign((int) compare.Invoke(left[1], new object[] { right[1] })));
            } else {
                Console.WriteLine("?");
            }
        }
    }
}
