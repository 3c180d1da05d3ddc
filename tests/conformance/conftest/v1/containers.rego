package main

import rego.v1

containers contains c if some c in input.spec.template.spec.containers

containers contains c if some c in input.spec.containers

trusted(image) if {
	some registry in data.registries
	startswith(image, registry)
}

deny contains msg if {
	some c in containers
	not trusted(c.image)
	msg := sprintf("%s: %s is not trusted", [c.name, c.image])
}

deny contains msg if {
	some c in containers
	not c.resources.limits.memory
	msg := sprintf("%s has no limit", [c.name])
}

violation contains {"msg": msg, "details": {"name": c.name}} if {
	some c in containers
	c.securityContext.privileged == true
	msg := sprintf("%v is privileged", [c.name])
}

deny_tag contains msg if {
	some c in containers
	not contains(c.image, ":")
	msg := concat(" ", ["no tag:", c.image])
}

warn_ports contains msg if {
	some i, port in containers[_].ports
	port.containerPort < 1024
	msg := sprintf("port %d at %d", [port.containerPort, i])
}

warn contains msg if {
	every c in containers { c.image }
	count(containers) == 0
	msg := "no containers"
}
