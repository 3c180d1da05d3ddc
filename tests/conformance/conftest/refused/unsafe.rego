# R0105
package main

deny contains "x" if not input.list[_] == "x"
