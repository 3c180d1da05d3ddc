# R0105
package main

deny contains "x" if not startswith(input.list[_], "x")
