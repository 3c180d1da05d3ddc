# R0101
package main

deny contains msg if { msg := }
