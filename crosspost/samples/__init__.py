"""An invented issue in the newsletter's form, for the demo and the benchmarks. Its links lead to example domains."""
