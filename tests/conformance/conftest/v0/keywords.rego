package keywords

import future.keywords.contains
import future.keywords.every
import future.keywords.if
import future.keywords.in

deny contains msg if {
  some port in input.spec.ports
  not port.port in [443]
  msg := sprintf("port %d", [port.port])
}

deny_every contains "every" if {
  every c in input.spec.template.spec.containers { not c.image == "" }
}
