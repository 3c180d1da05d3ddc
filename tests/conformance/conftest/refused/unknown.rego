# R0104
package main

deny contains "x" if nothing(input.kind)
