# R0103
package main

a if b

b if a

deny contains "x" if a
