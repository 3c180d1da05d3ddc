# R0104
package main

deny contains "x" if count(input.list, 1, 2)
