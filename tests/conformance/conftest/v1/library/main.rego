package main

import data.lib.images
import data.lib.images.split_image as parse
import input.spec.template.spec as pod

deny contains msg if {
	some c in pod.containers
	images.is_official(c.image)
	msg := sprintf("%s from %s", [parse(c.image).rest, parse(c.image).registry])
}

deny_not_official contains msg if {
	some c in pod.containers
	not images.is_official(c.image)
	msg := c.name
}

deny_kind contains msg if {
	input.kind in images.kinds
	not pod.hostNetwork == true
	msg := "a kind"
}

deny_registry contains msg if {
	some c in pod.containers
	not parse(c.missing).registry == "x"
	msg := "never"
}
