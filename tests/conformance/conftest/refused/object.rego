# R0105
package main

deny[msg] if msg := input.kind
