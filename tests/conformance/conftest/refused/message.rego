# R0106
package main

deny contains {"message": "x"}
